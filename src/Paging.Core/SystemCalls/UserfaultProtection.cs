using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements UFFDIO_WRITEPROTECT: protects the pages of a range from writing, or removes that protection.</summary>
/// <remarks>Linux: mm/userfaultfd.c mwriteprotect_range, uffd_wp_range; mm/mprotect.c change_pte_range.</remarks>
internal sealed class UserfaultProtection(MemoryPressure pressure)
{
    /// <returns>EAGAIN: an event of changed mappings is unread. ENOENT: nothing is mapped, or an area does not report writes.</returns>
    public Errno Change(Space space, UserfaultContext context, PageRange range, bool protect)
    {
        if (context.IsChanging) return Errno.EAGAIN;
        Errno error = Errno.ENOENT;
        AreaIndex index = space.Areas.Tree.FirstIn(range);
        for (; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (!area.Has(AreaFlags.ReportsWrites)) return Errno.ENOENT;    // areas before it stay changed, as in mwriteprotect_range
            PageRange part = area.Range.Intersect(range);
            error = protect ? Protect(space, area, part) : Release(space, area, part);
            if (error != Errno.None) return error;
        }

        return error;
    }

    /// <summary>Protects the pages of a part of an area that reports writes.</summary>
    /// <returns>ENOMEM: no frame for a table; the pages before it are protected.</returns>
    public Errno Protect(Space space, in Area area, PageRange part)
    {
        // A page of an object would come back unprotected. A hole of anonymous memory is marked only on request.
        bool marksAll = !area.IsAnonymous || space.Userfaults?.Find(area)?.Has(UserfaultFeatures.ProtectUnpopulated) == true;
        ProtectRule rule = default;
        space.Tables.ObserveRange(part, ref rule);
        return !marksAll || TryMark(space, part) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Marks the missing pages. Linux: pgtable_populate_needed, make_pte_marker in change_pte_range.</summary>
    private bool TryMark(Space space, PageRange part)
    {
        for (PageNumber page = part.First; page < part.End; page++)
        {
            if (!space.Tables.Read(page).IsNeverTouched) continue;
            while (!space.Tables.TryEnsureTable(page))
                if (!pressure.TryFreeFor(space.Group, 1)) return false;
            space.Tables.Store(page, EntryWords.ProtectionMarker);
        }

        return true;
    }

    public static Errno Release(Space space, in Area area, PageRange part)
    {
        ReleaseRule rule = new(area.Flags, space);
        space.Tables.ObserveRange(part, ref rule);
        return Errno.None;
    }

    private readonly struct ProtectRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => EntryWords.Protected(entry);
    }

    // Linux: MM_CP_TRY_CHANGE_WRITABLE. An entry that stays read-only becomes writable at its next write fault.
    private readonly struct ReleaseRule(AreaFlags flags, Space space) : IEntryRule
    {
        private readonly bool _mayOpen = (flags & (AreaFlags.Write | AreaFlags.Shared | AreaFlags.SoftClean)) == AreaFlags.Write;

        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry)
        {
            if (!EntryWords.HasProtection(entry)) return entry;
            entry = EntryWords.Unprotected(entry);
            bool opens = _mayOpen && entry.IsPresent && EntryWords.IsExclusive(entry) && space.Observers.MayOpen(entry.Frame);
            return opens ? entry.WithWritable() : entry;
        }
    }
}
