using Paging.Native;

namespace Paging.Core;

/// <summary>swapoff(2): reads everything back that lies on a device, whoever's it is, and switches the device off.</summary>
/// <remarks>Linux: mm/swapfile.c try_to_unuse, unuse_mm. Between two pages everything holds: an error leaves the device on, with what is left on it.</remarks>
internal static class SwapOff
{
    /// <returns>EINVAL: not on; ENOMEM: RAM and the other devices have no room for its pages; EIO: a page could not be read.</returns>
    public static Errno Execute(PagingEngine engine, SwapDevice device)
    {
        if (!engine.Swap.IsOn(device)) return Errno.EINVAL;
        device.IsClosing = true;
        foreach (Process process in engine.Processes)
        {
            Errno error = process.HasExited ? Errno.None : BringBackAll(process.Memory, device);
            if (error == Errno.None) continue;
            device.IsClosing = false;
            return error;
        }

        Errno shared = engine.SharedSwap.BringBackAll(device);
        if (shared != Errno.None)
        {
            device.IsClosing = false;
            return shared;
        }

        // What is left is in memory already, and no entry names its slot.
        for (uint slot = 0; slot < device.SlotCount; slot++)
            if (device.FrameOf(slot).Value != 0) engine.Swap.TryLeave(device.FrameOf(slot));
        engine.Swap.Remove(device);
        return Errno.None;
    }

    private static Errno BringBackAll(AddressSpace space, SwapDevice device)
    {
        PageNumber from = default;
        while (space.Tables.TryNextTouched(from, PageNumber.FirstKernel, out PageNumber page, out PageTableEntry entry))
        {
            from = page + PageCount.One;
            if (!IsOn(entry, device)) continue;
            FaultOutcome outcome = BringBack(space, page);
            if (outcome == FaultOutcome.OutOfMemory) return Errno.ENOMEM;
            if (outcome == FaultOutcome.BusError) return Errno.EIO;
        }

        return Errno.None;
    }

    private static FaultOutcome BringBack(AddressSpace space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        FaultTurns turns = new(space, page);
        FaultOutcome outcome;
        do
        {
            outcome = space.Engine.FaultHandler.Resolve(space, ref space.Areas[index], new(page, AccessKind.Read));
        }
        while (turns.MustLookAgain(ref outcome));
        return outcome;
    }

    private static bool IsOn(PageTableEntry entry, SwapDevice device)
    {
        SwapEntry swapped = SwapEntry.From(entry);
        return !entry.IsPresent && swapped.IsSwap && swapped.Device == device.Number;
    }
}
