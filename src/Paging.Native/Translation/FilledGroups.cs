using System.Numerics;
using System.Runtime.CompilerServices;

namespace Paging.Native.Translation;

//   regions of 4 MiB            [1][0][0][1] …                                    1: one of its groups may hold translations
//   groups of a region of those [1][0][0][1][0][0][0][0][0][0][0][0][0][0][0][0]  64 pages each
/// <summary>The groups of 64 pages in which a translation cache may hold something, so that dropping a range clears no more.</summary>
/// <remarks>
/// All bits lie after the tables of an <see cref="AddendPair"/>: in the shared pair no group is ever marked. A mark is an atomic step, as
/// touches mark groups of a region beside the slow path, which alone marks regions. Marks are taken while no touch runs.
/// </remarks>
internal readonly unsafe struct FilledGroups
{
    /// <summary>The number of pages in a group. Their addends are 512 bytes, which are cleared in some ten stores.</summary>
    public const int PagesEach = 1 << PageShift;

    /// <summary>The number of bytes of all bits.</summary>
    public const int ByteLength = (RegionCount * sizeof(uint)) + (RegionCount / 8);

    private const int PageShift = 6, RegionShift = 10, InRegion = 16, RegionCount = 1024;

    private readonly uint* _groups;    // a bit for each group, a word for each region; then the regions

    // SAFETY: the pair has room for the bits there, and its cache refers to it while this is used.
    /// <summary>The bits of the pair with this table for writing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FilledGroups(long* write) => _groups = (uint*)(write + AddendPair.WordCount);

    private ref RegionSet Regions => ref *(RegionSet*)(_groups + RegionCount);

    /// <summary>The lowest region with a filled group that is not below <paramref name="region"/>, or -1.</summary>
    public int NextRegionFrom(int region) => Regions.NextFrom(region);

    // SAFETY, here and below: a page is below 2^20, so its region is one of the 1024 that have a word.
    /// <summary>True if the page's group is marked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(PageNumber page) => (_groups[page.DirectoryIndex] & BitOf(page)) != 0;

    /// <summary>Marks the page's group, and its region.</summary>
    public void Add(PageNumber page)
    {
        Regions.Add(page.DirectoryIndex);
        Interlocked.Or(ref _groups[page.DirectoryIndex], BitOf(page));
    }

    /// <summary>Marks the page's group if its region is marked. Returns false if it is not. Called beside the slow path.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAddBeside(PageNumber page)
    {
        if (Contains(page)) return true;
        if (!Regions.Contains(page.DirectoryIndex)) return false;
        Interlocked.Or(ref _groups[page.DirectoryIndex], BitOf(page));
        return true;
    }

    /// <summary>Finds the next run of pages in marked groups, in one region. Cost: a test for 64 regions without any.</summary>
    /// <param name="from">Where to begin; afterwards the end of the run.</param>
    /// <param name="end">The end of the search.</param>
    /// <param name="run">The run, cut to the search.</param>
    public bool TryNextRun(ref PageNumber from, PageNumber end, out PageRange run)
    {
        while (from < end)
        {
            int region = Regions.NextFrom(from.DirectoryIndex);
            if (region < 0) break;
            if (region != from.DirectoryIndex) from = new((uint)region << RegionShift);
            uint group = from.Value >> PageShift;
            uint groups = _groups[region] >> (int)(group & (InRegion - 1));
            uint first = group + (uint)BitOperations.TrailingZeroCount(groups);    // 32 where there is none: in a later region
            uint last = first + (uint)BitOperations.TrailingZeroCount(~(groups >> (int)(first - group)));
            PageNumber start = new(Math.Max(from.Value, first << PageShift));
            from = new(groups == 0 ? (uint)(region + 1) << RegionShift : last << PageShift);
            if (groups == 0) continue;
            if (start >= end) break;
            run = PageRange.Between(start, from < end ? from : end);
            return true;
        }

        run = default;
        return false;
    }

    /// <summary>Takes the marks of all groups that a run of <see cref="TryNextRun"/> covers whole.</summary>
    public void Remove(PageRange run)
    {
        uint first = (run.First.Value + (1 << PageShift) - 1) >> PageShift, end = run.End.Value >> PageShift;
        if (first >= end) return;
        int region = run.First.DirectoryIndex;
        uint taken = ((1u << (int)(end - first)) - 1) << (int)(first & (InRegion - 1));
        _groups[region] &= ~taken;
        if (_groups[region] == 0) Regions.Remove(region);
    }

    /// <summary>True if the region is marked if and only if one of its groups is; for audits.</summary>
    public bool Agrees(int region) => Regions.Contains(region) == (_groups[region] != 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint BitOf(PageNumber page) => 1u << (int)((page.Value >> PageShift) & (InRegion - 1));
}
