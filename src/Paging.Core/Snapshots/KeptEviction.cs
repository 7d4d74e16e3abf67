using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   kept entry ──► [frame, kept by this entry alone]     written to a slot, and the entry names the slot from then on
/// <summary>Evicts pages that only a snapshot keeps, when reclaim finds no others.</summary>
/// <remarks>
/// A kept entry that names a slot is what a snapshot of a swapped page has, so going back needs nothing new. A frame that two snapshots
/// of different processes keep, or that is pinned, stays. Cost: O(kept pages) a pass. Allocates nothing.
/// </remarks>
internal sealed class KeptEviction : IKeptPages
{
    private const uint BatchMin = 256;    // a pass costs O(kept pages), so it does not stop after a few

    private readonly FrameStore _store;
    private readonly SwapSpace _swap;
    private readonly ReclaimStatistics _statistics;
    private readonly List<SnapshotTree> _trees = [];

    public KeptEviction(FrameStore store, SwapSpace swap, ReclaimStatistics statistics, MemoryPressure pressure)
    {
        (_store, _swap, _statistics) = (store, swap, statistics);
        pressure.EvictKept(this);
    }

    /// <summary>Adds the snapshots of a process that has got its first one.</summary>
    public void Add(SnapshotTree tree)
    {
        if (!_trees.Contains(tree)) _trees.Add(tree);
    }

    /// <summary>Removes the snapshots of a process that has lost its last one.</summary>
    public void Remove(SnapshotTree tree) => _trees.Remove(tree);

    public uint Evict(FrameGroup? charged, uint wanted)
    {
        uint freed = 0, most = Math.Max(wanted, BatchMin);
        for (int i = 0; i < _trees.Count && freed < most; i++)
        {
            EntryJournal journal = _trees[i].Entries!;
            for (PageNumber from = default; freed < most && journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            {
                if (!TryEvict(journal[page], charged, out PageTableEntry swapped)) continue;
                journal.Put(page, swapped);
                freed++;
            }

            foreach (SnapshotNode node in _trees[i].Nodes)
            {
                KeptPage[] pages = node.Edge?.Pages ?? [];
                for (int at = 0; at < pages.Length && freed < most; at++)
                {
                    if (!TryEvict(pages[at].Entry, charged, out PageTableEntry swapped)) continue;
                    pages[at].Entry = swapped;
                    freed++;
                }
            }
        }

        return freed;
    }

    /// <summary>Evicts the page of a kept entry if nothing else uses its frame.</summary>
    /// <param name="kept">The entry.</param>
    /// <param name="charged">The group that the frame has to be charged to; null: any.</param>
    /// <param name="entry">The entry from now on: the same, or one that names the slot.</param>
    private bool TryEvict(PageTableEntry kept, FrameGroup? charged, out PageTableEntry entry)
    {
        entry = kept;
        bool isPrivate = kept.IsPresent && (kept.Word & EntryJournal.CachedMark) == 0 && !EntryWords.IsSpecial(kept)
            && kept.Frame != EntryWords.ZeroFrame;
        if (!isPrivate) return false;
        ref FrameDescriptor descriptor = ref _store.Frames.Named(kept.Frame);
        bool isCached = descriptor.State == FrameState.SwapCache;
        bool isAlone = EntryWords.IsOwnPage(descriptor) && descriptor.MapCount == 0 && descriptor.ReferenceCount == (isCached ? 2u : 1);
        if (!isAlone || (descriptor.Flags & PageFlags.Pinned) != FrameFlags.None || SpaceOwner.Is(descriptor.Owner)) return false;
        if (charged is not null && descriptor.Group != charged.Number) return false;
        if (!TryWrite(kept.Frame, isCached, ref descriptor)) return false;

        SwapEntry slot = _swap.EntryOf(kept.Frame);    // the user of the slot is this kept entry, as it was or as it becomes now
        TlbGather gather = new(_store.Lists, _store.Allocator);
        _swap.Drop(kept.Frame, ref gather);
        gather.Add(kept.Frame);    // the kept entry's reference
        gather.Finish();
        _statistics.Counters.Reclaimed++;
        entry = (kept.IsAttribute ? slot.WithProtection() : slot).ToPageTableEntry();
        return true;
    }

    /// <summary>Makes the slot of a frame hold its page, with the kept entry as a user. False: no slot, or the device has failed.</summary>
    private bool TryWrite(FrameNumber frame, bool isCached, ref FrameDescriptor descriptor)
    {
        ref ReclaimCounters counters = ref _statistics.Counters;
        if (isCached && (descriptor.Flags & PageFlags.Dirty) == FrameFlags.None)
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
        if (!isCached) device.AddUser(slot.Slot);
        return true;
    }
}
