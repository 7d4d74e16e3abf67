using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;

namespace Paging.Windows.Pfn;

/// <summary>Takes pages out of working sets, brings them back without I/O, and gives their frames to others.</summary>
/// <remarks><code>
///   private page    valid ── trim ──► transition, frame on standby or modified ── soft fault ──► valid
///                                          └ frame taken (standby only) ──► page file, or demand zero if it was never written
///   page of a view  valid ── trim ──► prototype, frame stays in the page cache
/// </code>
/// Linux has no such step: an unmapped private page is in the swap cache, and its entries name the slot already.
/// Windows: MiDecrementShareCount, MiResolveTransitionFault, MiRestoreTransitionPte.
/// </remarks>
internal sealed class TransitionPages(EngineParts core, PfnDatabase pfn) : IUnmappedFrames
{
    private const uint WriteCluster = 16;    // MmModifiedWriteClusterSize: 64 KB in one write

    /// <summary>Frames that were taken from standby lists since the machine was made.</summary>
    public long TakenFromStandby { get; private set; }

    /// <summary>
    /// Takes a present page out of the working set. Returns false if it has to stay: locked, pinned, or held by something else.
    /// </summary>
    public bool TryTrim(WindowsSpace space, PageNumber page, PageTableEntry word)
    {
        WindowsEntry entry = WindowsEntry.From(word);
        ref FrameDescriptor descriptor = ref core.Machine.Frames.Named(entry.Frame);
        bool isHeld = (descriptor.Flags & PageFlags.Pinned) != FrameFlags.None || space.Locked?.Has(page.Value) == true;
        if (isHeld) return false;    // a pinned frame is in use by I/O, a locked page stays (rule 24)
        if (descriptor.State == FrameState.PageCache) return TrimShared(space, page, word, ref descriptor);
        uint references = descriptor.State == FrameState.SwapCache ? 2u : 1u;    // the mapping, and the swap cache
        if (!EntryWords.IsOwnPage(descriptor) || descriptor.MapCount != 1 || descriptor.ReferenceCount != references) return false;
        // With a shootdown, another thread may still store.
        if (word.IsDirty || core.Machine.Lists.Shootdown is not null) descriptor.Flags |= PageFlags.Dirty;
        space.Space.Tables.StoreUnnoted(page, WindowsEntry.InTransition(entry.Protection, entry.Frame).ToEntry());
        space.Space.Statistics.CountResident(ResidentKind.Anonymous, -1);
        core.Machine.Lists.Remove(entry.Frame);    // Linux's reclaim must not find it any more
        descriptor.MapCount = 0;    // the reference is the transition entry's from now on
        pfn.Insert(entry.Frame, space.Limits.PagePriority, PageLocation.ActiveAndValid);
        return true;
    }

    /// <summary>Takes a frame of a transition entry back into the working set. The caller stores the valid entry.</summary>
    public void Reactivate(WindowsSpace space, FrameNumber frame, bool isWrite)
    {
        pfn.Remove(frame, PageLocation.ActiveAndValid);
        core.Machine.Lists.Add(space.Space.Group, frame, PageFlags.Active);
        ref FrameDescriptor descriptor = ref core.Machine.Frames[frame];
        descriptor.MapCount = 1;
        if (isWrite && descriptor.State == FrameState.SwapCache) core.Files.Swap.TryLeave(frame);
        space.Space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.TransitionFaults++;
    }

    /// <summary>The memory of a transition entry is freed: its frame goes, with its place in a page file.</summary>
    public void Free(FrameNumber frame, ref TlbGather gather)
    {
        pfn.Remove(frame, PageLocation.Free);
        if (core.Machine.Frames[frame].State == FrameState.SwapCache) core.Files.Swap.Drop(frame, ref gather);
        gather.Add(frame);
    }

    /// <remarks>The lowest priority first. Modified pages are written if nothing is on standby; they are never taken as they are.</remarks>
    public uint Release(uint wanted)
    {
        uint taken = TakeStandby(wanted);
        if (taken != 0 || pfn.ModifiedCount == 0) return taken;    // a few frames at once are better than many after writing
        return Write(Math.Max(wanted, WriteCluster)) == 0 ? 0 : TakeStandby(wanted);    // neighbours are written in the same request
    }

    /// <summary>Writes modified private pages to page files, the oldest first: they are on standby then.</summary>
    /// <returns>The number of pages written: fewer if the page files are full or refuse a page.</returns>
    /// <remarks>Windows: MiModifiedPageWriter, MiGatherPagefilePages.</remarks>
    public uint Write(uint countMax)
    {
        if (core.Machine.Lists.Shootdown is { } shootdown && !shootdown.TrySettle()) return 0;    // no thread may store while it is written
        uint written = 0;
        while (written < countMax && pfn.OldestModified is { Value: not 0 } frame && TryWrite(frame)) written++;
        return written;
    }

    private bool TryWrite(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref core.Machine.Frames[frame];
        if (descriptor.State == FrameState.SwapCache && core.Files.Swap.DeviceOf(core.Files.Swap.EntryOf(frame)).IsClosing)
            core.Files.Swap.TryLeave(frame);
        if (descriptor.State == FrameState.Anonymous && !core.Files.Swap.TryAdd(frame)) return false;    // no slot is free
        SwapEntry slot = core.Files.Swap.EntryOf(frame);
        int priority = pfn.Remove(frame, PageLocation.Transition);    // while it is written, it must not be taken
        bool canName = slot.Slot < WindowsEntry.SlotCountMax;    // 20 bits of an entry
        bool isWritten = canName && core.Files.Swap.DeviceOf(slot).Write(slot.Slot, core.Machine.Ram, frame, out bool isZero) == Errno.None
            && Count(isZero);
        if (isWritten) descriptor.Flags &= ~PageFlags.Dirty;    // before Insert, which chooses the list by it
        else core.Files.Swap.TryLeave(frame);    // it stays modified: nothing is lost
        pfn.Insert(frame, priority, PageLocation.Transition);
        return isWritten;
    }

    private bool Count(bool isZero)
    {
        ref ReclaimCounters counters = ref core.Reclaim.Reclaimer.Counters;
        if (isZero) counters.ZeroPages++;
        else counters.SwapWrites++;
        return true;
    }

    private uint TakeStandby(uint wanted)
    {
        uint taken = 0;
        for (; taken < wanted && pfn.FirstToTake is { Value: not 0 } frame; taken++) Take(frame);
        core.Reclaim.Reclaimer.Counters.Reclaimed += taken;
        TakenFromStandby += taken;
        return taken;
    }

    /// <summary>Takes a frame from its page: the entry gets back its former value, a place in a page file or demand zero.</summary>
    private void Take(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref core.Machine.Frames[frame];
        Space space = core.Machine.Spaces[SpaceOwner.SpaceOf(descriptor.Owner)];
        PageNumber page = new(descriptor.Index);
        WindowsEntry entry = WindowsEntry.From(space.Tables.Read(page));
        if (entry.Kind != WindowsEntryKind.Transition || entry.Frame != frame)
            throw new InvariantException($"I11: frame {frame.Value:x5} is on standby for page {page} of process {space.ProcessId}, " +
                $"whose entry is {entry}. Entries leave the transition form through TransitionPages.");
        pfn.Remove(frame, PageLocation.Free);
        TlbGather gather = new(core.Machine.Lists, core.Machine.Allocator);
        WindowsEntry original = WindowsEntry.DemandZero(entry.Protection);
        if (descriptor.State == FrameState.SwapCache)
        {
            SwapEntry slot = core.Files.Swap.EntryOf(frame);
            core.Files.Swap.DeviceOf(slot).AddUser(slot.Slot);    // before the cache drops it, which would free an unused slot
            space.Statistics.Swapped++;
            original = WindowsEntry.InPageFile(entry.Protection, slot);
            core.Files.Swap.Drop(frame, ref gather);
        }

        space.Tables.StoreUnnoted(page, original.ToEntry());
        gather.Add(frame);
        gather.Finish();
    }

    private bool TrimShared(WindowsSpace space, PageNumber page, PageTableEntry word, ref FrameDescriptor descriptor)
    {
        FrameNumber frame = word.Frame;
        core.Files.Cache.KeepBits(word, ref descriptor);    // D of the entry is lost with it
        space.Space.Tables.StoreUnnoted(page, WindowsEntry.OfPrototype(WindowsEntry.From(word).Protection).ToEntry());
        space.Space.Statistics.CountResident((ResidentKind)descriptor.Kind, -1);
        TlbGather gather = new(core.Machine.Lists, core.Machine.Allocator);
        gather.AddMapped(frame);
        gather.Finish();
        if (descriptor.MapCount == 0) pfn.Note(frame, PageLocation.ActiveAndValid, pfn.LocationOf(frame));
        return true;
    }
}
