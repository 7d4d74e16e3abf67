using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Spaces;

//   at the snapshot     ├─ a ─┤├─── b ───┤      ├ c ┤
//   now                 ├─ a ─┤├ b ┤├ d ┤├ e ┤             b has been split, c unmapped
//   kept                       ├─── b'───┤      ├ c ┤      b' is a copy, c the record itself
//   changed                    b  d  e                     going back removes these and links the kept records
/// <summary>The old records of areas that have changed since a snapshot, and the set of current areas that are new or changed.</summary>
/// <remarks><code>
/// Always holds    an area that is not in the list of changed ones is as it was at the snapshot
///                 a kept record is in no tree and in no list of an object; it has links to its roots and holds its open file
/// Cost            a record for an area that changes; nothing for one that is unmapped, and nothing at the snapshot itself
/// </code>
/// A kept record has no page (<see cref="Area.Count"/> is 0), so the reverse map passes over it; its count is in
/// <see cref="Area.WidestGap"/>, which only a linked area needs.
/// </remarks>
internal sealed class AreaJournal(AreaSet set, AreaStore store, OpenFileTable files)
{
    private uint[] _changed = new uint[64];    // records that were linked or changed since; a record is in the list once
    private ulong[] _isChanged = new ulong[64];    // the same as a set
    private int _changedCount;

    /// <summary>The areas of the pages that are written again and again.</summary>
    public RecentAreas Recent { get; } = new();

    /// <summary>The first kept record, linked by <see cref="Area.Next"/>.</summary>
    public AreaIndex FirstKept { get; private set; }

    /// <summary>Counts a record that has just been linked as changed.</summary>
    public void NoteNew(AreaIndex index)
    {
        int word = (int)(index.Value >> 6);
        if (word >= _isChanged.Length) Array.Resize(ref _isChanged, Math.Max(2 * _isChanged.Length, word + 1));
        ulong bit = 1UL << (int)index.Value;
        if ((_isChanged[word] & bit) != 0) return;
        _isChanged[word] |= bit;
        if (_changedCount == _changed.Length) Array.Resize(ref _changed, 2 * _changed.Length);
        _changed[_changedCount++] = index.Value;
    }

    /// <summary>Keeps a copy of an area before its first change. Returns false, with nothing changed, if there is no memory.</summary>
    public bool TryKeep(AreaIndex index)
    {
        if (IsChanged(index)) return true;
        if (!set.TryDuplicate(store.Slab[index.Value], out AreaIndex record)) return false;
        ref Area copy = ref store.Slab[record.Value];
        MarkKept(ref copy);    // before it gets links, so that the reverse map passes over it
        copy.Previous = index;    // going back to the record in its place, if it still has the same pages then
        if (!store.Roots.TryClone(index, record))
        {
            store.Slab.Free(record.Value);
            return false;
        }

        if (copy.File.IsSome) files.HoldKept(copy.File);    // the area may lose its hold earlier
        Push(record);
        NoteNew(index);
        return true;
    }

    /// <summary>Keeps the record of an area that is being removed. Returns false if it is new or has changed since the snapshot.</summary>
    public bool TryTakeOver(AreaIndex index)
    {
        if (IsChanged(index)) return false;
        KeepRecord(index);
        return true;
    }

    /// <summary>The record of the area that covered a page at the snapshot; none if there was none, or it takes long to find.</summary>
    public AreaIndex OldAreaOf(PageNumber page)
    {
        const int looks = 16;    // most iterations change few areas, or none for good
        int look = 0;
        for (AreaIndex kept = FirstKept; kept.IsSome; kept = store.Slab[kept.Value].Next)
        {
            ref Area area = ref store.Slab[kept.Value];
            if (page.Value - area.First.Value < area.WidestGap.Value) return kept;
            if (++look == looks) return AreaIndex.None;
        }

        AreaIndex now = set.Tree.Covering(page);
        return now.IsSome && !IsChanged(now) ? now : AreaIndex.None;
    }

    /// <summary>The next area that is new or has changed since the snapshot, from a place in the list on.</summary>
    public bool TryNextChanged(ref int at, out AreaIndex index)
    {
        index = AreaIndex.None;
        while (at < _changedCount)
        {
            index = new(_changed[at++]);
            if (IsChanged(index) && IsLinked(index)) return true;
        }

        return false;
    }

    /// <summary>
    /// Removes every new or changed area, and links the kept ones. Returns the number of pages by which the commitment grows.
    /// </summary>
    public long RestoreAreas()
    {
        long accounted = RestoreInPlace();
        for (int i = 0; i < _changedCount; i++)
        {
            AreaIndex index = new(_changed[i]);
            if (!IsChanged(index)) continue;    // it is back
            _isChanged[index.Value >> 6] &= ~(1UL << (int)index.Value);
            if (!IsLinked(index)) continue;
            accounted -= AccountedPages(store.Slab[index.Value]);
            set.Discard(index, forGood: true);    // or the journal would keep it
        }

        _changedCount = 0;
        while (FirstKept.IsSome)
        {
            AreaIndex index = Pop();
            Relink(index);    // the changed areas are gone: A1
            accounted += AccountedPages(store.Slab[index.Value]);
        }

        return accounted;
    }

    // An area that joined a mapping which is gone again has its old pages, so it needs no change of the tree.
    private long RestoreInPlace()
    {
        long accounted = 0;
        AreaIndex last = AreaIndex.None, next;
        for (AreaIndex index = FirstKept; index.IsSome; index = next)
        {
            ref Area kept = ref store.Slab[index.Value];
            next = kept.Next;
            if (!HasSamePages(kept, kept.Previous))
            {
                last = index;
                continue;
            }

            if (last.IsSome) store.Slab[last.Value].Next = next;
            else FirstKept = next;
            accounted += RestoreArea(kept.Previous, index);
        }

        return accounted;
    }

    private bool HasSamePages(in Area kept, AreaIndex index)
    {
        if (index.IsNone || !IsChanged(index) || !IsLinked(index)) return false;
        ref Area area = ref store.Slab[index.Value];
        return area.First == kept.First && area.Count == kept.WidestGap && area.IsAnonymous && kept.IsAnonymous;
    }

    private long RestoreArea(AreaIndex index, AreaIndex kept)
    {
        ref Area area = ref store.Slab[index.Value], old = ref store.Slab[kept.Value];
        long accounted = AccountedPages(old) - AccountedPages(area);
        (area.Flags, area.Reporter, area.PageOffset) = (old.Flags, old.Reporter, old.PageOffset);
        store.Roots.Exchange(index, kept);
        _isChanged[index.Value >> 6] &= ~(1UL << (int)index.Value);
        Release(kept);
        return accounted;
    }

    /// <summary>
    /// Removes and returns the kept and the changed areas, for an edge of the tree of snapshots. The journal is empty afterwards.
    /// </summary>
    public AreaDelta TakeAll()
    {
        List<AreaIndex> kept = [];
        while (FirstKept.IsSome) kept.Add(Pop());
        List<PageNumber> starts = [];
        for (int i = 0; i < _changedCount; i++)
        {
            AreaIndex index = new(_changed[i]);
            _isChanged[index.Value >> 6] &= ~(1UL << (int)index.Value);
            if (IsLinked(index)) starts.Add(store.Slab[index.Value].First);
        }

        _changedCount = 0;
        return new(kept, starts);
    }

    /// <summary>Adds the changes between an earlier snapshot and this one, so that the journal goes back to the earlier one.</summary>
    public void Absorb(AreaDelta earlier)
    {
        HashSet<PageNumber> middle = [.. earlier.Starts];
        AreaIndex rest = FirstKept;
        FirstKept = AreaIndex.None;
        while (rest.IsSome)
        {
            AreaIndex index = rest;
            ref Area area = ref store.Slab[index.Value];
            rest = area.Next;
            if (middle.Remove(area.First)) Release(index);    // the earlier snapshot did not have it
            else Push(index);
        }

        foreach (PageNumber start in middle) NoteNew(set.Tree.Covering(start));    // not changed since the later snapshot
        foreach (AreaIndex index in earlier.Kept) Push(index);
    }

    /// <summary>Releases every kept record, because no restore will need it.</summary>
    public void Clear()
    {
        while (FirstKept.IsSome) Release(Pop());
        for (int i = 0; i < _changedCount; i++) _isChanged[_changed[i] >> 6] = 0;    // every bit of the word is of a changed record
        _changedCount = 0;
    }

    /// <summary>Removes a linked area and keeps its record.</summary>
    public void KeepRecord(AreaIndex index) => Push(Unlink(index));

    /// <summary>
    /// Takes an area out of the tree and its object's list. Its record stays, with its links and its hold on the open file.
    /// </summary>
    public AreaIndex Unlink(AreaIndex index)
    {
        set.Tree.Remove(index);
        ref Area area = ref store.Slab[index.Value];
        if (area.File.IsSome)
        {
            store.OfObjects.Unlink(files.ObjectOf(area.File).Number, index);
            files.Keep(area.File);
        }

        MarkKept(ref area);
        return index;
    }

    /// <summary>Puts a kept record back into the tree and its object's list. Its range must be free, which the tree checks.</summary>
    public void Relink(AreaIndex index)
    {
        ref Area area = ref store.Slab[index.Value];
        area.Count = area.WidestGap;    // before the insertion, which computes gaps
        set.Tree.Insert(index);
        if (area.File.IsNone) return;
        store.OfObjects.Link(files.ObjectOf(area.File).Number, index);
        files.Relink(area.File);
    }

    /// <summary>Frees a kept record, its links and its hold.</summary>
    public void Release(AreaIndex index)
    {
        ref Area area = ref store.Slab[index.Value];
        store.Roots.Release(ref area);
        OpenFileIndex file = area.File;
        store.Slab.Free(index.Value);
        if (file.IsSome) files.ReleaseKept(file);
    }

    /// <summary>The pages that an area, linked or kept, adds to the commitment.</summary>
    public static long AccountedPages(in Area area) =>
        !area.Has(AreaFlags.Accounted) ? 0 : area.Count.IsZero ? area.WidestGap.Value : area.Count.Value;

    private static void MarkKept(ref Area area) => (area.WidestGap, area.Count, area.Previous) = (area.Count, default, AreaIndex.None);

    /// <summary>True if the area is new, or its old record is kept: it may change.</summary>
    public bool IsChanged(AreaIndex index)
    {
        uint word = index.Value >> 6;
        return word < (uint)_isChanged.Length && (_isChanged[word] & (1UL << (int)index.Value)) != 0;
    }

    // A changed area may have been discarded since: its record is free, or belongs to another space by now.
    private bool IsLinked(AreaIndex index)
    {
        if (!store.Slab.IsLive(index.Value)) return false;
        ref Area area = ref store.Slab[index.Value];
        return area.Space == set.Space && !area.Count.IsZero;
    }

    private void Push(AreaIndex index)
    {
        store.Slab[index.Value].Next = FirstKept;
        FirstKept = index;
    }

    private AreaIndex Pop()
    {
        AreaIndex index = FirstKept;
        FirstKept = store.Slab[index.Value].Next;
        return index;
    }
}

/// <summary>The difference between the areas at the two ends of an edge between snapshots.</summary>
/// <param name="Kept">The records of the far end that the near end does not have.</param>
/// <param name="Starts">The first pages of the areas of the near end that the far end does not have.</param>
internal sealed record AreaDelta(List<AreaIndex> Kept, List<PageNumber> Starts);
