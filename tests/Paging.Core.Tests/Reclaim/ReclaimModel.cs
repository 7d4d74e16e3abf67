using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Tests;

/// <summary>
/// What reclaim of one group must do next, worked out from the raw state: its four lists, the entries of its pages, their marks.
/// </summary>
/// <remarks>
/// Only what no descriptor shows is kept from turn to pass: the two costs, and when each page was evicted. Plain lists and whole numbers,
/// after mm/vmscan.c (get_scan_count, shrink_lruvec, folio_check_references), mm/swap.c (lru_note_cost) and mm/workingset.c.
/// No huge pages, no read-ahead, no page of zeros, no full device, and files are only read.
/// </remarks>
internal sealed class ReclaimModel(World world, byte group, int swappiness, bool hasSwap, ReclaimModelPages pages)
{
    private const int Active = 1, File = 2, Batch = 32;

    private readonly List<ModelFrame>[] _lists = [[], [], [], []];    // the oldest first; numbers as in FrameLists
    private readonly Dictionary<(bool IsFile, uint Index), long> _evictedAt = [];
    private readonly List<ModelFrame> _evicted = [];
    private readonly long[] _costs = new long[2];    // of private pages, of files'
    private long _age;

    public ReclaimTally Tally;

    /// <summary>The frames of each list, the oldest first.</summary>
    public string Picture =>
        string.Join(" | ", _lists.Select(static list => string.Join(' ', list.Select(static one => $"{one.Frame.Value:x}"))));

    /// <summary>How many frames the group is charged for: those on its lists.</summary>
    public uint FrameCount => (uint)_lists.Sum(static list => list.Count);

    /// <summary>Reads the lists and everything that they lead to.</summary>
    public void Load()
    {
        for (int number = 0; number < FrameLists.ListCount; number++)
        {
            _lists[number].Clear();
            ref IntrusiveList list = ref world.Machine.Lists.Group(group).Lists[number];
            for (uint frame = list.First; frame != 0; frame = world.Machine.Frames[new FrameNumber(frame)].Next)
                _lists[number].Insert(0, pages.Look(new FrameNumber(frame)));
        }
    }

    /// <summary>Full passes of rising urgency, until enough is free: 12 down to 0, and three more of 0.</summary>
    public long Free(long target)
    {
        long freed = 0;
        for (int priority = 12; priority >= -3 && freed < target; priority--) freed += Pass(Math.Max(priority, 0), target - freed);
        return freed;
    }

    public long Pass(int priority, long target)
    {
        long[] left = [.. Enumerable.Range(0, 4).Select(list => Share(list, priority))];
        long freed = 0;
        while (freed < target && left.Any(static count => count > 0))
        {
            for (int list = 0; list < left.Length; list++)
            {
                long count = Math.Min(left[list], Batch);
                left[list] -= count;
                if (count != 0 && (list & Active) == 0) freed += Inactive(list, count, target - freed);
                if (count != 0 && (list & Active) != 0 && _lists[list - Active].Count < _lists[list].Count) Deactivate(list, count);
            }
        }

        return freed;
    }

    /// <summary>Called after a pass, when the entries of evicted pages name their slots.</summary>
    public void RememberEvicted()
    {
        foreach (ModelFrame one in _evicted) _evictedAt[pages.PlaceOf(one)] = one.EvictedAt;
        _evicted.Clear();
    }

    /// <summary>A page that MADV_PAGEOUT has put out: no cost, but an eviction.</summary>
    public void RememberPageOut(uint slot) => _evictedAt[(false, slot)] = _age++;

    /// <summary>A page is read back. Returns true if it belongs to the working set, and begins as active.</summary>
    public bool ComesBack(bool isFile, uint index)
    {
        if (!_evictedAt.Remove((isFile, index), out long evictedAt)) return false;
        Tally.Refaulted++;
        if (isFile) Tally.RefaultedFile++;
        Note(isFile ? File : 0, Batch);
        long workingSet = _lists[File | Active].Count;
        if (hasSwap) workingSet += _lists[Active].Count;
        if (hasSwap && isFile) workingSet += _lists[0].Count;
        if (!isFile) workingSet += _lists[File].Count;
        if (_age - evictedAt > workingSet) return false;
        Tally.RefaultedActive++;
        if (isFile) Tally.RefaultedActiveFile++;
        _age++;
        return true;
    }

    /// <summary>
    /// size · share of the kind / both shares, where a share is swappiness, or 200 less it, times the costs by the costs with the own one
    /// twice, rounded down. Each of the costs counts three times, and 1 is added to both.
    /// </summary>
    private long Share(int list, int priority)
    {
        bool isFile = (list & File) != 0;
        if (!hasSwap && !isFile) return 0;
        long size = _lists[list].Count >> priority;
        if (!hasSwap || priority == 0) return size;
        long[] weights = [swappiness, 200 - swappiness];
        for (int kind = 0; kind < 2; kind++) weights[kind] = weights[kind] * (1 + (3 * _costs.Sum())) / (1 + _costs.Sum() + _costs[kind]);
        return size * weights[isFile ? 1 : 0] / weights.Sum();
    }

    private void Note(int list, long cost)
    {
        if (cost == 0) return;
        _costs[(list & File) != 0 ? 1 : 0] += cost;
        while (_costs.Sum() > Math.Max(_lists.Sum(static one => one.Count) / 4, 1))
        {
            _costs[0] /= 2;
            _costs[1] /= 2;
        }
    }

    private long Inactive(int list, long count, long target)
    {
        long freed = 0, cost = 0;
        for (; count != 0 && freed < target && _lists[list].Count != 0; count--)
        {
            ModelFrame one = _lists[list][0];
            _lists[list].RemoveAt(0);
            Tally.Scanned++;
            if ((list & File) != 0) Tally.ScannedFile++;
            EvictionResult result = Decide(one);
            if (result == EvictionResult.Freed) result = Evict(one, ref cost);
            if (result == EvictionResult.Freed) freed++;
            else cost++;
            if (result == EvictionResult.Kept) _lists[list].Add(one);
            if (result != EvictionResult.Activated) continue;
            Tally.Activated++;
            _age++;
            _lists[one.IsFile ? File | Active : Active].Add(one);
        }

        Note(list, cost);
        return freed;
    }

    /// <summary>Used twice, or code that was used: active. Used once: one more pass.</summary>
    private static EvictionResult Decide(ModelFrame one)
    {
        int uses = one.Uses;
        bool wasMarked = one.IsMarked;
        one.Uses = 0;
        if (one.IsLocked) return EvictionResult.Activated;
        one.IsMarked = uses > 0;
        if (uses == 0) return EvictionResult.Freed;    // a marked page of a file as well, because none is dirty
        return uses > 1 || wasMarked || (one.IsFile && one.IsCode) ? EvictionResult.Activated : EvictionResult.Kept;
    }

    private EvictionResult Evict(ModelFrame one, ref long cost)
    {
        bool isLazy = !one.IsFile && !one.HasSlot && !one.IsDirty;    // given up by MADV_FREE, not written since
        if (!one.IsFile && !isLazy && !one.HasSlot && !hasSwap) return EvictionResult.Activated;
        if (one.IsFile) Tally.FileDrops++;
        else if (isLazy) Tally.LazyFreed++;
        else if (one.IsDirty) Tally.SwapWrites++;
        else Tally.CleanDrops++;
        if (!one.IsFile && !isLazy && one.IsDirty) cost += Batch;
        Tally.Reclaimed++;
        if (one.IsFile) Tally.ReclaimedFile++;
        if (isLazy) return EvictionResult.Freed;    // nothing comes back
        one.EvictedAt = _age++;
        _evicted.Add(one);
        return EvictionResult.Freed;
    }

    private void Deactivate(int list, long count)
    {
        for (; count != 0 && _lists[list].Count != 0; count--)
        {
            ModelFrame one = _lists[list][0];
            _lists[list].RemoveAt(0);
            bool stays = one is { Uses: > 0, IsCode: true } && (list & File) != 0;
            one.Uses = 0;
            if (!stays) Tally.Deactivated++;
            _lists[stays ? list : list - Active].Add(one);
        }
    }
}
