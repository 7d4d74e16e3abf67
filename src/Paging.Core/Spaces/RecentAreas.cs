using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The areas in which pages were found lately: after a restore, a process writes the same pages again.</summary>
/// <remarks>A9: an entry names an area of the tree. Its range may have changed, so the caller compares it.</remarks>
internal sealed class RecentAreas
{
    private const int SizeShift = 8;    // 256: twice the pages that an iteration of a fuzzer writes, most often

    private readonly AreaIndex[] _areas = new AreaIndex[1 << SizeShift];
    private bool _isEmpty = true;

    /// <summary>The entries, for audits.</summary>
    public ReadOnlySpan<AreaIndex> All => _areas;

    /// <summary>The area in which the page may lie, or none.</summary>
    public AreaIndex this[PageNumber page]
    {
        get => _areas[PlaceOf(page)];
        set => (_areas[PlaceOf(page)], _isEmpty) = (value, false);
    }

    /// <summary>Forgets every entry, because an area leaves the tree.</summary>
    public void Clear()
    {
        if (_isEmpty) return;
        Array.Clear(_areas);
        _isEmpty = true;
    }

    private static int PlaceOf(PageNumber page) => (int)((page.Value * 0x9E37_79B1) >> (32 - SizeShift));    // Fibonacci hashing
}
