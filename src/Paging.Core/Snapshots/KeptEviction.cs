using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   kept entry ──► [frame, kept by this entry alone]     written to a slot, and the entry names the slot from then on
/// <summary>Evicts pages that only snapshots keep: those that reclaim meets unused on its lists, and any when it finds no others.</summary>
/// <remarks>
/// Reclaim finds a frame, but not the kept entries that name it. So it marks the frame, and a pass over the kept entries evicts all marked
/// ones: when there are <see cref="WantedMin"/>, or when nothing else could be freed.
/// A kept entry that names a slot is what a snapshot of a swapped page has, so going back needs nothing new. A frame that two snapshots
/// of different processes keep, or that is pinned, stays. Cost: O(kept pages) a pass; a bit for each frame of RAM, from the first snapshot
/// on. A pass allocates nothing.
/// </remarks>
internal sealed class KeptEviction : IKeptPages
{
    private const uint BatchMin = 256;    // a pass costs O(kept pages), so it does not stop after a few
    private const uint WantedMin = 32;    // SWAP_CLUSTER_MAX: as many as a round of reclaim looks for

    private readonly FrameStore _store;
    private readonly SwapSpace _swap;
    private readonly ReclaimStatistics _statistics;
    private readonly MemoryPressure _pressure;
    private readonly PinTable _pins;
    private readonly HugeBlocks _blocks;
    private readonly List<SnapshotTree> _trees = [];
    private ulong[] _wanted = [];    // a bit for each frame
    private uint _wantedCount;

    public KeptEviction(
        FrameStore store, SwapSpace swap, ReclaimStatistics statistics, MemoryPressure pressure, PinTable pins, HugeBlocks blocks,
        KeptSwitch reclaim)
    {
        (_store, _swap, _statistics, _pressure, _pins, _blocks) = (store, swap, statistics, pressure, pins, blocks);
        pressure.EvictKept(this);
        reclaim.Kept = this;
    }

    public bool TryWant(FrameNumber frame)
    {
        if (_trees.Count == 0 || _pins.Holds(frame)) return false;
        ref ulong word = ref _wanted[frame.Value >> 6];
        ulong bit = 1UL << (int)frame.Value;
        if ((word & bit) == 0) _wantedCount++;
        word |= bit;
        return true;
    }

    public uint EvictWanted(bool isPressed)
    {
        if (_wantedCount < (isPressed ? 1 : WantedMin)) return 0;
        uint freed = Evict(charged: null, uint.MaxValue, ofWanted: true);
        Array.Clear(_wanted);
        _wantedCount = 0;
        return freed;
    }

    /// <summary>Adds the snapshots of a process that has got its first one.</summary>
    public void Add(SnapshotTree tree)
    {
        if (_wanted.Length == 0) _wanted = new ulong[(_store.Frames.Count.Value + 63) / 64];
        if (!_trees.Contains(tree)) _trees.Add(tree);
    }

    /// <summary>Removes the snapshots of a process that has lost its last one.</summary>
    public void Remove(SnapshotTree tree) => _trees.Remove(tree);

    public uint Evict(FrameGroup? charged, uint wanted) => Evict(charged, wanted, ofWanted: false);

    private uint Evict(FrameGroup? charged, uint wanted, bool ofWanted)
    {
        uint freed = 0, most = Math.Max(wanted, BatchMin);
        for (int i = 0; i < _trees.Count && freed < most; i++)
        {
            EntryJournal journal = _trees[i].Entries!;
            for (PageNumber from = default; freed < most && journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            {
                if (ofWanted && !IsWanted(journal[page])) continue;
                if (!TryEvict(journal[page], charged, out PageTableEntry swapped, out bool isFreed)) continue;
                journal.Put(page, swapped);
                if (isFreed) freed++;
            }

            foreach (SnapshotNode node in _trees[i].Nodes)
            {
                KeptPage[] pages = node.Edge?.Pages ?? [];
                for (int at = 0; at < pages.Length && freed < most; at++)
                {
                    if (ofWanted && !IsWanted(pages[at].Entry)) continue;
                    if (!TryEvict(pages[at].Entry, charged, out PageTableEntry swapped, out bool isFreed)) continue;
                    pages[at].Entry = swapped;
                    if (isFreed) freed++;
                }
            }
        }

        return freed;
    }

    private bool IsWanted(PageTableEntry kept) => kept.IsPresent && kept.Frame.Value < _store.Frames.Count.Value
        && (_wanted[kept.Frame.Value >> 6] & (1UL << (int)kept.Frame.Value)) != 0;

    /// <summary>Evicts the page of a kept entry if nothing but kept entries use its frame.</summary>
    /// <param name="kept">The entry.</param>
    /// <param name="charged">The group that the frame has to be charged to; null: any.</param>
    /// <param name="entry">The entry from now on: the same, or one that names the slot.</param>
    /// <param name="isFreed">True if this was the last entry that held the frame.</param>
    private bool TryEvict(PageTableEntry kept, FrameGroup? charged, out PageTableEntry entry, out bool isFreed)
    {
        entry = kept;
        isFreed = false;
        bool isPrivate = kept.IsPresent && (kept.Word & EntryJournal.CachedMark) == 0 && !EntryWords.IsSpecial(kept)
            && kept.Frame != EntryWords.ZeroFrame;
        if (!isPrivate) return false;
        ref FrameDescriptor descriptor = ref _store.Frames.Named(kept.Frame);
        bool isCached = descriptor.State == FrameState.SwapCache;
        bool mayGo = EntryWords.IsOwnPage(descriptor) && descriptor.MapCount == 0 && _blocks.LeavesOf(kept.Frame) == 0;
        if (!mayGo || (descriptor.Flags & PageFlags.Pinned) != FrameFlags.None || SpaceOwner.Is(descriptor.Owner)) return false;
        if ((charged is not null && descriptor.Group != charged.Number) || _pins.Holds(kept.Frame)) return false;
        if (!TryWrite(kept, isCached, ref descriptor)) return false;

        SwapEntry slot = _swap.EntryOf(kept.Frame);    // the user of the slot is this kept entry, as it was or as it becomes now
        isFreed = descriptor.ReferenceCount == 2;    // this entry's reference and the swap cache's
        TlbGather gather = new(_store.Lists, _store.Allocator);
        if (isFreed) _swap.Drop(kept.Frame, ref gather);
        gather.Add(kept.Frame);    // the kept entry's reference
        gather.Finish();
        if (isFreed) _statistics.Counters.Reclaimed++;
        entry = (kept.IsAttribute ? slot.WithProtection() : slot).ToPageTableEntry();
        return true;
    }

    /// <summary>Reads the pages of a device back that kept entries name, for swapoff.</summary>
    /// <returns>ENOMEM: no frame. EIO: the device could not read a page. The pages read so far stay in RAM.</returns>
    /// <remarks>
    /// Each kept entry gets a frame of its own. It does not know the rights of its area, and gets them when it goes back
    /// (<see cref="EntryJournal.ReadBackMark"/>).
    /// </remarks>
    public Errno BringBack(SwapDevice device)
    {
        foreach (SnapshotTree tree in _trees)
        {
            EntryJournal journal = tree.Entries!;
            for (PageNumber from = default; journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            {
                if (!IsOn(journal[page], device)) continue;
                Errno error = Read(tree.Space, journal[page], device, out PageTableEntry read);
                if (error != Errno.None) return error;
                journal.Put(page, read);
            }

            foreach (SnapshotNode node in tree.Nodes)
            {
                KeptPage[] pages = node.Edge?.Pages ?? [];
                for (int at = 0; at < pages.Length; at++)
                {
                    if (!IsOn(pages[at].Entry, device)) continue;
                    Errno error = Read(tree.Space, pages[at].Entry, device, out PageTableEntry read);
                    if (error != Errno.None) return error;
                    pages[at].Entry = read;
                }
            }
        }

        return Errno.None;
    }

    private static bool IsOn(PageTableEntry kept, SwapDevice device) =>
        !kept.IsPresent && SwapEntry.From(kept) is { IsSwap: true } slot && slot.Device == device.Number;

    private Errno Read(Space space, PageTableEntry kept, SwapDevice device, out PageTableEntry read)
    {
        read = kept;
        SwapEntry slot = SwapEntry.From(kept);
        FrameNumber frame;
        while (space.Group.IsFull || !_store.Allocator.TryTake(out frame))
            if (!_pressure.TryFreeFor(space.Group, 1)) return Errno.ENOMEM;
        Errno error = Errno.None;
        if (_swap.TryFind(slot, out FrameNumber cached)) _store.Ram.Copy(cached, frame);
        else error = device.Read(slot.Slot, _store.Ram, frame);
        _store.Lists.AddAnonymous(space.Group, frame, (byte)ResidentKind.Anonymous, owner: 0, default);
        ref FrameDescriptor descriptor = ref _store.Frames[frame];
        descriptor.MapCount = 0;    // its one reference is the kept entry's
        descriptor.Flags |= PageFlags.Dirty;
        TlbGather gather = new(_store.Lists, _store.Allocator);
        if (error == Errno.None)
        {
            _swap.Release(slot, ref gather);
            ulong bits = EntryBits.Present | EntryJournal.ReadBackMark | (slot.IsProtected ? EntryBits.Attribute : 0);
            read = new PageTableEntry(bits).WithFrame(frame);
        }
        else
        {
            gather.Add(frame);
        }

        gather.Finish();
        return error;
    }

    /// <summary>Makes the slot of a frame hold its page, with the kept entry as a user. False: no slot, or the device has failed.</summary>
    private bool TryWrite(PageTableEntry kept, bool isCached, ref FrameDescriptor descriptor)
    {
        FrameNumber frame = kept.Frame;
        ref ReclaimCounters counters = ref _statistics.Counters;
        // D of a kept entry counts as that of a mapping, which reclaim would have moved to the descriptor: the slot may be older.
        if (isCached && !kept.IsDirty && (descriptor.Flags & PageFlags.Dirty) == FrameFlags.None)
        {
            counters.CleanDrops++;
            return true;
        }

        if (!isCached && !_swap.TryAdd(frame)) return false;
        SwapEntry slot = _swap.EntryOf(frame);
        SwapDevice device = _swap.DeviceOf(slot);
        if (device.IsClosing || device.Write(slot.Slot, _store.Ram, frame, out bool isZero) != Errno.None)
        {
            if (!device.IsClosing) counters.WriteErrors++;
            if (!isCached) _swap.TryLeave(frame);    // the failed write has filled no slot
            return false;
        }

        if (isZero) counters.ZeroPages++;
        else counters.SwapWrites++;
        uint holders = descriptor.ReferenceCount - 1;    // 1: the swap cache's own
        for (uint i = 0; i < holders && !isCached; i++) device.AddUser(slot.Slot);    // Z1: a kept entry of a cached frame is one
        descriptor.Flags &= ~PageFlags.Dirty;
        return true;
    }
}
