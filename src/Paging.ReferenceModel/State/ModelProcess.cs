using Paging.Core;
using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Scripting;

namespace Paging.ReferenceModel;

/// <summary>One process: what it agreed with the kernel, what it has in memory, and what it may do.</summary>
internal sealed class ModelProcess
{
    private ModelProcess(
        ScenarioHeader header, ReferenceOptions options, Promises promises, ResourceLimits limits, DescriptorTable descriptors)
    {
        Header = header;
        Options = options;
        Promises = promises;
        Limits = limits;
        Descriptors = descriptors;
        Break = header.Break;
    }

    public ModelProcess(ScenarioHeader header, ReferenceOptions options, Promises promises)
        : this(header, options, promises, new ResourceLimits { Stack = header.StackLimit }, new DescriptorTable())
    {
    }

    public ScenarioHeader Header { get; }

    /// <summary>What all processes together have been promised.</summary>
    public Promises Promises { get; }

    private ReferenceOptions Options { get; }

    /// <summary>So many areas may there be before nothing is cut any more. Linux: sysctl_max_map_count.</summary>
    public int AreaCountMax => Options.AreaCountMax;

    /// <summary>The most pages that a read fault of a file maps, a power of two. Linux: fault_around_pages.</summary>
    public uint FaultAroundPages => (uint)Options.FaultAroundPages;

    /// <summary>All areas, the reserved one included. Linux: mm->map_count.</summary>
    public int AreaCount => Areas.All.Count + 1;

    public ResourceLimits Limits { get; }

    public DescriptorTable Descriptors { get; }

    public AreaList Areas { get; } = new();

    public ProcessPages Pages { get; } = new();

    /// <summary>The program break, as the program set it: not rounded.</summary>
    public VirtualAddress Break { get; set; }

    /// <summary>Pages that MREMAP_DONTUNMAP left unlocked without deducting them; Linux never does (dontunmap_complete).</summary>
    public ulong LockedForEver { get; set; }

    /// <summary>What MCL_FUTURE adds to each later mapping: nothing, or a lock of either kind. Linux: mm->def_flags.</summary>
    public AreaFlags FutureLock { get; set; }

    /// <summary>Page faults since the last <c>faults()</c>; null until its first call.</summary>
    public long? FaultCount { get; set; }

    /// <summary>Taken by something that no scenario touches; children have it as well.</summary>
    public PageRange Reserved => PageRange.Between(Header.Reserved.Page, Header.TaskSize.Page);

    /// <summary>True when the range lies in the user half and nothing is mapped in it.</summary>
    public bool IsFree(PageRange range) => range.IsInUserHalf && !range.Intersects(Reserved) && Areas.FirstIn(range) is null;

    /// <summary>
    /// Takes away every mapping in the range; areas that cross its ends are split, nothing is joined. Linux: do_vmi_align_munmap.
    /// False: refused as by <see cref="TrySplitAtEndsOf"/>, nothing has changed.
    /// </summary>
    public bool TryUnmap(PageRange range)
    {
        if (range.IsEmpty) return true;
        if (!TrySplitAtEndsOf(range)) return false;
        foreach (Area area in Areas.In(range)) Areas.Remove(area);
        Pages.Discard(range);
        Pages.RemoveGuards(range);
        return true;
    }

    //  ├── area ──┤ range ├── area ──┤    one area more, which max_map_count may refuse
    //  ├── area ──┤ range │ another ─┤    any other cut is never refused: what lies between goes next
    /// <summary>
    /// What stays behind even when a MAP_FIXED call is refused afterwards (DIALECT 8.4). Linux: vms_gather_munmap_vmas.
    /// False: a hole inside one area, and there are as many as there may be.
    /// </summary>
    public bool TrySplitAtEndsOf(PageRange range)
    {
        bool isInsideOne = Areas.Covering(range.First) is { } area && area.First < range.First && range.End < area.End;
        if (isInsideOne && AreaCount >= AreaCountMax) return false;
        Areas.SplitAt(range.First);
        Areas.SplitAt(range.End);
        return true;
    }

    /// <summary>
    /// Makes a boundary for a change of flags; none is needed where one is. False: there are as many areas as there may be. Linux:
    /// split_vma.
    /// </summary>
    public bool TrySplitForChangeAt(PageNumber page)
    {
        if (Areas.Covering(page) is not { } area || area.First == page) return true;
        if (AreaCount >= AreaCountMax) return false;
        Areas.SplitAt(page);
        return true;
    }

    /// <summary>
    /// A child with its own copy of everything private; none if it may not be promised an area. The pages of the areas before that one
    /// count as shared from then on. Linux: dup_mmap.
    /// </summary>
    public ModelProcess? Fork()
    {
        long promised = 0;
        ModelProcess child = new(Header, Options, Promises, Limits with { }, Descriptors.Copy()) { Break = Break };
        foreach (Area area in Areas.All)
        {
            if (area.Has(AreaFlags.DontFork)) continue;
            if (area.Has(AreaFlags.Accounted))
            {
                if (!Promises.Allow(area.Count.Value, promised))
                {
                    child.Pages.Discard(new(default, PageCount.UserHalf));
                    return null;
                }
                promised += area.Count.Value;
            }
            bool isInherited = area.History is not null && !area.Has(AreaFlags.WipeOnFork);
            Area copy = area.Like(area.Range, area.Offset);
            copy.Flags &= ~AreaFlags.AnyLock;
            copy.History = isInherited ? new History(isInherited: true) : null;
            child.Areas.Insert(copy);
            // Without a history or guards the kernel takes over neither zero pages nor pages of files (vma_needs_copy).
            bool isCopied = isInherited || (area.Has(AreaFlags.MayHaveGuards) && !area.Has(AreaFlags.WipeOnFork));
            if (isCopied) Pages.CopyTo(child.Pages, area.Range);
        }
        return child;
    }
}
