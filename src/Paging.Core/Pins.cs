using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Pins guest memory, so that the host can use it beyond the next call.</summary>
public static class Pins
{
    /// <summary>Brings the pages of a range into RAM and keeps their frames until the pin is disposed, as FOLL_PIN does.</summary>
    /// <param name="process">The process.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="byteLength">The number of bytes, at least one.</param>
    /// <param name="access">The host's use of the memory. A pin for reading must not be written through: its frames may be shared.</param>
    /// <param name="pinned">The pin; null if there was a fault.</param>
    /// <param name="fault">The fault of the first page that cannot be pinned. After a fault nothing is pinned.</param>
    /// <returns>False if there was a fault. Pages of devices and of the host's memory, and watched pages, cannot be pinned.</returns>
    /// <remarks>
    /// A pinned page is neither reclaimed nor replaced by a copy: fork copies it for the child. A private page that the process may
    /// write is made its own first, even for reading. If the process unmaps, discards or truncates pinned memory, or goes
    /// back to a snapshot, the pin keeps the frames, which the process then no longer sees. While pages are pinned, no snapshot of the
    /// process can be taken: EBUSY.
    /// Cost: a fault or a translation per page, and O(pins) per fork. The host's writes show in dirty logs when the memory is pinned,
    /// in those of frames also when it is unpinned.
    /// Linux: pin_user_pages (Documentation/core-api/pin_user_pages.rst).
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The length is 0, or the range goes beyond the user half.</exception>
    public static bool TryPin(
        this UserProcess process, VirtualAddress start, uint byteLength, AccessKind access, out PinnedMemory? pinned, out MemoryFault fault)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentOutOfRangeException.ThrowIfZero(byteLength);
        AccessKinds.Check(access);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)start.Value + byteLength, PageCount.UserHalf.Bytes, nameof(byteLength));
        using SlowPathTurn turn = process.Memory.Guard.TakeTurn();
        process.Memory.Enter();
        pinned = new(process, start, byteLength, access == AccessKind.Write);
        PageNumber end = (start + (byteLength - 1)).Page + PageCount.One;
        for (PageNumber page = start.Page; page < end; page += PageCount.One)
        {
            if (TryPinPage(process.Memory.Mmu, page, access, pinned, out fault)) continue;
            pinned.Dispose();
            pinned = null;
            if (fault.Address < start) fault = fault with { Address = start };    // pages are pinned from their first byte
            return false;
        }

        fault = default;
        return true;
    }

    /// <summary>As <see cref="TryPin"/>, for a range that must be accessible.</summary>
    /// <exception cref="PageFaultException">A page cannot be pinned.</exception>
    public static PinnedMemory Pin(this UserProcess process, VirtualAddress start, uint byteLength, AccessKind access) =>
        process.TryPin(start, byteLength, access, out PinnedMemory? pinned, out MemoryFault fault)
            ? pinned!
            : throw new PageFaultException(fault);

    private static bool TryPinPage(Mmu mmu, PageNumber page, AccessKind access, PinnedMemory pinned, out MemoryFault fault)
    {
        AreaIndex index = mmu.Space.Areas.Tree.Covering(page);
        // Otherwise a later copy on write would give the process another frame than the pin. Linux: gup_must_unshare.
        bool makesOwn = index.IsSome && mmu.Space.Areas[index].Has(AreaFlags.Write) && !mmu.Space.Areas[index].Has(AreaFlags.Shared);
        if (!mmu.TryTranslate(page.Address, makesOwn ? AccessKind.Write : access, out FrameNumber frame, out fault)) return false;
        if (pinned.TryAdd(page, frame)) return true;
        fault = new(MemoryFaultKind.Device, page.Address);
        return false;
    }
}
