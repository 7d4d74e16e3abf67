using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Pfn;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Faults;

/// <summary>Brings private pages in: a page of zeros at the first touch, read or write, and pages that are in a page file.</summary>
/// <remarks>
/// Linux shows reads of fresh memory one shared page of zeros; Windows gives each page a frame of its own (rule 26).
/// Windows: MiResolveDemandZeroFault, MiResolvePageFileFault, MiResolveTransitionFault.
/// </remarks>
internal sealed class PrivateFault(EngineParts core, TransitionPages transitions)
{
    /// <summary>Maps a frame of zeros.</summary>
    public FaultOutcome Fill(WindowsSpace space, in Vad vad, PageFault fault, EntrySlot slot, ProtectionCode protection)
    {
        if (!slot.HasTable) slot = space.Space.Tables.AddTableFor(fault.Page);
        if (!slot.HasTable || !TryTakeFrame(space, fault.Page, ofZeros: true, out FrameNumber frame))
            return space.RefuseInPage(NtStatus.NoMemory);
        PageTableEntry mapped = Mapped(space, vad, fault, protection, frame);
        if (slot.Entry.IsNeverTouched) space.Space.Tables.StoreFirst(slot, mapped);
        else space.Space.Tables.Replace(fault.Page, slot, mapped);
        space.Space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Space.Faults.Anonymous++;
        return FaultOutcome.Resolved;
    }

    /// <summary>
    /// Takes a frame for a private page and counts it as mapped once. The caller stores the entry. Returns false without a free frame.
    /// </summary>
    public bool TryTakeFrame(WindowsSpace space, PageNumber page, bool ofZeros, out FrameNumber frame)
    {
        frame = default;
        if (space.Space.Group.IsFull) return false;    // the memory group of the process has reached its limit
        if (!(ofZeros ? core.Machine.Allocator.TryTakeZeroed(out frame) : core.Machine.Allocator.TryTake(out frame))) return false;
        core.Machine.Lists.AddAnonymous(
            space.Space.Group, frame, (byte)ResidentKind.Anonymous, SpaceOwner.Of(space.Space.Index), Area.PositionOf(page));
        return true;
    }

    /// <summary>Maps a page that lies in a page file, from the swap cache or read back.</summary>
    public FaultOutcome ReadBack(WindowsSpace space, in Vad vad, PageFault fault, WindowsEntry entry, ProtectionCode protection)
    {
        SwapSpace swap = core.Files.Swap;
        SwapEntry slot = swap.UsedOrNone(entry.Slot);
        if (!slot.IsSwap) return space.RefuseInPage(NtStatus.IoDeviceError);    // the host has written the word
        bool wasRead = !swap.TryFind(slot, out FrameNumber frame);
        if (wasRead)
        {
            if (space.Space.Group.IsFull || !core.Machine.Allocator.TryAllocate(FrameState.SwapCache, out frame))
                return space.RefuseInPage(NtStatus.NoMemory);
            if (swap.Insert(slot, frame) != Errno.None)
            {
                core.Machine.Allocator.Free(frame);
                return space.RefuseInPage(NtStatus.IoDeviceError);
            }

            core.Reclaim.Reclaimer.Counters.SwapReads++;
        }

        Map(space, vad, fault, protection, slot, frame);
        if (wasRead) core.Reclaim.Reclaimer.AddReadBack(space.Space.Group, frame, slot);    // mapped first: reading ahead may reclaim pages
        return wasRead ? FaultOutcome.ResolvedByReading : FaultOutcome.Resolved;
    }

    /// <summary>Maps a page that was trimmed and whose frame has not been taken: a soft fault, without I/O.</summary>
    public FaultOutcome Reactivate(
        WindowsSpace space, in Vad vad, PageFault fault, EntrySlot slot, WindowsEntry entry, ProtectionCode protection)
    {
        if (space.Space.Group.IsFull) return space.RefuseInPage(NtStatus.NoMemory);
        transitions.Reactivate(space, entry.Frame, fault.IsWrite);
        space.Space.Tables.Replace(fault.Page, slot, Mapped(space, vad, fault, protection, entry.Frame));
        return FaultOutcome.Resolved;
    }

    /// <summary>The entry of a private page: writable at once if no write must be seen first.</summary>
    private static PageTableEntry Mapped(WindowsSpace space, in Vad vad, PageFault fault, ProtectionCode protection, FrameNumber frame)
    {
        bool mustSee = vad.Flags.Type == VadType.WriteWatch || space.Space.Observers.NeedFaults;
        bool writable = protection.AllowsWrite && !mustSee;
        return WindowsEntry.Valid(protection, frame, writable).Touched(fault.IsWrite).ToEntry();
    }

    private void Map(WindowsSpace space, in Vad vad, PageFault fault, ProtectionCode protection, SwapEntry slot, FrameNumber frame)
    {
        SwapSpace swap = core.Files.Swap;
        SwapDevice device = swap.DeviceOf(slot);
        ref FrameDescriptor descriptor = ref core.Machine.Frames[frame];
        if ((descriptor.Flags & Core.Frames.PageFlags.ReadAheadMark) != FrameFlags.None)
            core.Reclaim.Reclaimer.CountReadAheadHit(ref descriptor);
        (descriptor.Owner, descriptor.Index) = (SpaceOwner.Of(space.Space.Index), fault.Page.Value);
        core.Machine.Frames.AddReferenceAndMapping(frame);
        device.DropUser(slot.Slot);    // after the mapping: the slot must not go before it
        if (fault.IsWrite || device.IsHalfFull || device.IsClosing) swap.TryLeave(frame);    // the copy is stale, or its slot is needed
        space.Space.Tables.Store(fault.Page, Mapped(space, vad, fault, protection, frame));
        space.Space.Statistics.Swapped--;
        space.Space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Space.Faults.SwappedIn++;
    }
}
