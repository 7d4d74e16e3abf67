using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Memory calls".</summary>
// SAFETY: as Border.
internal static unsafe class MemoryExports
{
    [UnmanagedCallersOnly(EntryPoint = "paging_mmap")]
    public static long Map(
        ulong process, uint address, uint byteLength, uint protection, uint flags, int descriptor, ulong byteOffset)
    {
        try
        {
            Errno error = Memory(process).Map(
                new(address), byteLength, (MemoryProtection)protection, (MapFlags)flags, descriptor, byteOffset, out VirtualAddress at);
            return Border.Value(error, at);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_munmap")]
    public static int Unmap(ulong process, uint start, uint byteLength)
    {
        try { return Border.Code(Memory(process).Unmap(new(start), byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_mprotect")]
    public static int Protect(ulong process, uint start, uint byteLength, uint protection)
    {
        try { return Border.Code(Memory(process).Protect(new(start), byteLength, (MemoryProtection)protection)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_mremap")]
    public static long Remap(ulong process, uint oldAddress, uint oldByteLength, uint newByteLength, uint flags, uint newAddress)
    {
        try
        {
            Errno error = Memory(process).Remap(
                new(oldAddress), oldByteLength, newByteLength, (RemapFlags)flags, new(newAddress), out VirtualAddress at);
            return Border.Value(error, at);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_brk")]
    public static long SetBreak(ulong process, uint wanted)
    {
        try { return Memory(process).SetBreak(new(wanted)).Value; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_madvise")]
    public static int Advise(ulong process, uint start, uint byteLength, uint advice)
    {
        try { return Border.Code(Memory(process).Advise(new(start), byteLength, (MemoryAdvice)advice)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_mseal")]
    public static int Seal(ulong process, uint start, uint byteLength)
    {
        try { return Border.Code(Memory(process).Seal(new(start), byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_msync")]
    public static int Synchronize(ulong process, uint start, uint byteLength, uint flags)
    {
        try { return Border.Code(Memory(process).Synchronize(new(start), byteLength, (SyncFlags)flags)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_mlock")]
    public static int Lock(ulong process, uint start, uint byteLength, uint flags)
    {
        try { return Border.Code(Memory(process).Lock(new(start), byteLength, (LockFlags)flags)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_munlock")]
    public static int Unlock(ulong process, uint start, uint byteLength)
    {
        try { return Border.Code(Memory(process).Unlock(new(start), byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_mlockall")]
    public static int LockAll(ulong process, uint flags)
    {
        try { return Border.Code(Memory(process).LockAll((LockAllFlags)flags)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_munlockall")]
    public static int UnlockAll(ulong process)
    {
        try { return Border.Code(Memory(process).UnlockAll()); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_mincore")]
    public static int InCore(ulong process, uint start, uint byteLength, byte* pages)
    {
        try
        {
            Span<byte> result = Border.Bytes(pages, PageCount.Covering(byteLength).Value, "pages");
            return Border.Code(Memory(process).InCore(new(start), byteLength, result));
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_remap_file_pages")]
    public static int RemapFilePages(ulong process, uint start, uint byteLength, uint filePage, uint flags)
    {
        try { return Border.Code(Memory(process).RemapFilePages(new(start), byteLength, new(filePage), (MapFlags)flags)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_clear_refs")]
    public static int ClearReferences(ulong process, uint kind)
    {
        try { return Border.Code(Memory(process).ClearReferences((ReferenceKind)kind)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private static AddressSpace Memory(ulong process) => Processes.Of(process).Memory;
}
