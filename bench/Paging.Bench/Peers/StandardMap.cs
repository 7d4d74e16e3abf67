namespace Paging.Bench.Peers;

/// <summary>Areas in C++'s <c>std::map</c> (<c>standard_map.cpp</c>).</summary>
internal sealed unsafe class StandardMap : IDisposable
{
    private readonly nint _areas = PeerCalls.NewAreas();

    /// <summary>Areas of one page, with a page between one and the next.</summary>
    public StandardMap(uint firstPage, int areaCount)
    {
        for (uint i = 0; i < areaCount; i++) PeerCalls.AddArea(_areas, firstPage + (2 * i), pageCount: 1, rights: 1);
    }

    /// <summary>How many areas there are.</summary>
    public uint Count => PeerCalls.CountAreas(_areas);

    /// <summary>Finds the area of each page; the sum of their first pages.</summary>
    public uint Find(ReadOnlySpan<uint> pages)
    {
        fixed (uint* start = pages) return PeerCalls.FindAreas(_areas, start, (uint)pages.Length);
    }

    /// <summary>Inserts an area below the lowest one and erases it, so many times.</summary>
    public void MapAndUnmap(uint pageCount, int pairs) => PeerCalls.MapAndUnmapAreas(_areas, pageCount, rights: 3, (uint)pairs);

    /// <inheritdoc/>
    public void Dispose() => PeerCalls.DeleteAreas(_areas);
}
