using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>Scans for pages of some kind, and finds them a second time: by a scan for all pages, sifted here one by one.</summary>
/// <remarks>The shortcuts of a scan (skipping, joining, cutting off) must give the same result as visiting every page.</remarks>
internal static class ScanCheck
{
    private const int PageCountMax = 64;

    /// <summary>Null, or how the two answers differ. Nothing changes.</summary>
    /// <param name="process">Whose pages.</param>
    /// <param name="range">Where, at most 64 pages.</param>
    /// <param name="draw">Chooses what the scan looks for.</param>
    public static string? Compare(UserProcess process, PageRange range, uint draw)
    {
        PageScanRequest request = Draw(range, draw);
        PageRegion[] regions = new PageRegion[1 + (draw % 7)], every = new PageRegion[PageCountMax];
        Require(process.Memory.ScanPages(request, regions, out int count, out PageCount pages, out PageNumber end));
        PageScanRequest all = new(range, 0, 0, 0, PageCategories.All);
        Require(process.Memory.ScanPages(all, every, out int everyCount, out _, out _));
        if (FindMistaken(process, every.AsSpan(0, everyCount)) is { } mistaken) return mistaken;

        (List<PageRegion> expected, PageNumber expectedEnd) = Sift(request, every.AsSpan(0, everyCount), regions.Length);
        uint expectedPages = (uint)expected.Sum(static region => region.Range.Count.Value);
        if (expected.SequenceEqual(regions.Take(count)) && expectedPages == pages.Value && expectedEnd == end) return null;
        return $"{request} finds {string.Join(' ', regions.Take(count))} up to {end.Value:x5}; one by one it is " +
            $"{string.Join(' ', expected)} up to {expectedEnd.Value:x5}";
    }

    private static PageScanRequest Draw(PageRange range, uint draw)
    {
        PageCategories Pick(int shift) => (PageCategories)(draw >> shift) & (PageCategories)(draw >> (shift + 3)) & PageCategories.All;
        uint most = (draw >> 28) < 4 ? 1 + ((draw >> 24) & 15) : 0;
        return new(range, Pick(0), (draw & 1 << 20) == 0 ? 0 : Pick(9), Pick(5), Pick(13) | Pick(17), most);
    }

    /// <summary>Compares the regions with the page tables themselves.</summary>
    private static string? FindMistaken(UserProcess process, ReadOnlySpan<PageRegion> every)
    {
        foreach (PageRegion region in every)
        {
            for (PageNumber page = region.Range.First; page < region.Range.End; page++)
            {
                PageTableEntry entry = process.Memory.Space.Tables.Read(page);
                bool isPresent = (region.Categories & PageCategories.Present) != 0;
                bool isSwapped = (region.Categories & PageCategories.Swapped) != 0;
                if (isPresent != entry.IsPresent || isSwapped != (!entry.IsPresent && !entry.IsNeverTouched))
                    return $"page {page.Value:x5} is reported as {region.Categories}, and its entry is {entry}";
            }
        }

        return null;
    }

    private static (List<PageRegion> Regions, PageNumber End) Sift(
        in PageScanRequest request, ReadOnlySpan<PageRegion> every, int regionCountMax)
    {
        List<PageRegion> found = [];
        uint pages = 0;
        foreach (PageRegion region in every)
        {
            for (PageNumber page = region.Range.First; page < region.Range.End; page++)
            {
                PageCategories seen = region.Categories ^ request.Inverted, returned = region.Categories & request.Return;
                bool matches = (seen & request.Mask) == request.Mask && (request.AnyOf == 0 || (seen & request.AnyOf) != 0);
                if (!matches) continue;
                bool joins = found.Count != 0 && found[^1].Range.End == page && found[^1].Categories == returned;
                bool isFull = (request.PageCountMax != 0 && pages == request.PageCountMax) || (!joins && found.Count == regionCountMax);
                if (isFull) return (found, page);
                if (joins) found[^1] = new(new(found[^1].Range.First, found[^1].Range.Count + PageCount.One), returned);
                else found.Add(new(new(page, PageCount.One), returned));
                pages++;
            }
        }

        return (found, request.Range.End);
    }

    private static void Require(Errno error)
    {
        if (error != Errno.None) throw new InvalidOperationException($"A scan was refused: {error}.");
    }
}
