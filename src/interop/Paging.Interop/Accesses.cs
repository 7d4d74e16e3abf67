using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Accesses": a program's reads and writes of its memory, with the fault as a value.</summary>
// SAFETY: as Border.
internal static unsafe class Accesses
{
    [Export("paging_read"), MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(ulong process, uint address, void* value, uint byteLength, Fault* fault) =>
        Access(AccessKind.Read, process, new(address), value, byteLength, fault);

    [Export("paging_write"), MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(ulong process, uint address, void* value, uint byteLength, Fault* fault) =>
        Access(AccessKind.Write, process, new(address), value, byteLength, fault);

    [Export("paging_fetch"), MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Fetch(ulong process, uint address, void* value, uint byteLength, Fault* fault) =>
        Access(AccessKind.Fetch, process, new(address), value, byteLength, fault);

    [Export("paging_copy_in")]
    public static long CopyIn(ulong process, uint address, void* source, ulong byteLength, Fault* fault)
    {
        int count = Of(process).CopyIn(new(address), Border.Bytes(source, byteLength, "source"), out MemoryFault refusal);
        Report(refusal, fault);
        return count;
    }

    [Export("paging_copy_out")]
    public static long CopyOut(ulong process, uint address, void* destination, ulong byteLength, Fault* fault)
    {
        int count = Of(process).CopyOut(new(address), Border.Bytes(destination, byteLength, "destination"), out MemoryFault refusal);
        Report(refusal, fault);
        return count;
    }

    [Export("paging_fill")]
    public static long Fill(ulong process, uint address, uint byteLength, uint value, Fault* fault)
    {
        uint count = Of(process).Fill(new(address), byteLength, (byte)value, out MemoryFault refusal);
        Report(refusal, fault);
        return count;
    }

    [Export("paging_span")]
    public static long GetSpan(ulong process, uint address, uint byteLength, uint access, void** start, Fault* fault)
    {
        Border.Need(start, "start");
        *start = null;
        _ = Of(process).TryGetSpan(
            new(address), InPage(byteLength), (AccessKind)access, out ReadOnlySpan<byte> span, out MemoryFault refusal);
        return Give(span, refusal, start, fault);
    }

    [Export("paging_span_writable")]
    public static long GetWritableSpan(ulong process, uint address, uint byteLength, void** start, Fault* fault)
    {
        Border.Need(start, "start");
        *start = null;
        _ = Of(process).TryGetWritableSpan(new(address), InPage(byteLength), out Span<byte> span, out MemoryFault refusal);
        return Give(span, refusal, start, fault);
    }

    [Export("paging_touch")]
    public static int Touch(ulong process, uint address, uint access, Fault* fault)
    {
        AddressSpace memory = Processes.Of(process).Memory;
        bool isDone = memory.Touch(new(address), (AccessKind)access, out bool wasMissing, out MemoryFault refusal);
        int refused = Answer(isDone, refusal, fault);
        return refused < 0 || !wasMissing ? refused : 1;
    }

    [Export("paging_resolve_fault")]
    public static int ResolveFault(ulong process, uint address, uint errorCode, Fault* fault)
    {
        MemoryFault refusal = Processes.OfAny(process).Memory.Mmu.ResolveFault(new(address), (PageFaultErrorCode)errorCode);
        return Answer(!refusal.IsFault, refusal, fault);
    }

    [Export("paging_device_refused")]
    public static void DeviceRefused(ulong process, int answer, uint access, Fault* fault)
    {
        _ = Processes.OfAny(process);
        Called.ThrowIfRefused(answer, access == (uint)AccessKind.Write ? "store" : "load");
        Report(default, fault);
    }

    /// <summary>0 if it was done, -EFAULT if not, and the fault in either case.</summary>
    public static int Answer(bool isDone, MemoryFault refusal, Fault* fault)
    {
        Report(refusal, fault);
        return isDone ? 0 : Border.Code(Errno.EFAULT);
    }

    /// <summary>Writes the fault for C, if requested.</summary>
    public static void Report(MemoryFault refusal, Fault* fault)
    {
        if (fault != null) *fault = new() { Kind = (uint)refusal.Kind, Address = refusal.Address.Value };
    }

    /// <summary>The result of an access of another length than 1, 2, 4 or 8 bytes.</summary>
    public static RefusalException OddLength(uint byteLength) =>
        new(BorderCode.BadArgument, $"An access has 1, 2, 4 or 8 bytes, not {byteLength}; paging_copy_in and paging_copy_out take any.");

    /// <summary>The memory of a process, for an access of the calling thread. A hit would not check it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Mmu MemoryOf(UserProcess process)
    {
        Mmu memory = process.Memory.Mmu;
        memory.CheckThread();
        return memory;
    }

    private static int InPage(uint byteLength) => (int)Math.Min(byteLength, VirtualAddress.PageSize);

    private static long Give(ReadOnlySpan<byte> span, MemoryFault refusal, void** start, Fault* fault)
    {
        Report(refusal, fault);
        if (span.IsEmpty) return refusal.IsFault ? Border.Code(Errno.EFAULT) : 0;
        fixed (byte* first = span) *start = first;    // RAM, which does not move
        return span.Length;
    }

    // Inlined into the exported function, where the kind is a constant: an access has one switch, that of its size.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Access(AccessKind kind, ulong process, VirtualAddress at, void* value, uint byteLength, Fault* fault)
    {
        Border.Need(value, "value");
        Mmu mmu = Of(process);
        MemoryFault refusal;
        bool isDone = byteLength switch
        {
            1 => Try<byte>(kind, mmu, at, value, out refusal),
            2 => Try<ushort>(kind, mmu, at, value, out refusal),
            4 => Try<uint>(kind, mmu, at, value, out refusal),
            8 => Try<ulong>(kind, mmu, at, value, out refusal),
            _ => throw OddLength(byteLength),
        };
        return Answer(isDone, refusal, fault);
    }

    // The value of C's need not be aligned.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Try<T>(AccessKind kind, Mmu mmu, VirtualAddress at, void* value, out MemoryFault refusal) where T : unmanaged
    {
        if (kind == AccessKind.Write) return mmu.TryWrite(at, Unsafe.ReadUnaligned<T>(value), out refusal);
        bool isDone = kind == AccessKind.Read ? mmu.TryRead(at, out T read, out refusal) : mmu.TryFetch(at, out read, out refusal);
        if (isDone) Unsafe.WriteUnaligned(value, read);
        return isDone;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Mmu Of(ulong process) => MemoryOf(Processes.OfAny(process));
}
