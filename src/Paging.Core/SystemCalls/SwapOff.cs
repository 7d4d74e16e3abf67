using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements swapoff(2): reads back everything on a device, for all processes, and switches the device off.</summary>
/// <remarks>
/// The state is consistent after each page. An error leaves the device on, with its remaining pages.
/// Linux: mm/swapfile.c try_to_unuse, unuse_mm.
/// </remarks>
internal sealed class SwapOff(
    FrameLists lists, OpenFileTable files, SpaceTable spaces, SwapSpace swap, SharedMemorySwap shared, PageFiller filler,
    PageFaultHandler faults, KeptSwitch kept)
{
    /// <summary>Switches a device off.</summary>
    /// <returns>
    /// EINVAL: not on. ENOMEM: no room in RAM and on other devices. EIO: a page could not be read. EBUSY: a host has written an entry that
    /// names a slot.
    /// </returns>
    public Errno Execute(SwapDevice device)
    {
        if (!swap.IsOn(device)) return Errno.EINVAL;
        bool wasClosing = device.IsClosing;    // one of saved pages, which is never written to
        device.IsClosing = true;    // first, so that no page is written to it meanwhile
        Errno error = Empty(device);
        if (error != Errno.None)
        {
            device.IsClosing = wasClosing;
            return error;
        }

        // The remaining pages are in memory already, and no entry refers to their slots.
        for (uint slot = 0; slot < device.SlotCount; slot++)
            if (device.FrameOf(slot).Value != 0) swap.TryLeave(device.FrameOf(slot));
        swap.Remove(device);
        faults.Foreign?.OnDeviceClosed();
        return Errno.None;
    }

    private Errno Empty(SwapDevice device)
    {
        Errno error;
        foreach (Space space in spaces.Live)
        {
            error = BringBackAll(space, device);
            if (error != Errno.None) return error;
        }

        error = BringBackShared(device);
        if (error != Errno.None) return error;
        error = kept.Kept?.BringBack(device) ?? Errno.None;
        if (error != Errno.None) return error;
        for (uint slot = 0; slot < device.SlotCount; slot++)
            if (device.UsersOf(slot) != 0) return Errno.EBUSY;    // no page that can be found names the slot
        return Errno.None;
    }

    private Errno BringBackAll(Space space, SwapDevice device)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(space.Tables.UserPages))
        {
            if (!IsOn(space, entry, device)) continue;
            FaultOutcome outcome = BringBack(space, page);
            if (outcome == FaultOutcome.OutOfMemory) return Errno.ENOMEM;
            if (outcome == FaultOutcome.BusError) return Errno.EIO;
        }

        return Errno.None;
    }

    private FaultOutcome BringBack(Space space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone && space.Foreign is null) return FaultOutcome.Resolved;    // a host wrote the entry
        FaultAttempts attempts = faults.BeginAttempts(space, page);
        FaultOutcome outcome;
        do
        {
            outcome = index.IsNone
                ? faults.Foreign!.BringBack(space, page)
                : faults.Resolve(space, ref space.Areas[index], new(page, AccessKind.Read));
        }
        while (attempts.MustLookAgain(ref outcome));
        return outcome;
    }

    private static bool IsOn(Space space, PageTableEntry entry, SwapDevice device)
    {
        SwapEntry swapped = space.SlotOf(entry);
        return !entry.IsPresent && swapped.IsSwap && swapped.Device == device.Number;
    }

    /// <summary>Reads back every page of shared memory on the device. Linux: shmem_unuse.</summary>
    private Errno BringBackShared(SwapDevice device)
    {
        foreach (FileObject file in files.All)
        {
            Errno error = file.IsAlive && file.Swapped.Count != 0 ? BringBackShared(file, device) : Errno.None;
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    private Errno BringBackShared(FileObject file, SwapDevice device)
    {
        for (FilePage from = default; shared.TryNext(file, from, out FilePage page, out SwapEntry entry); from = page.Next)
        {
            Errno error = entry.Device == device.Number ? filler.FindOrFill(lists.Root, file, page, out _, out _) : Errno.None;
            if (error != Errno.None) return error;
            if (page == FilePage.Last) break;    // its Next would wrap to the first page
        }

        return Errno.None;
    }
}
