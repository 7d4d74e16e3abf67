using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>
/// The memory calls, thin wrappers over <see cref="AddressSpace"/>, which returns Linux's results. Linux: mm/mmap.c and its neighbours.
/// </summary>
internal sealed class MemoryCalls(ProcessTree processes, SharedSegments segments)
{
    public void AddTo(CallTable table)
    {
        table.Add(45, "brk", "a", Break);
        table.Add(90, "old_mmap", "a", OldMap);
        table.Add(91, "munmap", "ax", Unmap);
        table.Add(125, "mprotect", "axp", static (task, in call) =>
            SpaceOf(task).Protect(call.A.Address, call.B, (MemoryProtection)call.C.Word));
        table.Add(144, "msync", "axM", Synchronize);
        table.Add(150, "mlock", "ax", (task, in call) => Lock(task, call, LockFlags.None));
        table.Add(151, "munlock", "ax", static (task, in call) => SpaceOf(task).Unlock(call.A.Address, call.B));
        table.Add(152, "mlockall", "x", static (task, in call) => SpaceOf(task).LockAll((LockAllFlags)call.A.Word));
        table.Add(153, "munlockall", "", static (task, in _) => SpaceOf(task).UnlockAll());
        table.Add(163, "mremap", "axxra", Remap);
        table.Add(192, "mmap2", "axpmdo", Map);
        table.Add(218, "mincore", "axa", InCore);
        table.Add(219, "madvise", "axv", Advise);
        table.Add(257, "remap_file_pages", "axxxx", RemapFilePages);
        table.Add(380, "pkey_mprotect", "axpd", static (task, in call) =>
            // -1 asks for plain mprotect, the only valid key on a processor without PKU; a length of 0 comes before the key
            call.D.Number == -1 || call.B == 0 ? SpaceOf(task).Protect(call.A.Address, call.B, (MemoryProtection)call.C.Word)
                : Errno.EINVAL);
        table.Add(381, "pkey_alloc", "xx", static (_, in _) => Errno.EINVAL);    // without OSPKE. Linux: arch_set_user_pkey_access
        table.Add(382, "pkey_free", "d", static (_, in _) => Errno.EINVAL);    // no key is ever allocated (mm_pkey_is_allocated)
        table.Add(462, "mseal", "axx", static (task, in call) =>
            call.C != 0 ? Errno.EINVAL : SpaceOf(task).Seal(call.A.Address, call.B));    // no flag is defined yet (mseal(2))
        table.Add(376, "mlock2", "axx", (task, in call) => Lock(task, call, (LockFlags)call.C.Word));
    }

    /// <summary>
    /// Locks memory. Without a free frame, a process is killed and the call made again: an allocation of one page never fails in Linux.
    /// </summary>
    /// <remarks>Linux: __mm_populate → out_of_memory; EAGAIN is left for callers that are being killed.</remarks>
    private CallResult Lock(GuestTask task, in CallArguments call, LockFlags flags)
    {
        Errno error = SpaceOf(task).Lock(call.A.Address, call.B, flags);
        if (error != Errno.EAGAIN || SpaceOf(task).Userfaultfds.HasPendingFill) return error;
        processes.KillForMemory(task);
        return RestartAlways;
    }

    private static AddressSpace SpaceOf(GuestTask task) => task.Process.Memory.Space;

    /// <summary>msync(2). Writes stored pages to the host, with MS_ASYNC too.</summary>
    private static CallResult Synchronize(GuestTask task, in CallArguments call)
    {
        AddressSpace space = SpaceOf(task);
        Errno error = space.Synchronize(call.A.Address, call.B, (SyncFlags)call.C.Word);
        if (error == Errno.None) space.WriteBack(call.A.Address, call.B);
        return error;
    }

    /// <summary>munmap(2). Writes stored pages to the host before the mapping is removed.</summary>
    private static CallResult Unmap(GuestTask task, in CallArguments call)
    {
        SpaceOf(task).WriteBack(call.A.Address, call.B);    // first, since afterwards no entry tells which pages are dirty
        return SpaceOf(task).Unmap(call.A.Address, call.B);
    }

    private static CallResult Break(GuestTask task, in CallArguments call) => (int)SpaceOf(task).SetBreak(call.A.Address).Value;

    private static CallResult Map(GuestTask task, in CallArguments call) => MapAt(task, call, PageWords.ToBytes(call.F));

    /// <summary>mmap of the first Linuxes: six words in memory, the offset in bytes.</summary>
    private static CallResult OldMap(GuestTask task, in CallArguments call)
    {
        Span<uint> words = stackalloc uint[6];
        if (!task.User.TryCopyFrom(call.A.Address, System.Runtime.InteropServices.MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        if ((words[5] & PageWords.OffsetMask) != 0) return Errno.EINVAL;    // the offset is in bytes here (old_mmap)
        return MapAt(task, new(words[0], words[1], words[2], words[3], words[4], 0), words[5]);
    }

    private static CallResult MapAt(GuestTask task, in CallArguments call, ulong byteOffset)
    {
        MapFlags flags = (MapFlags)call.D.Word;
        bool isAnonymous = (flags & MapFlags.Anonymous) != 0;
        OpenDescription? open = isAnonymous ? null : task.Process.Descriptors.Find(call.E.Descriptor);
        if (open is null && !isAnonymous) return Errno.EBADF;    // before all else (ksys_mmap_pgoff)
        if ((flags & MapFlags.Fixed) != 0) SpaceOf(task).WriteBack(call.A.Address, call.B);    // of the mappings that it replaces
        MemoryProtection protection = (MemoryProtection)call.C.Word;
        Errno error = open is null
            ? SpaceOf(task).Map(call.A.Address, call.B, protection, flags, descriptor: -1, byteOffset, out VirtualAddress at)
            : open.Map(SpaceOf(task), call.A.Address, call.B, protection, flags, byteOffset, out at);
        return error == Errno.None ? (int)at.Value : error;
    }

    private static CallResult Remap(GuestTask task, in CallArguments call)
    {
        Errno error = SpaceOf(task).Remap(call.A.Address, call.B, call.C, (RemapFlags)call.D.Word, call.E.Address, out VirtualAddress at);
        return error == Errno.None ? (int)at.Value : error;
    }

    private static CallResult Advise(GuestTask task, in CallArguments call) =>
        SpaceOf(task).Advise(call.A.Address, call.B, (MemoryAdvice)call.C.Number);

    /// <summary>
    /// mincore(2): a byte per page, copied a page of results at a time. Linux: mm/mincore.c, whose checks of pointers come before those of
    /// areas.
    /// </summary>
    private static CallResult InCore(GuestTask task, in CallArguments call)
    {
        if (!call.A.Address.IsPageAligned) return Errno.EINVAL;
        ulong pages = PageWords.Covering(call.B);
        if ((ulong)call.A + call.B > PageNumber.FirstKernel.Address.Value) return Errno.ENOMEM;    // access_ok, but ENOMEM as POSIX has it
        if ((ulong)call.C + pages > PageNumber.FirstKernel.Address.Value) return Errno.EFAULT;    // before areas are looked at (mincore)
        const byte unknown = 0xFF;
        Span<byte> result = stackalloc byte[PageWords.ByteLength];
        VirtualAddress address = call.A.Address, to = call.C.Address;
        while (pages > 0)
        {
            int part = (int)Math.Min(pages, (ulong)result.Length);
            result.Fill(unknown);
            Errno error = SpaceOf(task).InCore(address, (uint)PageWords.ToBytes((uint)part), result[..part]);
            int known = error == Errno.None ? part : result.IndexOf(unknown);    // the areas before a hole are copied (do_mincore)
            if (!task.User.TryCopyTo(to, result[..known])) return Errno.EFAULT;
            if (error != Errno.None) return error;
            pages -= (ulong)part;
            address += (uint)PageWords.ToBytes((uint)part);
            to += (uint)part;
        }

        return 0;
    }

    /// <summary>remap_file_pages(2), emulated as in Linux since 4.0: maps a shared mapping again at another offset.</summary>
    /// <remarks>Linux: mm/mmap.c SYSCALL_DEFINE5(remap_file_pages).</remarks>
    private CallResult RemapFilePages(GuestTask task, in CallArguments call)
    {
        VirtualAddress start = call.A.Address.Page.Address;
        uint length = call.B & ~PageWords.OffsetMask;
        // The protection must be 0: the emulation keeps the area's (remap_file_pages(2)). Sums that wrap in 32 bits are EINVAL.
        if (call.C != 0 || (ulong)start.Value + length <= start.Value || (ulong)start.Value + length > uint.MaxValue) return Errno.EINVAL;
        if ((ulong)call.D + PageWords.FromBytes(length) > uint.MaxValue) return Errno.EINVAL;
        bool endsSegment = segments.AnyEndsWith(SpaceOf(task), new(start.Page, PageCount.Covering(length)));
        Errno error = SpaceOf(task).RemapFilePages(start, length, new(call.D), (MapFlags)call.E.Word);
        if (error != Errno.None || !endsSegment) return error;
        SpaceOf(task).Unmap(start, length);    // the segment ended with its mapping, before there was another one (shm_mmap)
        segments.DropUnused();
        return Errno.EINVAL;
    }
}
