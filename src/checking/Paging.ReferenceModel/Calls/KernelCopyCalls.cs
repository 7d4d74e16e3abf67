using Paging.Core;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>copyin and copyout: the kernel copies upwards and stops at the first byte it cannot access; never a signal.</summary>
internal static class KernelCopyCalls
{
    public static ScriptResult CopyIn(ModelProcess process, in ScenarioCall call)
    {
        foreach (PagePiece piece in PagePiece.Of(new((uint)call.A0), call.A1))
        {
            if (Faulting.Touch(process, piece.Page, AccessKind.Write).Failed)
            {
                return piece.Done == 0 ? ScriptResult.Error(Errno.EFAULT) : ScriptResult.Number(piece.Done);
            }
            Pattern.Fill(Faulting.BytesToWrite(process, piece.Page).Slice(piece.Address.OffsetInPage, piece.Length), piece.Done, call.A2);
        }
        return ScriptResult.Number(call.A1);
    }

    public static ScriptResult CopyOut(ModelProcess process, in ScenarioCall call)
    {
        Crc32 crc = new();
        foreach (PagePiece piece in PagePiece.Of(new((uint)call.A0), call.A1))
        {
            if (Faulting.Touch(process, piece.Page, AccessKind.Read).Failed)
            {
                return piece.Done == 0 ? ScriptResult.Error(Errno.EFAULT) : ScriptResult.CountAndCrc(piece.Done, crc.Value);
            }
            crc.Add(Faulting.BytesToRead(process, piece.Page).Slice(piece.Address.OffsetInPage, piece.Length));
        }
        return ScriptResult.CountAndCrc(call.A1, crc.Value);
    }
}
