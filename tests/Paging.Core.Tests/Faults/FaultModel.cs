using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>
/// Predicts from the area, the entry and the frame the effects of an access: counters, the new entry, and the frame after it.
/// </summary>
/// <remarks>
/// Nothing is read ahead, no neighbours are mapped, and frames are not short.
/// Linux: mm/memory.c handle_pte_fault and its callees; mm/vma.c expand_downwards; arch/x86/mm/fault.c access_error.
/// </remarks>
internal sealed class FaultModel
{
    private readonly World _world;
    private readonly Space _space;
    private readonly PageNumber _page;
    private readonly bool _isWrite;
    private readonly PageTableEntry _before;
    private readonly SortedSet<string> _counted = new(StringComparer.Ordinal);

    /// <summary>Looks at the state before the access and works out what follows.</summary>
    public FaultModel(World world, Space space, PageNumber page, bool isWrite)
    {
        (_world, _space, _page, _isWrite) = (world, space, page, isWrite);
        _before = space.Tables.Read(page);
        Statistics = space.Statistics;
        Entry = _before;
        Foresee();
    }

    /// <summary>False if the access ends in a signal.</summary>
    public bool Succeeds { get; private set; } = true;

    /// <summary>The counters that grow by one, in the order of their names.</summary>
    public string Counted => string.Join(", ", _counted.Select(static name => name + " 1"));

    /// <summary>The space's numbers afterwards.</summary>
    public MemoryStatistics Statistics;

    /// <summary>The entry afterwards; its frame counts only if <see cref="IsNewFrame"/> is not set.</summary>
    public PageTableEntry Entry { get; private set; }

    /// <summary>The page gets a frame of its own, whose number is the allocator's choice.</summary>
    public bool IsNewFrame { get; private set; }

    /// <summary>The frame that lost a mapping, and how often it is mapped then; none if it is frame 0.</summary>
    public (FrameNumber Frame, uint MapCount) Left { get; private set; }

    private static PageTableEntry Bits(ulong bits) => new(bits);

    private void Foresee()
    {
        AreaTree tree = _space.Areas.Tree;
        AreaIndex index = tree.FirstEndingAfter(_page);
        if (index.IsNone) { Refuse(); return; }
        Area area = tree[index];
        if (area.First > _page)
        {
            if (!area.Has(AreaFlags.GrowsDown) || !KeepsGap(tree, area)) { Refuse(); return; }
            Grow(area.First - _page);
        }

        bool isAllowed = _isWrite ? area.Has(AreaFlags.Write) : area.HasAny(AreaFlags.Read | AreaFlags.Write | AreaFlags.Execute);
        if (!isAllowed) Refuse();
        else if (_before.IsPresent && (_before.IsWritable || !_isWrite)) Use();
        else if (_before.IsNeverTouched) Fill(area);
        else if (!_before.IsPresent) SwapIn(area);
        else if (area.Has(AreaFlags.Shared)) MakeWritable();
        else Break(area);
    }

    private void Refuse()
    {
        Succeeds = false;
        _counted.Add(nameof(FaultCounters.Refused));
    }

    /// <summary>256 pages stay free below a growing area. Linux: stack_guard_gap.</summary>
    private bool KeepsGap(AreaTree tree, in Area area) =>
        area.Previous.IsNone || !tree[area.Previous].IsAccessible || _page.Value - tree[area.Previous].End.Value >= 256;

    private void Grow(PageCount grown)
    {
        _counted.Add(nameof(FaultCounters.StackGrown));
        Statistics.Total += grown.Value;
        Statistics.Stack += grown.Value;
        Statistics.PeakTotal = Math.Max(Statistics.PeakTotal, Statistics.Total);
    }

    /// <summary>No fault: the processor sets A, and D for a write.</summary>
    private void Use() => Entry = _isWrite ? _before.WithAccessed().WithDirty() : _before.WithAccessed();

    private void Fill(in Area area)
    {
        if (area.IsAnonymous)
        {
            _counted.Add(nameof(FaultCounters.Minor));
            if (_isWrite)
            {
                _counted.Add(nameof(FaultCounters.Anonymous));
                Own(area);
                Statistics.ResidentAnonymous++;
            }
            else
            {
                _counted.Add(nameof(FaultCounters.ZeroPage));
                Entry = WithFetch(Bits(EntryBits.Present | EntryBits.User | EntryBits.Accessed | EntryBits.Software3), area);
            }

            return;
        }

        FileObject file = _world.Engine.Parts.Files.OpenFiles.ObjectOf(area.File);
        FilePage filePage = area.OffsetOf(_page);
        if (filePage.Value >= file.PageLimit) { Refuse(); return; }
        bool isCached = _world.Engine.Parts.Files.Cache.TryFind(file, filePage, out FrameNumber cached);
        if (isCached || file.IsMemory) _counted.Add(nameof(FaultCounters.Minor));
        else _counted.Add(nameof(FaultCounters.Major));
        if (_isWrite && !area.Has(AreaFlags.Shared))
        {
            _counted.Add(nameof(FaultCounters.Copied));
            Own(area);
            Statistics.ResidentAnonymous++;
            return;
        }

        _counted.Add(nameof(FaultCounters.File));
        if (file.IsMemory) Statistics.ResidentShared++;
        else Statistics.ResidentFile++;
        Entry = WithFetch(Bits(EntryBits.Present | EntryBits.User | EntryBits.Accessed), area);
        bool mayWrite = file.IsMemory && (area.Flags & (AreaFlags.Shared | AreaFlags.Write)) == (AreaFlags.Shared | AreaFlags.Write);
        if (_isWrite) Entry = Entry.WithWritable().WithDirty().WithSoftware2();
        else if (mayWrite && !area.Has(AreaFlags.SoftClean) && !_space.Observers.NeedFaults) Entry = Entry.WithWritable();
        if (isCached) Entry = Entry.WithFrame(cached);
        else IsNewFrame = true;
    }

    /// <summary>A write to a present, read-only page of private memory.</summary>
    private void Break(in Area area)
    {
        _counted.Add(nameof(FaultCounters.Minor));
        if (_before.Software3)
        {
            _counted.Add(nameof(FaultCounters.Copied));
            Own(area);
            Statistics.ResidentAnonymous++;
            return;
        }

        FrameDescriptor source = _world.Machine.Frames[_before.Frame];
        bool isAnonymous = EntryWords.IsOwnPage(source);
        bool isInSwapCache = source.State == FrameState.SwapCache;
        bool isLast = source.MapCount == 1
            && (isInSwapCache ? UsersOf(_world.Engine.Parts.Files.Swap.EntryOf(_before.Frame)) == 0 : source.ReferenceCount == 1);
        if (isAnonymous && area.Root.IsSome && (_before.Software1 || isLast))
        {
            _counted.Add(nameof(FaultCounters.Reused));
            Own(area);
            Entry = Entry.WithFrame(_before.Frame);
            IsNewFrame = false;
            return;
        }

        _counted.Add(nameof(FaultCounters.Copied));
        Own(area);
        Left = (_before.Frame, source.MapCount - 1);
        if (isAnonymous) return;
        Statistics.CountResident((ResidentKind)source.Kind, -1);    // first, so that the peak stays. Linux: wp_page_copy
        Statistics.ResidentAnonymous++;
    }

    /// <summary>Reads a page from a swap device. The slot loses one user; a process that has the page alone may write to it.</summary>
    private void SwapIn(in Area area)
    {
        SwapEntry swapped = SwapEntry.From(_before);
        if (!swapped.IsSwap) { Refuse(); return; }    // a guard
        bool isCached = _world.Engine.Parts.Files.Swap.TryFind(swapped, out FrameNumber cached);
        if (isCached) _counted.Add(nameof(FaultCounters.Minor));
        else _counted.Add(nameof(FaultCounters.Major));
        _counted.Add(nameof(FaultCounters.SwappedIn));
        Statistics.Swapped--;
        Statistics.ResidentAnonymous++;
        bool isUnmapped = !isCached || _world.Machine.Frames[cached].MapCount == 0;
        bool leavesSlot = (_isWrite || area.Has(AreaFlags.Locked)) && isUnmapped && UsersOf(swapped) == 1;
        IsNewFrame = !isCached;
        Entry = WithFetch(Bits(EntryBits.Present | EntryBits.User | EntryBits.Accessed | EntryBits.Software2), area);
        if (isCached) Entry = Entry.WithFrame(cached);
        if (!swapped.IsExclusive && !leavesSlot)
        {
            if (!_isWrite) return;
            _counted.Add(nameof(FaultCounters.Copied));
            Own(area);
            return;
        }

        Entry = Entry.WithSoftware1();
        if (_isWrite) Entry = Entry.WithWritable().WithDirty();
        else if (area.Has(AreaFlags.Write) && !_space.Observers.NeedFaults) Entry = Entry.WithWritable();
    }

    private int UsersOf(SwapEntry entry) => (int)_world.Engine.Parts.Files.Swap.DeviceOf(entry).UsersOf(entry.Slot);

    /// <summary>The first write to a clean page of a shared mapping.</summary>
    private void MakeWritable()
    {
        _counted.Add(nameof(FaultCounters.Minor));
        Entry = _before.WithWritable().WithDirty().WithAccessed().WithSoftware2();
    }

    private void Own(in Area area)
    {
        IsNewFrame = true;
        Entry = WithFetch(Bits(EntryBits.Present | EntryBits.Writable | EntryBits.User | EntryBits.Accessed | EntryBits.Dirty
            | EntryBits.Software1 | EntryBits.Software2), area);
    }

    private PageTableEntry WithFetch(PageTableEntry entry, in Area area) =>
        _world.Machine.Tables == TableFormat.Pae && !area.Has(AreaFlags.Execute) ? new(entry.Word | EntryBits.NoExecute) : entry;
}
