using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Memory calls".</summary>
// SAFETY: as Border.
internal static unsafe class MemoryExports
{
    [Export("paging_mmap")]
    public static long Map(
        ulong process, uint address, uint byteLength, uint protection, uint flags, int descriptor, ulong byteOffset)
    {
        Errno error = Memory(process).Map(
            new(address), byteLength, (MemoryProtection)protection, (MapFlags)flags, descriptor, byteOffset, out VirtualAddress at);
        return Border.Value(error, at.Value);
    }

    [Export("paging_munmap")]
    public static Errno Unmap(ulong process, uint start, uint byteLength) => Memory(process).Unmap(new(start), byteLength);

    [Export("paging_mprotect")]
    public static Errno Protect(ulong process, uint start, uint byteLength, uint protection) =>
        Memory(process).Protect(new(start), byteLength, (MemoryProtection)protection);

    [Export("paging_mremap")]
    public static long Remap(ulong process, uint oldAddress, uint oldByteLength, uint newByteLength, uint flags, uint newAddress)
    {
        Errno error = Memory(process).Remap(
            new(oldAddress), oldByteLength, newByteLength, (RemapFlags)flags, new(newAddress), out VirtualAddress at);
        return Border.Value(error, at.Value);
    }

    [Export("paging_brk")]
    public static long SetBreak(ulong process, uint wanted) => Memory(process).SetBreak(new(wanted)).Value;

    [Export("paging_madvise")]
    public static Errno Advise(ulong process, uint start, uint byteLength, uint advice) =>
        Memory(process).Advise(new(start), byteLength, (MemoryAdvice)advice);

    [Export("paging_mseal")]
    public static Errno Seal(ulong process, uint start, uint byteLength) => Memory(process).Seal(new(start), byteLength);

    [Export("paging_msync")]
    public static Errno Synchronize(ulong process, uint start, uint byteLength, uint flags) =>
        Memory(process).Synchronize(new(start), byteLength, (SyncFlags)flags);

    [Export("paging_mlock")]
    public static Errno Lock(ulong process, uint start, uint byteLength, uint flags) =>
        Memory(process).Lock(new(start), byteLength, (LockFlags)flags);

    [Export("paging_munlock")]
    public static Errno Unlock(ulong process, uint start, uint byteLength) => Memory(process).Unlock(new(start), byteLength);

    [Export("paging_mlockall")]
    public static Errno LockAll(ulong process, uint flags) => Memory(process).LockAll((LockAllFlags)flags);

    [Export("paging_munlockall")]
    public static Errno UnlockAll(ulong process) => Memory(process).UnlockAll();

    [Export("paging_mincore")]
    public static Errno InCore(ulong process, uint start, uint byteLength, byte* pages)
    {
        Span<byte> result = Border.Bytes(pages, PageCount.Covering(byteLength).Value, "pages");
        return Memory(process).InCore(new(start), byteLength, result);
    }

    [Export("paging_remap_file_pages")]
    public static Errno RemapFilePages(ulong process, uint start, uint byteLength, uint filePage, uint flags) =>
        Memory(process).RemapFilePages(new(start), byteLength, new(filePage), (MapFlags)flags);

    [Export("paging_clear_refs")]
    public static Errno ClearReferences(ulong process, uint kind) => Memory(process).ClearReferences((ReferenceKind)kind);

    private static AddressSpace Memory(ulong process) => Processes.Of(process).Memory;
}
