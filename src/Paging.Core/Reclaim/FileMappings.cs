using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>
/// Finds the page table entries that map pages of a file. This reverse map goes from the object to its areas, not page by page.
/// </summary>
/// <remarks>
/// Cost: O(areas that map the file + present pages of the range).
/// Linux: i_mmap, mm/memory.c unmap_mapping_pages, mm/rmap.c folio_mkclean.
/// </remarks>
internal sealed class FileMappings(AreaStore areas, SpaceTable spaces, Zap zap)
{
    /// <summary>
    /// Unmaps pages of a file in all address spaces. Private copies stay unless requested. Linux: unmap_mapping_pages, even_cows.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="pages">The pages to unmap.</param>
    /// <param name="alsoPrivateCopies">Unmaps private copies as well, as a truncation must.</param>
    public void Unmap(FileObject file, FilePageRange pages, bool alsoPrivateCopies)
    {
        for (AreaIndex index = areas.OfObjects.FirstOf(file.Number); index.IsSome;)
        {
            ref Area area = ref areas.Slab[index.Value];
            index = area.FileNext;
            if (!TryPart(area, pages, out PageRange range)) continue;
            Space space = spaces[area.Space];
            if (space.Foreign is { } foreign) foreign.DropCachedPages(range);
            else if (alsoPrivateCopies)
            {
                space.HugeLines.SplitEnds(range);    // P7: a range must not cut a leaf
                if (area.Has(AreaFlags.ReportsWrites)) zap.RangeKeepingProtection(space, range);    // without ZAP_FLAG_DROP_MARKER
                else zap.Pages(space, range);
            }
            else zap.CachedPages(space, range);
            if (space.Foreign is not null) space.Tables.FreeEmptyTables(range);    // Linux keeps them: unmap_mapping_range
        }
    }

    /// <summary>Write-protects every entry that maps the pages, so that the next write faults. Linux: folio_mkclean.</summary>
    public void WriteProtect(FileObject file, FilePageRange pages)
    {
        CleanRule rule = default;
        Rewrite(file, pages, ref rule);
    }

    /// <summary>Same as <see cref="WriteProtect"/>, but keeps dirty bits. Returns false if no shared area maps the pages.</summary>
    public bool TakeWrites(FileObject file, FilePageRange pages)
    {
        ReadOnlyRule rule = default;
        return Rewrite(file, pages, ref rule);
    }

    private bool Rewrite<TRule>(FileObject file, FilePageRange pages, ref TRule rule) where TRule : struct, IEntryRule
    {
        bool isMapped = false;
        for (AreaIndex index = areas.OfObjects.FirstOf(file.Number); index.IsSome;)
        {
            ref Area area = ref areas.Slab[index.Value];
            index = area.FileNext;
            if (!area.Has(AreaFlags.Shared) || !TryPart(area, pages, out PageRange range)) continue;
            isMapped = true;
            Space space = spaces[area.Space];
            if (space.Foreign is { } foreign) foreign.ProtectCachedPages(range);
            else
            {
                space.HugeLines.SplitAll(range);
                space.Tables.ObserveRange(range, ref rule);
            }
        }

        return isMapped;
    }

    /// <summary>Waits until no thread stores through a translation that <see cref="WriteProtect"/> removed.</summary>
    /// <remarks>A thread that does not come to rest is reported when the pass ends; its stores may miss the write-back.</remarks>
    public void AwaitWriters() => zap.Shootdown?.TrySettle();

    /// <summary>Computes the part of an area that maps the pages. Returns false if there is none.</summary>
    private static bool TryPart(in Area area, FilePageRange pages, out PageRange range)
    {
        ulong from = Math.Max(pages.First.Value, area.PageOffset.Value);    // 64 bits: an end can be 2^32
        ulong to = Math.Min(pages.End, (ulong)area.PageOffset.Value + area.Count.Value);
        range = from < to ? new(area.First + new PageCount((uint)(from - area.PageOffset.Value)), new((uint)(to - from))) : default;
        return from < to;
    }

    private readonly struct ReadOnlyRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.IsPresent ? entry.WithoutWritable() : entry;
    }

    private readonly struct CleanRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) =>
            entry.IsPresent ? entry.WithoutWritable().WithoutDirty() : entry;
    }
}
