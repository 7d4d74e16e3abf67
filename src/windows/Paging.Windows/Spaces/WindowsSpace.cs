using Paging.Core;
using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Vads;

namespace Paging.Windows.Spaces;

/// <summary>The agreements of one Windows process: its VADs, committed pages, watched and locked pages.</summary>
/// <remarks>The page tables of <see cref="Space"/> hold what has been done. Windows: the memory part of EPROCESS.</remarks>
internal sealed class WindowsSpace(ISpaceWork work, VadTree vads, NativeSlab<View> views, FrameTable frames, Space space) : IForeignSpace
{
    /// <summary>Address space, page tables and counters, as every process has them.</summary>
    public Space Space { get; } = space;

    /// <summary>The allocations.</summary>
    public VadTree Vads { get; } = vads;

    /// <summary>The extent of its user half.</summary>
    public UserRange User { get; init; } = UserRange.Standard;

    /// <summary>The stack of the running thread.</summary>
    public StackBounds Stack { get; set; }

    /// <summary>I2: the pages that its VADs are charged for.</summary>
    public long CommitCharge { get; set; }

    /// <summary>The pages of write-watched memory that were written; null until there is such memory.</summary>
    public PageBitmap? Written { get; set; }

    /// <summary>The pages that are locked; null until one was.</summary>
    public PageBitmap? Locked { get; set; }

    /// <summary>The limits of its working set.</summary>
    public WorkingSetLimits Limits { get; set; } = WorkingSetLimits.Default;

    /// <summary>The time of the last use of each page of the working set.</summary>
    public WorkingSetAges Ages { get; } = new();

    /// <summary>The faults that found their page on the standby or modified list.</summary>
    public long TransitionFaults { get; set; }

    /// <summary>The reason why the last fault was refused. Read right after an access that failed.</summary>
    public NtStatus Refusal { get; set; }

    /// <summary>The reason for an in-page error.</summary>
    public NtStatus RefusalReason { get; set; }

    /// <summary>Refuses an access because its page cannot be brought in: STATUS_IN_PAGE_ERROR, with the reason.</summary>
    public FaultOutcome RefuseInPage(NtStatus reason)
    {
        (Refusal, RefusalReason) = (NtStatus.InPageError, reason);
        return reason == NtStatus.NoMemory ? FaultOutcome.OutOfMemory : FaultOutcome.BusError;
    }

    /// <summary>True if the kernel makes the access, so that a guard page is one, even in a stack.</summary>
    public bool IsKernelAccess { get; set; }

    /// <summary>Nothing below this page is free for a whole granule: the start of the search for room from the bottom.</summary>
    public PageNumber LowestRoom { get; set; }

    public uint SlotCountMax => WindowsEntry.SlotCountMax;

    public IEnumerable<AreaIndex> Views
    {
        get
        {
            for (VadIndex at = Vads.First; at.IsSome; at = Vads.Next(at))
                if (Vads[at].View != 0) yield return new(views[Vads[at].View].Area);
        }
    }

    public SwapEntry SlotOf(PageTableEntry word) => WindowsEntry.From(word).Slot;

    public FrameNumber FrameOf(PageTableEntry word)
    {
        WindowsEntry entry = WindowsEntry.From(word);
        return entry.Kind == WindowsEntryKind.Transition ? entry.Frame : default;
    }

    public PageTableEntry WithoutFrame(PageTableEntry entry, SwapEntry slot)
    {
        WindowsEntry old = WindowsEntry.From(entry);
        if (slot.IsSwap) return WindowsEntry.InPageFile(old.Protection, slot).ToEntry();
        bool isPrototype = frames.Named(old.Frame).State == FrameState.PageCache;
        return (isPrototype ? WindowsEntry.OfPrototype(old.Protection) : WindowsEntry.DemandZero(old.Protection)).ToEntry();
    }

    public AreaFlags FlagsOf(PageNumber page, PageTableEntry entry)
    {
        AreaFlags flags = WindowsEntry.From(entry).Protection.AllowsExecute ? AreaFlags.Execute : AreaFlags.None;
        return Locked?.Has(page.Value) == true ? flags | AreaFlags.Locked : flags;
    }

    public MemoryProtection RightsAt(PageNumber page) =>
        work.TryProtectionOf(this, page, out ProtectionCode protection)
            && !protection.IsGuard ? protection.ToRights() : MemoryProtection.None;

    public bool IsInUse(PageNumber page) => work.TryProtectionOf(this, page, out _);

    public bool CopiesOnWrite(PageNumber page) =>
        work.TryProtectionOf(this, page, out ProtectionCode protection) && protection.IsWriteCopy;

    public IEnumerable<AreaSnapshot> Describe() => work.Describe(this);

    public void DropCachedPages(PageRange range) => work.DropCached(this, range);

    public void ProtectCachedPages(PageRange range)
    {
        CachedRule rule = new(frames);
        Space.Tables.RewriteRange(range, ref rule);
    }

    public void End()
    {
        work.End(this);
        Written?.Dispose();
        Locked?.Dispose();
        Written = Locked = null;
        Stack = default;
        Space.Tables.HasForeignWords = false;
        Space.Foreign = null;
    }

    public long Audit(AuditReport report) => work.Audit(this, report);

    private readonly struct CachedRule(FrameTable frames) : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) =>
            entry.IsPresent && frames.Named(entry.Frame).State == FrameState.PageCache ? entry.WithoutWritable().WithoutDirty() : entry;
    }
}
