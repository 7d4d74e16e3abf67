using Paging.Core;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Windows.Calls;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows;

/// <summary>The memory calls of kernel32. Each returns the last error; success leaves it 0.</summary>
/// <remarks>They allocate no managed memory. After an error nothing has changed, except where a call documents a change.</remarks>
public sealed class VirtualMemory
{
    private readonly WindowsProcess _process;
    private readonly WindowsParts _parts;

    internal VirtualMemory(WindowsProcess process, WindowsParts parts) => (_process, _parts) = (process, parts);

    /// <summary>VirtualAlloc: reserves, commits or resets pages. Linux: mmap, mprotect and MADV_FREE in one.</summary>
    /// <param name="address">The address; 0 for the system's choice.</param>
    /// <param name="byteLength">The length in bytes, counted from the address.</param>
    /// <param name="types">MEM_*.</param>
    /// <param name="protection">PAGE_*.</param>
    /// <param name="result">The first page's address.</param>
    /// <returns>ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS (taken, or not inside one allocation), ERROR_NOT_ENOUGH_MEMORY,
    /// ERROR_COMMITMENT_LIMIT, ERROR_ACCESS_DENIED (committing in a view of a file).</returns>
    public Win32Error VirtualAlloc(
        VirtualAddress address, uint byteLength, AllocationTypes types, PageProtection protection, out VirtualAddress result)
    {
        result = address;
        NtStatus status = _process.Native.NtAllocateVirtualMemory(ref result, 0, ref byteLength, types, protection);
        if (status != NtStatus.Success) result = default;
        return status.ToWin32Error();
    }

    /// <summary>VirtualFree: decommits pages, or releases a whole allocation. Linux: MADV_DONTNEED, and munmap of one area.</summary>
    /// <remarks>
    /// MEM_RELEASE with MEM_PRESERVE_PLACEHOLDER or MEM_COALESCE_PLACEHOLDERS takes a size: so placeholders are split and joined
    /// from Win32 (the example of VirtualAlloc2 in Microsoft's documentation).
    /// </remarks>
    /// <returns>ERROR_INVALID_PARAMETER: a size with MEM_RELEASE, an end after the allocation, a view. ERROR_INVALID_ADDRESS.</returns>
    public Win32Error VirtualFree(VirtualAddress address, uint byteLength, AllocationTypes type)
    {
        if (type == AllocationTypes.Release && byteLength != 0) return Win32Error.InvalidParameter;    // rule 6: the native call takes one
        return _process.Native.NtFreeVirtualMemory(ref address, ref byteLength, type).ToWin32Error();
    }

    /// <summary>VirtualProtect: changes the protection of committed pages of one allocation. Linux: mprotect.</summary>
    /// <param name="address">The first address.</param>
    /// <param name="byteLength">The length in bytes.</param>
    /// <param name="protection">PAGE_*.</param>
    /// <param name="old">The protection that the first page had.</param>
    /// <returns>ERROR_INVALID_PARAMETER, ERROR_INVALID_ADDRESS (not inside one allocation, or not committed).</returns>
    public Win32Error VirtualProtect(VirtualAddress address, uint byteLength, PageProtection protection, out PageProtection old) =>
        _process.Native.NtProtectVirtualMemory(ref address, ref byteLength, protection, out old).ToWin32Error();

    /// <summary>VirtualQuery: describes the pages from an address on, as far as they are alike. Linux: a line of /proc/self/maps.</summary>
    /// <returns>ERROR_INVALID_PARAMETER: at or above <see cref="WindowsProcess.AddressLimit"/>.</returns>
    public Win32Error VirtualQuery(VirtualAddress address, out MemoryBasicInformation information)
    {
        WindowsSpace space = _process.Enter();
        information = default;
        if (address.Page >= space.User.Probe) return Win32Error.InvalidParameter;
        information = _parts.Calls.Query.Execute(space, address);
        return Win32Error.Success;
    }

    /// <summary>VirtualLock: brings pages in and keeps them in. Linux: mlock; only RAM limits it here.</summary>
    /// <returns>
    /// ERROR_NOACCESS: a page is not committed, or closed. <see cref="Win32Error.GuardPageViolation"/>: a guard page, whose guard is
    /// gone now.
    /// ERROR_NOT_ENOUGH_MEMORY: no frames. Pages before the one at fault have been brought in, and are not locked.
    /// </returns>
    public Win32Error VirtualLock(VirtualAddress address, uint byteLength)
    {
        WindowsSpace space = _process.Enter();
        if (!PageSpan.TryCover(address, byteLength, out PageRange range)) return Win32Error.InvalidParameter;
        space.Locked ??= PageBitmap.CreateOrNull(_parts.Core.Machine.Injection, UserRange.EndOfAll.Value);
        if (space.Locked is null) return Win32Error.NoSystemResources;    // the host has no memory for the map
        for (PageNumber page = range.First; page < range.End; page++)
        {
            space.IsKernelAccess = true;
            space.Refusal = NtStatus.AccessViolation;
            bool isIn = _process.Mmu.TryTranslate(page.Address, AccessKind.Read, out _, out _);
            space.IsKernelAccess = false;
            if (isIn) continue;
            _ = _process.Leave(NtStatus.Success);
            return space.Refusal is NtStatus.InPageError ? space.RefusalReason.ToWin32Error() : space.Refusal.ToWin32Error();
        }

        return LockPresent(space, range) ? Win32Error.Success : Win32Error.NotEnoughMemory;
    }

    /// <summary>VirtualUnlock: pages may be reclaimed again. Linux: munlock.</summary>
    /// <returns>ERROR_NOT_LOCKED: a page of the range is not locked; nothing has changed.</returns>
    public Win32Error VirtualUnlock(VirtualAddress address, uint byteLength)
    {
        WindowsSpace space = _process.Enter();
        if (!PageSpan.TryCover(address, byteLength, out PageRange range)) return Win32Error.InvalidParameter;
        bool areLocked = space.Locked is { } locked && locked.CountIn(range.First.Value, range.Count.Value) == range.Count.Value;
        if (!areLocked) return Win32Error.NotLocked;    // all or none: rule 24
        space.Locked!.Clear(range.First.Value, range.Count.Value);
        return Win32Error.Success;
    }

    /// <summary>GetWriteWatch: the lowest pages of a range that were written. Linux: the soft-dirty bits of pagemap.</summary>
    /// <param name="address">The first address.</param>
    /// <param name="byteLength">The length in bytes.</param>
    /// <param name="resets">WRITE_WATCH_FLAG_RESET: marks the returned pages as not written.</param>
    /// <param name="found">Receives the pages, the lowest first.</param>
    /// <param name="count">The number of pages found.</param>
    /// <returns>ERROR_INVALID_PARAMETER: not inside one write-watched allocation, or no room for a page.</returns>
    public Win32Error GetWriteWatch(VirtualAddress address, uint byteLength, bool resets, Span<PageNumber> found, out int count) =>
        WriteWatchCalls.Get(_process.Enter(), address, byteLength, resets, found, out count).ToWin32Error();

    /// <summary>ResetWriteWatch: marks the pages of a range as not written. Linux: clear_refs with 4, of a whole process.</summary>
    /// <returns>ERROR_INVALID_PARAMETER: not inside one write-watched allocation.</returns>
    public Win32Error ResetWriteWatch(VirtualAddress address, uint byteLength) =>
        WriteWatchCalls.Reset(_process.Enter(), address, byteLength).ToWin32Error();

    /// <summary>Returns true if a page is in the working set: in a frame, and in the page tables. Windows: QueryWorkingSetEx.</summary>
    public bool IsInWorkingSet(PageNumber page) =>
        page < PageNumber.FirstKernel && _process.Enter().Space.Tables.Read(page).IsPresent;

    /// <summary>Notes that pages are locked. Returns false if one of them had to go for another.</summary>
    private bool LockPresent(WindowsSpace space, PageRange range)
    {
        for (PageNumber page = range.First; page < range.End; page++)
            if (!space.Space.Tables.Read(page).IsPresent) return false;    // all or none: checked before the first is marked
        for (PageNumber page = range.First; page < range.End; page++)
        {
            space.Locked!.Set(page.Value);
            _parts.LockView(space, page);
        }

        return true;
    }
}
