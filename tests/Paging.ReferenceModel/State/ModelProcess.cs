using Paging.Native;
using Paging.Scripting;

namespace Paging.ReferenceModel;

/// <summary>One process: what it agreed with the kernel, what it has in memory, and what it may do.</summary>
internal sealed class ModelProcess
{
    private ModelProcess(ScenarioHeader header, ResourceLimits limits, DescriptorTable descriptors)
    {
        Header = header;
        Limits = limits;
        Descriptors = descriptors;
        Break = header.Break;
    }

    public ModelProcess(ScenarioHeader header)
        : this(header, new ResourceLimits { Stack = header.StackLimit }, new DescriptorTable())
    {
    }

    public ScenarioHeader Header { get; }

    public ResourceLimits Limits { get; }

    public DescriptorTable Descriptors { get; }

    public AreaList Areas { get; } = new();

    public PrivatePages Pages { get; } = new();

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

    /// <summary>Takes away every mapping in the range; areas that cross its ends are split, nothing is joined. Linux: do_vmi_align_munmap.</summary>
    public void Unmap(PageRange range)
    {
        if (range.IsEmpty) return;
        SplitAtEndsOf(range);
        foreach (Area area in Areas.In(range)) Areas.Remove(area);
        Pages.Discard(range);
    }

    /// <summary>What stays behind even when a MAP_FIXED call is refused afterwards (DIALECT 8.4). Linux: vms_gather_munmap_vmas.</summary>
    public void SplitAtEndsOf(PageRange range)
    {
        Areas.SplitAt(range.First);
        Areas.SplitAt(range.End);
    }

    /// <summary>A child with its own copy of everything private. Linux: dup_mmap.</summary>
    public ModelProcess Fork()
    {
        ModelProcess child = new(Header, Limits with { }, Descriptors.Copy()) { Break = Break };
        foreach (Area area in Areas.All)
        {
            if (area.Has(AreaFlags.DontFork)) continue;
            bool isInherited = area.History is not null && !area.Has(AreaFlags.WipeOnFork);
            Area copy = area.Like(area.Range, area.Offset);
            copy.Flags &= ~AreaFlags.AnyLock;
            copy.History = isInherited ? new History(isInherited: true) : null;
            child.Areas.Insert(copy);
            // Without a history there is nothing but zero pages to take over, and the kernel does not (vma_needs_copy).
            if (isInherited) Pages.CopyTo(child.Pages, area.Range);
        }
        return child;
    }
}
