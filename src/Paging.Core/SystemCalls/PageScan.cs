using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements PAGEMAP_SCAN: finds the pages that match, and protects them if requested.</summary>
/// <remarks>
/// Cost: O(pages of the range that have a page table); 0.1 ns for each that cannot match. Linux: fs/proc/task_mmu.c do_pagemap_scan,
/// pagemap_scan_pmd_entry, pagemap_scan_pte_hole.
/// </remarks>
internal sealed class PageScan(FrameTable frames, UserfaultProtection protection)
{
    /// <summary>Scans until the range, the regions or the number of pages is exhausted.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="request">The range, and the pages to search for.</param>
    /// <param name="regions">Receives the regions found; empty if pages are only protected.</param>
    /// <param name="count">The number of regions found.</param>
    /// <param name="found">The number of pages found.</param>
    /// <param name="end">The page at which the scan stopped.</param>
    /// <returns>ENOSPC: the scan stopped before the end. EPERM: an area in which pages cannot be protected. ENOMEM: no frame.</returns>
    public Errno Execute(
        Space space, in PageScanRequest request, Span<PageRegion> regions, out int count, out uint found, out PageNumber end)
    {
        Walk walk = new(space, request, regions, frames, protection);
        Errno error = Errno.None;
        AreaIndex index = space.Areas.Tree.FirstIn(request.Range);
        for (; error == Errno.None && index.IsSome && space.Areas[index].First < request.Range.End; index = space.Areas[index].Next)
            error = walk.Visit(ref space.Areas[index]);
        (count, found) = (walk.Count, walk.Found);
        end = error == Errno.ENOSPC ? walk.StoppedAt : request.Range.End;
        return error;
    }

    private ref struct Walk(
        Space space, PageScanRequest request, Span<PageRegion> regions, FrameTable frames, UserfaultProtection protection)
    {
        private readonly Span<PageRegion> _regions = regions;
        private readonly uint _foundMax = request.PageCountMax == 0 ? uint.MaxValue : request.PageCountMax;    // 0 means no limit
        private readonly bool _asksForFile = ((request.Mask | request.AnyOf | request.Return) & PageCategories.File) != 0;
        private PageScanFilter _filter;
        private PageCategories _ofArea;

        public int Count { get; private set; }
        public uint Found { get; private set; }
        public PageNumber StoppedAt { get; private set; }

        public Errno Visit(ref Area area)
        {
            bool isProtectable = area.Has(AreaFlags.ReportsWrites) && space.Userfaults?.Find(area) is { } context
                && context.Has(UserfaultFeatures.ProtectSilently);    // which implies WP_UNPOPULATED
            if (!isProtectable && request.RequiresProtection) return Errno.EPERM;
            // Without RequiresProtection such areas are skipped silently. Linux: pagemap_scan_test_walk
            if ((!isProtectable && request.ProtectsMatching) || area.HasAny(AreaFlags.Foreign | AreaFlags.Device)) return Errno.None;
            _ofArea = (isProtectable ? PageCategories.WriteProtectable : 0)
                | (area.Has(AreaFlags.SoftClean) ? 0 : PageCategories.SoftDirty);
            PageCategories required = request.Mask & PageCategories.WriteProtectable;
            if (((_ofArea ^ request.Inverted) & required) != required) return Errno.None;    // true for all pages of the area, or for none
            _filter = new(request, _ofArea);

            PageRange part = area.Range.Intersect(request.Range);
            PageNumber page = part.First;
            Errno error = Errno.None;
            while (error == Errno.None && page < part.End)
            {
                PageNumber end = new(Math.Min(space.Tables.Huge.RangeOf(page).End.Value, part.End.Value));    // the part in one table
                PageRange piece = PageRange.Between(page, end);
                error = space.Tables.TryTable(page, out EntryTable table, out _) ? VisitTable(area, table, piece)
                    : space.Tables.Huge.Has(page) ? VisitHuge(piece) : VisitHole(area, piece);
                page = end;
            }

            return error;
        }

        private Errno VisitHole(in Area area, PageRange piece)
        {
            PageCategories categories = _ofArea | (area.Has(AreaFlags.ReportsWrites) ? PageCategories.Written : 0);
            if (!_filter.Matches(categories)) return Errno.None;
            Errno error = Report(categories, ref piece);
            if (piece.IsEmpty || !request.ProtectsMatching) return error;    // a page that could not be reported must not lose its mark
            Errno failure = protection.Protect(space, area, piece);
            return failure != Errno.None ? failure : error;
        }

        /// <summary>A scan that reports nothing protects all pages of a table. Linux: pagemap_scan_pmd_entry.</summary>
        private Errno VisitTable(in Area area, in EntryTable table, PageRange piece)
        {
            if (request.ProtectsMatching && _regions.IsEmpty) return protection.Protect(space, area, piece);
            int first = (int)piece.First.Value & space.Tables.EntryMask, end = first + (int)piece.Count.Value;
            for (int index = first; (index = _filter.NextCandidate(table, index, end)) < end; index++)
            {
                PageTableEntry entry = new(table[index]);
                Errno error = VisitPage(piece.First + new PageCount((uint)(index - first)), entry, _ofArea | CategoriesOf(entry));
                if (error != Errno.None) return error;
            }

            return Errno.None;
        }

        private Errno VisitHuge(PageRange piece)
        {
            Errno error = Errno.None;
            for (PageNumber page = piece.First; error == Errno.None && page < piece.End; page++)
            {
                PageTableEntry entry = space.Tables.Read(page);    // never protected here: an area that reports writes has no leaf
                error = VisitPage(page, entry, _ofArea | CategoriesOf(entry) | PageCategories.Huge);
            }

            return error;
        }

        private Errno VisitPage(PageNumber page, PageTableEntry entry, PageCategories categories)
        {
            if (!_filter.Matches(categories)) return Errno.None;
            PageRange one = new(page, PageCount.One);
            Errno error = Report(categories, ref one);
            if (!one.IsEmpty && request.ProtectsMatching && (categories & PageCategories.Written) != 0)
                space.Tables.Store(page, EntryWords.Protected(entry));
            return error;
        }

        /// <summary>Linux: pagemap_page_category.</summary>
        private readonly PageCategories CategoriesOf(PageTableEntry entry)
        {
            if (entry.IsNeverTouched) return PageCategories.Written;    // as Linux' loop for written pages alone does
            PageCategories written = EntryWords.HasProtection(entry) ? 0 : PageCategories.Written;
            if (!entry.IsPresent)
            {
                SwapEntry swapped = SwapEntry.From(entry);
                return written | PageCategories.Swapped | (swapped.IsSwap ? PageCategories.SoftDirty : 0)
                    | (swapped.Marker == PageMarker.Guard ? PageCategories.Guard : 0);
            }

            PageCategories categories = written | PageCategories.Present;
            if (EntryWords.IsSoftDirty(entry)) categories |= PageCategories.SoftDirty;
            if (EntryWords.IsZeroPage(entry)) return categories | PageCategories.Zero;
            if (!_asksForFile) return categories;    // most scans do not, and the descriptor is another cache line for each page
            return frames.Named(entry.Frame).State == FrameState.PageCache ? categories | PageCategories.File : categories;
        }

        /// <summary>
        /// Adds pages to the last region, or begins another one. Pages that do not fit are cut off. Linux: pagemap_scan_output.
        /// </summary>
        private Errno Report(PageCategories categories, ref PageRange range)
        {
            if (_regions.IsEmpty) return Errno.None;
            categories &= request.Return;
            uint room = _foundMax - Found;
            bool isCut = range.Count.Value > room;
            if (isCut) range = new(range.First, new(room));
            if (!range.IsEmpty && !TryPush(categories, range)) (isCut, range) = (true, new(range.First, PageCount.Zero));
            Found += range.Count.Value;
            if (!isCut) return Errno.None;
            StoppedAt = range.End;
            return Errno.ENOSPC;
        }

        private bool TryPush(PageCategories categories, PageRange range)
        {
            if (Count != 0 && _regions[Count - 1] is { } last && last.Range.End == range.First && last.Categories == categories)
            {
                _regions[Count - 1] = last with { Range = PageRange.Between(last.Range.First, range.End) };
                return true;
            }

            if (Count == _regions.Length) return false;
            _regions[Count++] = new(range, categories);
            return true;
        }
    }
}
