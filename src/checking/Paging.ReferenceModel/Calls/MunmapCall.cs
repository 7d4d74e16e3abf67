using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>munmap: holes in the range are no error. Linux: do_vmi_munmap.</summary>
internal static class MunmapCall
{
    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress start = new((uint)call.A0);
        if (!PageRange.TryCover(start, (uint)call.A1, out PageRange range) || !process.Has(range)) return ScriptResult.Error(Errno.EINVAL);
        return ScriptResult.ZeroOr(process.Unmap(range));
    }
}
