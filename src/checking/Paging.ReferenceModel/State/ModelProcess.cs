using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.State;

/// <summary>One process: its areas, its pages in memory, and its limits.</summary>
internal sealed class ModelProcess
{
    /// <summary>The value of PR_GET_THP_DISABLE for a process that gets no transparent page at all.</summary>
    public const int TransparentOffFully = 1;

    private ModelProcess(
        ScenarioHeader header, ReferenceOptions options, CommitLimit commitLimit, MachineState machine, ResourceLimits limits,
        DescriptorTable descriptors)
    {
        Header = header;
        Options = options;
        Machine = machine;
        Pages = new(new LineTables(1u << (options.HugePageShift - 12), Reserved));
        TransparentOff = header.HasTransparentPages ? 0 : TransparentOffFully;
        CommitLimit = commitLimit;
        Limits = limits;
        Descriptors = descriptors;
        Break = header.Break;
    }

    public ModelProcess(ScenarioHeader header, ReferenceOptions options, CommitLimit commitLimit, MachineState machine)
        : this(header, options, commitLimit, machine, new ResourceLimits { Stack = header.StackLimit }, new DescriptorTable())
    {
    }

    public ScenarioHeader Header { get; }

    /// <summary>The commitment of all processes together.</summary>
    public CommitLimit CommitLimit { get; }

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

    public ProcessPages Pages { get; }

    /// <summary>The other processes, and the pools.</summary>
    public MachineState Machine { get; }

    /// <summary>The value that PR_GET_THP_DISABLE returns: 0 on, 1 off, 3 off except where advised.</summary>
    public int TransparentOff { get; set; }

    /// <summary>The program break, as the program set it: not rounded.</summary>
    public VirtualAddress Break { get; set; }

    /// <summary>Pages that MREMAP_DONTUNMAP left unlocked without deducting them; Linux never does (dontunmap_complete).</summary>
    public ulong LockedForEver { get; set; }

    /// <summary>The flags that MCL_FUTURE adds to each later mapping: nothing, or a lock of either kind. Linux: mm->def_flags.</summary>
    public AreaFlags FutureLock { get; set; }

    /// <summary>Page faults since the last <c>faults()</c>; null until its first call.</summary>
    public long? FaultCount { get; set; }

    /// <summary>Taken by something that no scenario touches; children have it as well.</summary>
    public PageRange Reserved => PageRange.Between(Header.Reserved.Page, Header.TaskSize.Page);

    /// <summary>All pages of the user: those below the end. Linux: TASK_SIZE.</summary>
    public PageRange UserPages => PageRange.Between(default, Header.TaskSize.Page);

    /// <summary>The page above which everything but MAP_FIXED stays: that of 0x10000. Linux: mmap_min_addr.</summary>
    public PageNumber Lowest => Header.Lowest?.Page ?? new(0x10);

    /// <summary>The lowest page that MAP_FIXED may have.</summary>
    public PageNumber LowestFixed => Header.Lowest?.Page ?? new(1);

    /// <summary>True when every page of the range is the user's.</summary>
    public bool Has(PageRange range) => (ulong)range.First.Value + range.Count.Value <= UserPages.Count.Value;

    /// <summary>True when the range lies in the user half and nothing is mapped in it.</summary>
    public bool IsFree(PageRange range) => Has(range) && !range.Intersects(Reserved) && Areas.FirstIn(range) is null;

    /// <summary>
    /// Takes away every mapping in the range; areas that cross its ends are split, nothing is joined. Linux: do_vmi_align_munmap.
    /// Refused as by <see cref="SplitAtEndsOf"/>: nothing is gone.
    /// </summary>
    public Errno Unmap(PageRange range)
    {
        if (range.IsEmpty) return Errno.None;
        Errno error = SplitAtEndsOf(range);
        if (error != Errno.None) return error;
        List<Area> gone = Areas.In(range);
        if (gone.Count == 0) return Errno.None;
        PoolUnmapping.Unmap(this, gone, range);
        foreach (Area area in gone)
        {
            Areas.Remove(area);
            area.Close();
        }
        Pages.Discard(range);
        Pages.RemoveGuards(range);
        Pages.Lines.FreeUnused(Areas, PageRange.Between(gone[0].First, gone[^1].End));
        return Errno.None;
    }

    /// <summary>True while a descriptor or an area of the process holds an object.</summary>
    public bool Has(FileObject contents) =>
        Areas.All.Any(area => area.File is { IsDirectory: false } file && file.Contents == contents)
            || Descriptors.All.Any(file => !file.IsDirectory && file.Contents == contents);

    //  ├── area ──┤ range ├── area ──┤    one area more, which max_map_count may refuse
    //  ├── area ──┤ range │ another ─┤    any other cut is never refused: the part between is unmapped next
    /// <summary>
    /// Splits areas at the ends of a range, also for a MAP_FIXED call that is refused afterwards (DIALECT L5.36). Linux:
    /// vms_gather_munmap_vmas. ENOMEM if a hole inside one area would exceed the limit; EINVAL for a cut inside a huge page of the pool.
    /// </summary>
    public Errno SplitAtEndsOf(PageRange range)
    {
        bool isInsideOne = Areas.Covering(range.First) is { } area && area.First < range.First && range.End < area.End;
        if (isInsideOne && AreaCount >= AreaCountMax) return Errno.ENOMEM;
        foreach (PageNumber end in (ReadOnlySpan<PageNumber>)[range.First, range.End])
        {
            if (Areas.Covering(end) is not { } cut || cut.First == end) continue;
            if (cut.RefusesCutAt(end)) return Errno.EINVAL;
            SplitAt(end);
        }
        return Errno.None;
    }

    /// <summary>Makes a border; a transparent huge page around it becomes small ones. Linux: __split_vma, vma_adjust_trans_huge.</summary>
    private void SplitAt(PageNumber page)
    {
        Areas.SplitAt(page);
        Pages.SplitAt(page);
    }

    /// <summary>
    /// Makes a boundary for a change of flags; none is needed where one is. ENOMEM: there are as many areas as there may be. EINVAL: it
    /// lies inside a huge page of the pool. Linux: split_vma.
    /// </summary>
    public Errno SplitForChangeAt(PageNumber page)
    {
        if (Areas.Covering(page) is not { } area || area.First == page) return Errno.None;
        if (AreaCount >= AreaCountMax) return Errno.ENOMEM;
        if (area.RefusesCutAt(page)) return Errno.EINVAL;
        SplitAt(page);
        return Errno.None;
    }

    /// <summary>
    /// A child with its own copy of everything private; none if the commit limit refuses an area. The pages of the areas before that one
    /// count as shared from then on. Linux: dup_mmap.
    /// </summary>
    public ModelProcess? Fork()
    {
        long committed = 0;
        ModelProcess child = new(Header, Options, CommitLimit, Machine, Limits with { }, Descriptors.Copy())
        {
            Break = Break,
            TransparentOff = TransparentOff,
        };
        foreach (Area area in Areas.All)
        {
            if (area.Has(AreaFlags.DontFork)) continue;
            if (area.Has(AreaFlags.Accounted))
            {
                if (!CommitLimit.Allow(area.Count.Value, committed))
                {
                    child.Pages.Discard(UserPages);
                    return null;
                }
                committed += area.Count.Value;
            }
            bool isInherited = area.History is not null && !area.Has(AreaFlags.WipeOnFork);
            Area copy = area.Like(area.Range, area.Offset);
            copy.Flags &= ~AreaFlags.AnyLock;
            copy.Claim = null;    // a child owns none of the reservations that it inherits
            copy.IsRobbed = false;
            copy.History = isInherited ? new History(isInherited: true) : null;
            child.Areas.Insert(copy);
            // Without a history or guards the kernel takes over neither zero pages nor pages of files (vma_needs_copy).
            bool isCopied = isInherited || (area.Has(AreaFlags.MayHaveGuards) && !area.Has(AreaFlags.WipeOnFork));
            if (isCopied) Pages.CopyTo(child.Pages, area.Range);
        }
        return child;
    }
}
