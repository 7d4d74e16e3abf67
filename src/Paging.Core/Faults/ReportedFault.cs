using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>Decides whether a fault is reported to the userfaultfd of its area before, or instead of, resolving it.</summary>
/// <remarks><code>
///   entry                        area reports                   result
///   nothing, or a marker         missing, and no cached page    the access waits
///   nothing, or a marker         minor, and a cached page       the access waits
///   a marker otherwise                                          the page is made, and is protected
///   present and protected        writes                         a write waits; in silent mode the protection is removed
///   anything else                                               resolved like any other fault
/// </code>
/// Linux: mm/userfaultfd.c handle_userfault and its callers do_anonymous_page, shmem_get_folio_gfp, do_wp_page,
/// pte_marker_handle_uffd_wp.
/// </remarks>
internal sealed class ReportedFault(OpenFileTable files, PageCache cache, SharedMemorySwap sharedSwap, FaultAround around)
{
    /// <summary>Reports the fault if the area's modes include it.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="area">An area that is registered.</param>
    /// <param name="fault">An access that the area allows.</param>
    /// <param name="outcome">Resolved: go on as with any other fault. Otherwise the outcome of the fault.</param>
    /// <returns>True if the page is not there yet, and is to be protected once it is.</returns>
    public bool TryReport(Space space, ref Area area, PageFault fault, out FaultOutcome outcome)
    {
        PageTableEntry entry = space.Tables.Read(fault.Page);
        UserfaultContext? context = space.Userfaults?.Find(area);
        outcome = FaultOutcome.Resolved;
        if (entry.IsPresent)
        {
            if (fault.IsWrite && EntryWords.IsProtected(entry)) outcome = OfProtected(space, area, fault, entry, context);
            return false;
        }

        bool isMarked = entry == EntryWords.ProtectionMarker;
        if (!entry.IsNeverTouched && !isMarked) return false;    // swapped out, or a guard: a swap entry has its own protection bit
        if (context is not null && TryFindReason(area, fault.Page, out UserfaultReason reason))
        {
            outcome = TryPrepare(space, ref area, fault) ? Wait(space, context, fault, reason) : FaultOutcome.OutOfMemory;
            return false;
        }

        if (isMarked) space.Tables.Store(fault.Page, default);    // the handlers that fill the page expect an empty entry
        return isMarked && area.Has(AreaFlags.ReportsWrites);
    }

    /// <summary>Protects a page that was marked before it was made. Puts the mark back if the page could not be made.</summary>
    public static FaultOutcome Protect(Space space, PageFault fault, FaultOutcome outcome)
    {
        PageTableEntry entry = space.Tables.Read(fault.Page);
        if (!entry.IsNeverTouched || space.Tables.TryEnsureTable(fault.Page)) space.Tables.Store(fault.Page, EntryWords.Protected(entry));
        // The next attempt reports the write
        return outcome == FaultOutcome.Resolved && fault.IsWrite ? FaultOutcome.LookAgain : outcome;
    }

    /// <summary>Does what a fault does before it finds that the page is missing.</summary>
    /// <remarks>
    /// A write makes a history in private memory (do_anonymous_page, do_cow_fault); a read maps the neighbours in a file (do_read_fault).
    /// </remarks>
    private bool TryPrepare(Space space, ref Area area, PageFault fault)
    {
        if (fault.IsWrite) return area.Has(AreaFlags.Shared) || AnonymousFault.TryPrepareRoot(space, ref area);
        if (area.IsAnonymous) return true;
        return around.TryMapNeighbours(space, ref area, fault, files.ObjectOf(area.File), out _);    // a missing page is in no folio
    }

    private static FaultOutcome OfProtected(
        Space space, in Area area, PageFault fault, PageTableEntry entry, UserfaultContext? context)
    {
        if (area.Has(AreaFlags.ReportsWrites) && context is not null && !context.Has(UserfaultFeatures.ProtectSilently))
            return Wait(space, context, fault, UserfaultReason.Write);
        space.Tables.Store(fault.Page, EntryWords.Unprotected(entry));    // Linux: userfaultfd_wp_async in do_wp_page
        return FaultOutcome.Resolved;
    }

    private bool TryFindReason(in Area area, PageNumber page, out UserfaultReason reason)
    {
        reason = UserfaultReason.Missing;
        if (area.IsAnonymous) return area.Has(AreaFlags.ReportsMissing);
        FileObject file = files.ObjectOf(area.File);
        FilePage filePage = area.OffsetOf(page);
        if (!file.IsSharedMemory || filePage.Value >= file.PageLimit) return false;    // beyond the end: SIGBUS without a report
        bool isThere = cache.TryFind(file, filePage, out _) || sharedSwap.IsOut(file, filePage);    // shmem_get_folio_gfp
        if (isThere) reason = UserfaultReason.Minor;
        return area.Has(isThere ? AreaFlags.ReportsMinor : AreaFlags.ReportsMissing);
    }

    private static FaultOutcome Wait(Space space, UserfaultContext context, PageFault fault, UserfaultReason reason)
    {
        UserfaultTable table = space.Userfaults!;
        bool isRefused = context.Has(UserfaultFeatures.Signal) || (context.IsForUserMode && table.IsInKernel) || table.MayNotWait;
        if (isRefused) return FaultOutcome.BusError;
        bool isNew = context.TryReport(new(fault.Page.Address, reason, fault.IsWrite, table.Thread));
        table.LastReporter = isNew ? context : null;    // the exact address follows (ReportAddress)
        return FaultOutcome.Pending;
    }
}
