using System.Buffers.Binary;
using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>Accesses by the program itself: load, store, add, fill, sum. Only the first five count in <c>faults</c>.</summary>
internal static class AccessCalls
{
    private const int WordLength = 4;

    public static ScriptResult Load(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress address = new((uint)call.A0);
        MemoryFault fault = Access(process, address, 1, AccessKind.Read);
        return fault.IsFault
            ? ScriptResult.Signal(fault) : ScriptResult.Byte(Faulting.BytesToRead(process, address.Page)[address.OffsetInPage]);
    }

    public static ScriptResult LoadWord(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress address = new((uint)call.A0);
        MemoryFault fault = Access(process, address, WordLength, AccessKind.Read);
        if (fault.IsFault) return ScriptResult.Signal(fault);
        Span<byte> word = stackalloc byte[WordLength];
        for (uint i = 0; i < WordLength; i++) word[(int)i] = Faulting.BytesToRead(process, (address + i).Page)[(address + i).OffsetInPage];
        return ScriptResult.Word(BinaryPrimitives.ReadUInt32LittleEndian(word));
    }

    public static ScriptResult Store(ModelProcess process, in ScenarioCall call) => Store(process, call, [(byte)call.A1]);

    public static ScriptResult StoreWord(ModelProcess process, in ScenarioCall call)
    {
        Span<byte> word = stackalloc byte[WordLength];
        BinaryPrimitives.WriteUInt32LittleEndian(word, (uint)call.A1);
        return Store(process, call, word);
    }

    /// <summary>A read-modify-write: one access, for writing.</summary>
    public static ScriptResult Add(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress address = new((uint)call.A0);
        MemoryFault fault = Access(process, address, 1, AccessKind.Write);
        if (fault.IsFault) return ScriptResult.Signal(fault);
        Span<byte> page = Faulting.BytesToWrite(process, address.Page);
        return ScriptResult.Byte(page[address.OffsetInPage] = unchecked((byte)(page[address.OffsetInPage] + call.A1)));
    }

    /// <summary>rep stosb: the bytes below the fault are stored.</summary>
    public static ScriptResult Fill(ModelProcess process, in ScenarioCall call)
    {
        foreach (PagePiece piece in PagePiece.Of(new((uint)call.A0), call.A1))
        {
            if (Faulting.Touch(process, piece.Page, AccessKind.Write) is { Failed: true } refused) return Signal(refused, piece.Address);
            Faulting.BytesToWrite(process, piece.Page).Slice(piece.Address.OffsetInPage, piece.Length).Fill((byte)call.A2);
        }
        return ScriptResult.Number(0);
    }

    /// <summary>rep movsb from there.</summary>
    public static ScriptResult Sum(ModelProcess process, in ScenarioCall call)
    {
        Crc32 crc = new();
        foreach (PagePiece piece in PagePiece.Of(new((uint)call.A0), call.A1))
        {
            if (Faulting.Touch(process, piece.Page, AccessKind.Read) is { Failed: true } refused) return Signal(refused, piece.Address);
            crc.Add(Faulting.BytesToRead(process, piece.Page).Slice(piece.Address.OffsetInPage, piece.Length));
        }
        return ScriptResult.Crc(crc.Value);
    }

    private static ScriptResult Store(ModelProcess process, in ScenarioCall call, ReadOnlySpan<byte> bytes)
    {
        VirtualAddress address = new((uint)call.A0);
        MemoryFault fault = Access(process, address, bytes.Length, AccessKind.Write);
        if (fault.IsFault) return ScriptResult.Signal(fault);
        for (uint i = 0; i < bytes.Length; i++)
        {
            Faulting.BytesToWrite(process, (address + i).Page)[(address + i).OffsetInPage] = bytes[(int)i];
        }
        return ScriptResult.Number(0);
    }

    /// <summary>
    /// Makes the one or two pages present that an access needs. When only the higher one cannot be, the lower one
    /// stays present, and counts (DIALECT L4.66).
    /// </summary>
    private static MemoryFault Access(ModelProcess process, VirtualAddress address, int byteLength, AccessKind kind)
    {
        foreach (PagePiece piece in PagePiece.Of(address, byteLength))
        {
            Touched touched = Faulting.Touch(process, piece.Page, kind);
            if (touched.Failed) return new MemoryFault(touched.Fault, piece.Address);
            if (touched.WasFault) process.FaultCount++;    // stays null before the first `faults`
        }
        return MemoryFault.None;
    }

    private static ScriptResult Signal(Touched refused, VirtualAddress address) =>
        ScriptResult.Signal(new MemoryFault(refused.Fault, address));
}
