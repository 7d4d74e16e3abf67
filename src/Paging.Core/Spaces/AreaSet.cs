using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;

namespace Paging.Core.Spaces;

/// <summary>The areas of one address space, and the only code that splits and joins them.</summary>
/// <remarks>
/// Every operation either succeeds or changes nothing, and needs at most one new area record, and one more for each that a snapshot has
/// to keep. Page tables are not touched: areas record what has been agreed, so splitting or joining them moves no page.
/// Linux: mm/vma.c __split_vma, vma_merge_new_range, vma_merge_existing_range, vma_modify, commit_merge.
/// </remarks>
internal sealed class AreaSet(SpaceIndex space, AreaStore store, OpenFileTable files, IAreaBorders? borders = null)
{
    /// <summary>Areas that stay on their own. Linux: VM_SPECIAL.</summary>
    private const AreaFlags Unmergeable = AreaFlags.Foreign | AreaFlags.Device;

    /// <summary>Flags that neighbours need not share. Linux: VM_IGNORE_MERGE.</summary>
    internal const AreaFlags NotCompared = AreaFlags.SoftClean | AreaFlags.MayHaveGuards;

    private readonly NativeSlab<Area> _slab = store.Slab;
    private readonly AnonymousRoots _roots = store.Roots;

    public AreaTree Tree { get; } = new(store.Slab, new(store.Slab, store.TrieNodes, store.TrieFromAreas));
    public AnonymousRoots Roots => _roots;
    public NativeSlab<Area> Slab => _slab;
    public SpaceIndex Space => space;
    public OpenFileTable Files => files;

    /// <summary>The most areas that the address space may have. Linux: vm.max_map_count.</summary>
    public int MaxCount => store.MaxMapCount;

    public int Count => Tree.Count;

    /// <summary>Keeps areas as they were before their first change; null without a snapshot.</summary>
    public AreaJournal? Journal
    {
        get;
        set
        {
            field = value;
            value?.Recent.Clear();    // areas may have gone since it was last in use
            Tree.Recent = value?.Recent;
        }
    }

    /// <summary>Notified of every page at which an area is about to be cut.</summary>
    public IAreaBorders? Borders { get; } = borders;

    /// <summary>Makes a journal for this set.</summary>
    public AreaJournal NewJournal() => new(this, store, files);

    /// <summary>
    /// Must be called before an area changes. Returns false, with nothing changed, if a snapshot needs a record and there is none.
    /// </summary>
    public bool TryKeep(AreaIndex index) => Journal is null || Journal.TryKeep(index);

    /// <summary>An area whose fields are about to change. Precondition: <see cref="TryKeep"/> has succeeded for it.</summary>
    public ref Area Changing(AreaIndex index)
    {
        if (Check.Cheap && Journal?.IsChanged(index) == false)
            Check.ThrowUnmet($"Changing: the area of {_slab[index.Value].Range} changes, and the snapshot has no copy of it.");
        return ref _slab[index.Value];
    }

    public ref Area this[AreaIndex index] => ref Tree[index];

    /// <summary>
    /// Creates an area in a free range and links it: into the tree, into its object's list, and with a hold on its open file. Returns false
    /// if there is no memory.
    /// </summary>
    public bool TryAdd(PageRange range, AreaFlags flags, OpenFileIndex file, FilePage pageOffset, out AreaIndex index)
    {
        bool allocated = _slab.TryAllocate(out uint record);
        index = new(record);
        if (!allocated) return false;
        ref Area area = ref _slab[record];
        area.First = range.First;
        area.Count = range.Count;
        area.Flags = flags;
        area.File = file;
        area.PageOffset = pageOffset;
        area.Space = space;
        Link(index);
        return true;
    }

    /// <summary>
    /// Creates an unlinked copy of an area, for another place or another space, with the original's root but no link to it (A4). What
    /// differs is to be set before <see cref="Link"/>. Returns false if there is no memory.
    /// </summary>
    public bool TryDuplicate(in Area original, out AreaIndex index)
    {
        bool allocated = _slab.TryAllocate(out uint record);
        index = new(record);
        if (!allocated) return false;
        ref Area area = ref _slab[record];
        area.First = original.First;
        area.Count = original.Count;
        area.Flags = original.Flags;
        area.Reporter = original.Reporter;
        area.File = original.File;
        area.PageOffset = original.PageOffset;
        area.Root = original.Root;
        area.Space = space;
        return true;
    }

    /// <summary>Links a record into the tree and into its object's list, and holds its open file.</summary>
    public void Link(AreaIndex index)
    {
        Tree.Insert(index);
        Journal?.NoteNew(index);
        ref Area area = ref _slab[index.Value];
        if (area.File.IsNone) return;
        files.Hold(area.File);
        store.OfObjects.Link(files.ObjectOf(area.File).Number, index);
    }

    /// <summary>Unlinks an area and frees its record. Precondition: its pages are unmapped.</summary>
    public void Discard(AreaIndex index) => Discard(index, forGood: false);

    /// <summary>Unlinks an area. Frees its record, unless a snapshot keeps it and it is not to go for good.</summary>
    internal void Discard(AreaIndex index, bool forGood)
    {
        if (!forGood && Journal is not null && Journal.TryTakeOver(index)) return;
        Tree.Remove(index);
        FreeRecord(index);
    }

    /// <summary>Frees a record that was never linked.</summary>
    public void FreeUnlinked(AreaIndex index)
    {
        _roots.Release(ref _slab[index.Value]);
        _slab.Free(index.Value);
    }

    /// <summary>
    /// Splits an area at a page inside it. The new record is the part below or above. Returns false if there is no memory.
    /// Linux: __split_vma.
    /// </summary>
    public bool TrySplit(AreaIndex index, PageNumber at, bool newBelow, out AreaIndex created)
    {
        created = AreaIndex.None;
        if (!TryKeep(index) || !TryDuplicate(_slab[index.Value], out created)) return false;
        if (!_roots.TryClone(index, created))
        {
            _slab.Free(created.Value);
            return false;
        }

        Borders?.Split(at);    // after all that can fail: a huge page is not joined again
        ref Area area = ref _slab[index.Value];
        ref Area part = ref _slab[created.Value];
        if (newBelow)
        {
            part.Count = at - area.First;
            Tree.SetFirst(index, at);
        }
        else
        {
            part.First = at;
            part.Count = area.End - at;
            part.PageOffset = area.OffsetOf(at);
            Tree.SetEnd(index, at);
        }

        Link(created);    // last, or the two parts would overlap (A1)
        return true;
    }

    /// <summary>Cuts the first or the last pages off an area. Returns false, with nothing changed, if a snapshot has no memory.</summary>
    /// <remarks>Same as <see cref="TrySplit"/>, then <see cref="Discard(AreaIndex)"/> of the new part, but needs no record.</remarks>
    public bool TryCutOff(AreaIndex index, PageRange part)
    {
        if (!TryKeep(index)) return false;
        ref Area area = ref _slab[index.Value];
        bool isFirst = area.First == part.First;
        Borders?.Split(isFirst ? part.End : part.First);
        if (isFirst) Tree.SetFirst(index, part.End);
        else Tree.SetEnd(index, part.First);
        return true;
    }

    /// <summary>Maps a free range: extends a neighbour that agrees over it, or creates an area. ENOMEM: no memory for a record.</summary>
    public Errno Add(PageRange range, AreaFlags flags, OpenFileIndex file, FilePage pageOffset)
    {
        AreaIndex next = Tree.FirstEndingAfter(range.First);    // the area above, as the range is free
        AreaMerge merge = new()
        {
            Previous = next.IsSome ? this[next].Previous : Tree.Last,
            Next = next,
            First = range.First,
            End = range.End,
            Flags = flags,
            File = file,
            PageOffset = pageOffset,
        };
        return MergeNew(ref merge).IsSome || TryAdd(range, flags, file, pageOffset, out _) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Extends a neighbour over a free range, or joins both neighbours over it.</summary>
    /// <returns>The area that now covers the range; none if the range needs an area of its own.</returns>
    /// <remarks><code>
    ///   ├ previous ┤░░░░░░├ next ┤      previous grows over the free range, and over next as well if that agrees;
    ///   └──────────────────────────     otherwise next grows down over it
    /// </code>Linux: vma_merge_new_range.</remarks>
    public AreaIndex MergeNew(ref AreaMerge merge)
    {
        if ((merge.Flags & Unmergeable) != 0 || IsOfPool(merge)) return AreaIndex.None;
        bool below = JoinsBelow(merge);
        bool above = !merge.OnlyBelow && JoinsAbove(merge, below);
        if (!below && !above) return AreaIndex.None;
        if (below && this.MapsSegment(merge.File)) above = false;    // the area above would have to go: can_merge_remove_vma

        AreaIndex grows = below ? merge.Previous : merge.Next;
        bool isReady = TryKeep(grows) && TryTakeOverHistory(grows, merge.CopiedFrom)
            && (!below || !above || TryTakeOverHistory(grows, merge.Next));
        if (!isReady) return AreaIndex.None;    // before any change

        // The new part is soft-dirty, and the mark belongs to the whole area.
        ref Area grown = ref _slab[grows.Value];
        grown.Flags = (grown.Flags & ~AreaFlags.SoftClean) | (merge.Flags & AreaFlags.MayHaveGuards);
        if (!below)
        {
            Tree.SetFirst(merge.Next, merge.First);
            return merge.Next;
        }

        PageNumber end = merge.End;
        if (above)
        {
            grown.Flags |= _slab[merge.Next.Value].Flags & AreaFlags.MayHaveGuards;
            end = _slab[merge.Next.Value].End;
            Discard(merge.Next);
        }

        Tree.SetEnd(merge.Previous, end);
        return merge.Previous;
    }

    /// <summary>Gives part of an area other flags: joins it with neighbours that now agree, or splits it off. Linux: vma_modify.</summary>
    /// <returns>
    /// ENOMEM without a free record, or at max_map_count. EINVAL: the part cuts a huge page of the pool. As in Linux, splits that were
    /// already made stay.
    /// </returns>
    /// <remarks>A joined area has the new flags. An area that was split off has the old ones until <see cref="SetFlags"/>.</remarks>
    public Errno Modify(AreaIndex index, PageRange part, AreaFlags flags, out AreaIndex result) =>
        Modify(index, part, flags, _slab[index.Value].Reporter, out result);

    /// <summary>Same as <see cref="Modify(AreaIndex, PageRange, AreaFlags, out AreaIndex)"/>, with another userfaultfd.</summary>
    public Errno Modify(AreaIndex index, PageRange part, AreaFlags flags, int reporter, out AreaIndex result)
    {
        AreaMerge merge = AreaMerge.OfChange(_slab[index.Value], index, part, flags, reporter);
        result = MergeExisting(ref merge, out bool outOfMemory);
        if (result.IsSome) return Errno.None;
        if (outOfMemory) return Errno.ENOMEM;

        result = index;
        if (!TryKeep(index)) return Errno.ENOMEM;    // also without a split, because the caller will set its flags
        Errno error = _slab[index.Value].First < part.First ? SplitForChange(index, part.First, newBelow: true) : Errno.None;
        return error == Errno.None && _slab[index.Value].End > part.End ? SplitForChange(index, part.End, newBelow: false) : error;
    }

    private Errno SplitForChange(AreaIndex middle, PageNumber at, bool newBelow)
    {
        if (Count >= MaxCount) return Errno.ENOMEM;    // Linux: split_vma. Unmapping may exceed the limit: __split_vma
        if (this.RefusesCut(_slab[middle.Value], at)) return Errno.EINVAL;
        return TrySplit(middle, at, newBelow, out _) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>
    /// Sets the flags of an area that <see cref="Modify(AreaIndex, PageRange, AreaFlags, out AreaIndex)"/> has returned, except those that
    /// splitting and joining maintain.
    /// </summary>
    public void SetFlags(AreaIndex index, AreaFlags flags)
    {
        ref Area area = ref Changing(index);
        area.Flags = (flags & ~NotCompared) | (area.Flags & NotCompared);
        Tree.ForgetDevices();
    }

    /// <summary>Tries the three ways in which a changed range can be joined. Linux: vma_merge_existing_range.</summary>
    private AreaIndex MergeExisting(ref AreaMerge merge, out bool outOfMemory)
    {
        outOfMemory = false;
        ref Area middle = ref _slab[merge.Middle.Value];
        bool leftSide = merge.First == middle.First;    // otherwise the part does not touch the area below
        bool rightSide = merge.End == middle.End;
        if ((merge.Flags & Unmergeable) != 0 || (!leftSide && !rightSide) || IsOfPool(merge)) return AreaIndex.None;
        if (leftSide && rightSide && this.MapsSegment(merge.File)) return AreaIndex.None;    // it would have to go: can_merge_remove_vma

        merge.Next = rightSide ? middle.Next : AreaIndex.None;
        bool below = leftSide && JoinsBelow(merge);
        bool above = rightSide && JoinsAbove(merge, below);
        if (!below && !above) return AreaIndex.None;

        bool wholeMiddle = leftSide && rightSide;
        AreaIndex target = below ? merge.Previous : merge.Next;
        // A target without a history takes that of next, or else of middle. The two agree.
        AreaIndex donor = below && above && _slab[merge.Next.Value].Root.IsSome ? merge.Next : merge.Middle;
        bool isKept = TryKeep(target) && (wholeMiddle || TryKeep(merge.Middle));    // areas that vanish are kept by Discard
        if (!isKept || !TryTakeOverHistory(target, donor))
        {
            outOfMemory = true;
            return AreaIndex.None;
        }

        Borders?.Split(merge.First);
        Borders?.Split(merge.End);
        // SoftClean stands for no third area: it changes nothing in the next line.
        AreaFlags others = below && above ? _slab[merge.Next.Value].Flags : AreaFlags.SoftClean;
        AreaFlags clean = middle.Flags & _slab[target.Value].Flags & others & AreaFlags.SoftClean;
        AreaFlags guards = (middle.Flags | others) & AreaFlags.MayHaveGuards;
        if (below && above)
        {
            //  ├ previous ┤├ middle ┤├ next ┤   →   ├ previous ───────────────┤
            PageNumber end = _slab[merge.Next.Value].End;
            Discard(merge.Middle);
            Discard(merge.Next);
            Tree.SetEnd(merge.Previous, end);
        }
        else if (below)
        {
            //  ├ previous ┤├ middle ┤   →   ├ previous ────┤├ rest ┤   or all of it
            if (wholeMiddle) Discard(merge.Middle);
            else Tree.SetFirst(merge.Middle, merge.End);
            Tree.SetEnd(merge.Previous, merge.End);
        }
        else
        {
            //  ├ middle ┤├ next ┤   →   ├ rest ┤├──── next ┤   or all of it
            if (wholeMiddle) Discard(merge.Middle);
            else Tree.SetEnd(merge.Middle, merge.First);
            Tree.SetFirst(merge.Next, merge.First);
        }

        ref Area joined = ref _slab[target.Value];
        joined.Flags = (joined.Flags & ~AreaFlags.SoftClean) | clean | guards;
        return target;
    }

    /// <summary>Areas of the pool stay on their own. Linux: VM_DONTEXPAND is in VM_SPECIAL.</summary>
    private bool IsOfPool(in AreaMerge merge) => merge.File.IsSome && files.ObjectOf(merge.File).IsHuge;

    /// <summary>True if the area below ends where the range begins and agrees with it. Linux: can_vma_merge_left.</summary>
    private bool JoinsBelow(in AreaMerge merge)
    {
        if (merge.Previous.IsNone) return false;
        ref Area previous = ref _slab[merge.Previous.Value];
        return previous.End == merge.First && AgreesWith(previous, merge)
            && previous.PageOffset + previous.Count == merge.PageOffset;
    }

    /// <summary>
    /// True if the area above begins where the range ends, agrees with it, and agrees with the area below if that joins too.
    /// Linux: can_vma_merge_right.
    /// </summary>
    private bool JoinsAbove(in AreaMerge merge, bool joinsBelow)
    {
        if (merge.Next.IsNone) return false;
        ref Area next = ref _slab[merge.Next.Value];
        if (next.First != merge.End || !AgreesWith(next, merge) || next.PageOffset != merge.PageOffset + merge.Count) return false;
        if (!joinsBelow) return true;
        ref Area previous = ref _slab[merge.Previous.Value];
        return previous.Root.IsNone || next.Root.IsNone || previous.Root == next.Root;
    }

    private bool AgreesWith(in Area neighbour, in AreaMerge merge) =>
        ((neighbour.Flags ^ merge.Flags) & ~NotCompared) == 0 && neighbour.File == merge.File && neighbour.Reporter == merge.Reporter
        && HistoriesAgree(neighbour, merge);

    /// <summary>
    /// True if both have the same history, or if at most one has a history that was not inherited in a fork. Linux: is_mergeable_anon_vma.
    /// </summary>
    private bool HistoriesAgree(in Area neighbour, in AreaMerge merge)
    {
        if (neighbour.Root == merge.Root) return true;
        if (neighbour.Root.IsNone) return !HasForkedHistory(merge.Middle) && !HasForkedHistory(merge.CopiedFrom);
        return merge.Root.IsNone && !_roots.HasForkedHistory(neighbour);
    }

    private bool HasForkedHistory(AreaIndex index) => index.IsSome && _roots.HasForkedHistory(_slab[index.Value]);

    /// <summary>Gives the target the donor's history if it has none. Returns false if there is no memory. Linux: dup_anon_vma.</summary>
    private bool TryTakeOverHistory(AreaIndex target, AreaIndex donor)
    {
        if (donor.IsNone) return true;
        ref Area to = ref _slab[target.Value];
        ref Area from = ref _slab[donor.Value];
        if (from.Root.IsNone || to.Root.IsSome) return true;
        to.Root = from.Root;
        return _roots.TryClone(donor, target);
    }

    private void FreeRecord(AreaIndex index)
    {
        ref Area area = ref _slab[index.Value];
        _roots.Release(ref area);
        if (area.File.IsSome)
        {
            store.OfObjects.Unlink(files.ObjectOf(area.File).Number, index);
            files.Release(area.File);
        }

        _slab.Free(index.Value);
    }
}
