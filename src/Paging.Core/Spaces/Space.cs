using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Spaces;

/// <summary>
/// The state of one address space: what has been agreed (areas, limits, layout), what has been done (page tables), and statistics.
/// </summary>
/// <remarks>
/// Holds the state and the checks that every operation needs. System calls and faults operate on it, each in a file of its own.
/// A space is recycled after its process has ended. Linux: struct mm_struct.
/// </remarks>
internal sealed class Space : ILoanCount
{
    private ProcessLife _life;

    public Space(SpaceIndex index, AreaStore areas, OpenFileTable files, PageTables tables, FrameTable frames, HugeBlocks blocks)
    {
        Index = index;
        Tables = tables;
        HugeLines = new(this, frames, blocks);
        Areas = new(index, areas, files, HugeLines);
        tables.Loans.Count = this;
    }

    /// <summary>The transparent huge pages of the space.</summary>
    public HugeLines HugeLines { get; }

    /// <summary>True if the machine has transparent huge pages. Then a table of small pages lasts as long as Linux keeps it.</summary>
    public bool IsTransparent { get; init; }

    public SpaceIndex Index { get; }

    /// <summary>The areas: what has been agreed.</summary>
    public AreaSet Areas { get; }

    /// <summary>The page tables: what has been done.</summary>
    public PageTables Tables { get; }

    /// <summary>The translation cache of the tables, which the process's processor uses.</summary>
    public TranslationCache Translations => Tables.Cache;

    /// <summary>The agreements of a process of another system than Linux, instead of areas; null for a Linux process.</summary>
    public IForeignSpace? Foreign { get; set; }

    /// <summary>The swap slot that a word of this space names; the empty entry if it names none. Not checked against the devices.</summary>
    public SwapEntry SlotOf(PageTableEntry word) => Foreign is { } foreign ? foreign.SlotOf(word) : SwapEntry.From(word);

    /// <summary>The bytes that may not be read or written; null unless the embedder has opened a <see cref="ByteShadow"/>.</summary>
    public ShadowTree? Shadow { get; set; }

    /// <summary>The host's state that goes with snapshots; null until there is one.</summary>
    public AttachedState? Attached { get; set; }

    /// <summary>The receivers of its accesses; null until the first one.</summary>
    public WatchedPages? Watched { get; set; }

    /// <summary>The userfaultfds of the space; null until the first one is opened.</summary>
    public UserfaultTable? Userfaults { get; set; }

    /// <summary>True if an access has ended as pending since this was last set to false.</summary>
    public bool HasPendingAccess { get; set; }

    /// <summary>The pages that the last filling call could not fill yet; empty if it filled all.</summary>
    public PendingFill PendingFill { get; set; }

    /// <summary>The log of its events; null unless the host records them.</summary>
    public EventLog? Events { get; set; }

    /// <summary>The pages that the process may map. Set before it begins, and the same until it has ended.</summary>
    public SpaceBounds Bounds = SpaceBounds.Linux;

    public MemoryLayout Layout;
    public ResourceLimits Limits;
    public MemoryStatistics Statistics;

    /// <summary>The faults of the process as its rusage counts them: state, which snapshots restore (<see cref="FaultUsage"/>).</summary>
    public FaultCounters Faults;

    private FaultCounters _undoneFaults;

    /// <summary>All faults of the process, with those that restores have taken from <see cref="Faults"/>: it only grows.</summary>
    public FaultCounters FaultHistory
    {
        get
        {
            FaultCounters all = Faults;
            all.Add(_undoneFaults);
            return all;
        }
    }

    /// <summary>Restores the counts of a snapshot. The history keeps the difference.</summary>
    public void RestoreFaults(in FaultCounters then)
    {
        CounterRecords.Restore(ref Faults, then, ref _undoneFaults);
    }

    /// <summary>Begins a new history, for a process that begins in the space.</summary>
    public void ForgetFaultHistory() => _undoneFaults = default;

    /// <summary>The observers of writes to its pages.</summary>
    public SpaceObservers Observers { get; } = new();

    /// <summary>The program break: the end of the heap.</summary>
    public VirtualAddress Break { get; set; }

    /// <summary>The group that is charged for the space's frames.</summary>
    public required FrameGroup Group { get; set; }

    /// <summary>Flags that every new mapping gets in addition, such as Locked after mlockall(MCL_FUTURE). Linux: mm->def_flags.</summary>
    public AreaFlags DefaultFlags { get; set; }

    /// <summary>True if limits on locked memory do not apply. Linux: CAP_IPC_LOCK.</summary>
    public bool IsPrivileged { get; set; }

    /// <summary>
    /// True if memory that may be read may be executed: mmap, mprotect and brk add PROT_EXEC. Linux: READ_IMPLIES_EXEC of personality(2).
    /// </summary>
    public bool ReadImpliesExecute { get; set; }

    /// <summary>Whether memory may be writable and executable. Linux: MMF_HAS_MDWE, MMF_HAS_MDWE_NO_INHERIT.</summary>
    public ExecuteGain ExecuteGain { get; set; }

    /// <summary>True if private memory may be merged with equal pages from its mapping on. Linux: MMF_VM_MERGE_ANY.</summary>
    public bool MergesAll { get; set; }

    /// <summary>Returns the flag of memory that may be merged with equal pages, if it is private. Linux: ksm_compatible.</summary>
    public static AreaFlags MergeableOf(AreaFlags flags) =>
        (flags & (AreaFlags.Shared | AreaFlags.MayShare | AreaFlags.Device | AreaFlags.Foreign)) == 0
            ? AreaFlags.Mergeable : AreaFlags.None;

    /// <summary>Sets <see cref="MergesAll"/>, and the flag of each area. Linux: ksm_add_vmas, ksm_del_vmas.</summary>
    public void MergeAll(bool merges)
    {
        if (MergesAll == merges) return;
        MergesAll = merges;
        for (AreaIndex index = Areas.Tree.First; index.IsSome; index = Areas[index].Next)
        {
            AreaFlags flags = Areas[index].Flags;
            AreaFlags changed = !merges ? flags & ~AreaFlags.Mergeable
                : Areas.IsOfPool(Areas[index]) ? flags : flags | MergeableOf(flags);
            if (changed == flags || !Areas.TryKeep(index)) continue;    // without a record for a snapshot the area stays as it is
            Areas.Changing(index).Flags = changed;
        }
    }

    /// <summary>Returns true if rights give memory execution that <see cref="ExecuteGain"/> refuses. Linux: map_deny_write_exec.</summary>
    /// <param name="old">The present rights; of a new mapping the wanted ones.</param>
    /// <param name="wanted">The wanted rights.</param>
    public bool RefusesGain(AreaFlags old, AreaFlags wanted) => ExecuteGain != ExecuteGain.Allowed && (wanted & AreaFlags.Execute) != 0
        && ((wanted & AreaFlags.Write) != 0 || (old & AreaFlags.Execute) == 0);

    /// <summary>Takes the settings that fork and execve pass on from another space, or from the program before. Linux: mm_init.</summary>
    public void Inherit(Space from)
    {
        HugeLines.Policy = from.HugeLines.Policy;
        ExecuteGain = from.ExecuteGain == ExecuteGain.RefusedHere ? ExecuteGain.Allowed : from.ExecuteGain;
        MergesAll = from.MergesAll;
    }

    /// <summary>The number of its process.</summary>
    public int ProcessId { get; set; }

    /// <summary>The stage of its process's life.</summary>
    public ProcessLife Life { get => _life; init => _life = value; }

    /// <summary>True while a process runs in it: false for a zombie's space and for one that waits to be reused.</summary>
    public bool IsLive => _life == ProcessLife.Live;

    /// <summary>Begins another stage of the process's life.</summary>
    public void Enter(ProcessLife next)
    {
        if (Check.Cheap && !ProcessLives.MayFollow(_life, next))
            throw new InvariantException($"The process in space {Index.Value} cannot become {next}: it is {_life}.");
        _life = next;
    }

    /// <summary>Returns if the process still runs.</summary>
    /// <exception cref="ObjectDisposedException">The process has exited or been reaped.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ThrowIfEnded()
    {
        if (!IsLive) ThrowEnded();
    }

    [DoesNotReturn]
    private static void ThrowEnded() =>
        throw new ObjectDisposedException("Paging.Core.UserProcess", "The process has exited, or was taken back by a snapshot.");

    /// <summary>Returns the fault that a refused access ends with, and records a pending one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public MemoryFault Refuse(VirtualAddress address, MemoryFaultKind kind)
    {
        if (kind == MemoryFaultKind.Pending)
        {
            HasPendingAccess = true;
            Userfaults?.ReportAddress(address);
        }

        return new(kind, address);
    }

    /// <summary>Returns if the process is a Linux process.</summary>
    /// <exception cref="InvalidOperationException">It belongs to another system. Linux calls would break its agreements.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ThrowIfForeign()
    {
        if (Foreign is not null) ThrowForeign();
    }

    /// <summary>Returns if the process may make a Linux call.</summary>
    /// <exception cref="ObjectDisposedException">As <see cref="ThrowIfEnded"/>.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="ThrowIfForeign"/>.</exception>
    public void CheckCall()
    {
        ThrowIfEnded();
        ThrowIfForeign();
    }

    [DoesNotReturn]
    private static void ThrowForeign() =>
        throw new InvalidOperationException("This process has the memory calls of another system. Make them through its own object.");

    /// <inheritdoc/>
    public void CountLent(long pages) => Statistics.CountResident(ResidentKind.Anonymous, pages);

    /// <summary>The frame of the page directory, for a walk that starts now: no table is lent any more.</summary>
    public FrameNumber DirectoryToWalk(CallerCheck callers)
    {
        if (Tables.Loans.IsNone) return Tables.Directory;
        using SlowPathHold hold = callers.HoldToRead();
        Tables.Loans.CopyAll();
        Tables.Loans.Returned?.BringBackAll();
        return Tables.Directory;
    }

    /// <summary>Makes the next write to each page of a range fault.</summary>
    public void ProtectFromWrites(PageRange range)
    {
        ReadOnlyRule rule = default;
        Tables.ObserveRange(range, ref rule);
    }

    /// <summary>Marks pages that were moved to the range as written. Linux: move_soft_dirty_pte (mm/mremap.c).</summary>
    public void NoteMoved(PageRange range)
    {
        if (Observers.NeedFaults) ProtectFromWrites(range);    // the entries came with their right to write
        if (Observers.Logs.IsEmpty) return;
        foreach ((PageNumber page, _) in Tables.TouchedIn(range)) Observers.Logs.Note(page.Value);
    }

    private readonly struct ReadOnlyRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.IsPresent ? entry.WithoutWritable() : entry;
    }

    /// <summary>The whole lines in a range. A line is the range that a huge page covers.</summary>
    public PageRange WholeLinesIn(PageRange range)
    {
        uint mask = Tables.Huge.CountEach.Value - 1;
        uint first = (range.First.Value + mask) & ~mask, end = range.End.Value & ~mask;
        return first < end ? PageRange.Between(new(first), new(end)) : default;
    }

    /// <summary>A bit for each region of 1 GiB that has a page directory of its own on a processor with four levels.</summary>
    public byte Regions { get; set; }

    /// <summary>Records a touch in the page's region. Linux: pmd_alloc.</summary>
    public void NoteRegion(PageNumber page) => Regions |= (byte)(1 << (int)(page.Value >> RegionShift));

    /// <summary>
    /// True if the page's region has a directory: something was touched there, or the embedder has memory in it. Linux: huge_pte_offset.
    /// </summary>
    public bool HasRegion(PageNumber page)
    {
        if ((Regions & (1 << (int)(page.Value >> RegionShift))) != 0) return true;
        PageRange region = new(new(page.Value >> RegionShift << RegionShift), new(1u << RegionShift));
        for (AreaIndex index = Areas.Tree.FirstIn(region); index.IsSome && Areas[index].First < region.End; index = Areas[index].Next)
            if (Areas[index].Has(AreaFlags.Foreign)) return true;
        return false;
    }

    /// <summary>True if an area maps huge pages of the pool. Cost: O(areas).</summary>
    public bool HasPoolAreas
    {
        get
        {
            for (AreaIndex index = Areas.Tree.First; index.IsSome; index = Areas[index].Next)
                if (Areas.IsOfPool(Areas[index])) return true;
            return false;
        }
    }

    /// <summary>The binary logarithm of the pages of a region.</summary>
    public const int RegionShift = 18;    // 1 GiB in pages of 4 KiB

    /// <summary>Returns true if the process may have all pages of the range.</summary>
    public bool Holds(PageRange range) => (ulong)range.First.Value + range.Count.Value <= Bounds.End.Value;

    /// <summary>Finds a page up to which all pages from one on are mapped, or in use by another system. False: that one is not.</summary>
    public bool TryFindMappedEnd(PageNumber page, out PageNumber end)
    {
        end = page + PageCount.One;
        if (page >= Bounds.End) return false;
        if (Foreign is { } foreign) return foreign.IsInUse(page);
        AreaIndex index = Areas.Tree.Covering(page);
        if (index.IsSome) end = Areas[index].End;
        return index.IsSome;
    }

    /// <summary>Resets the space: no areas, and an empty directory or one with the kernel half. Returns false without a frame.</summary>
    public bool TryBegin(KernelHalf kernelHalf, in MemoryLayout layout, in ResourceLimits limits)
    {
        Reset(layout, limits);    // first, as the space may have been used before
        if (!Tables.TryBegin(Bounds.HasKernelHalf)) return false;
        if (Bounds.HasKernelHalf) kernelHalf.InstallIn(Tables);
        return true;
    }

    /// <summary>Resets all that is neither areas nor page tables.</summary>
    public void Reset(in MemoryLayout layout, in ResourceLimits limits)
    {
        Layout = layout;
        Limits = limits;
        Statistics = default;
        Faults = default;
        DefaultFlags = AreaFlags.None;
        Regions = 0;
        HugeLines.MayHaveParts = false;
        HugeLines.Policy = TransparentPolicy.On;
        Break = layout.StartBreak;
    }
}
