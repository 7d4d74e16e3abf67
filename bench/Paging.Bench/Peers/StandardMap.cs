namespace Paging.Bench.Peers;

/// <summary>Areas in C++'s <c>std::map</c> (<c>standard_map.cpp</c>).</summary>
internal sealed class StandardMap : IDisposable
{
    // Unsafe: the map lives from the constructor to Dispose.
    private readonly unsafe nint _areas = PeerCalls.NewAreas();

    /// <summary>Areas of one page, with a page between one and the next.</summary>
    // Unsafe: the map lives from the constructor to Dispose.
    public unsafe StandardMap(uint firstPage, int areaCount)
    {
        for (uint i = 0; i < areaCount; i++) PeerCalls.AddArea(_areas, firstPage + (2 * i), pageCount: 1, rights: 1);
    }

    /// <summary>How many areas there are.</summary>
    // Unsafe: the map lives from the constructor to Dispose.
    public unsafe uint Count => PeerCalls.CountAreas(_areas);

    /// <summary>Finds the area of each page; the sum of their first pages.</summary>
    // Unsafe: the map lives from the constructor to Dispose.
    public unsafe uint Find(ReadOnlySpan<uint> pages)
    {
        fixed (uint* start = pages) return PeerCalls.FindAreas(_areas, start, (uint)pages.Length);
    }

    /// <summary>Inserts an area below the lowest one and erases it, so many times.</summary>
    // Unsafe: the map lives from the constructor to Dispose.
    public unsafe void MapAndUnmap(uint pageCount, int pairs) => PeerCalls.MapAndUnmapAreas(_areas, pageCount, rights: 3, (uint)pairs);

    /// <inheritdoc/>
    // Unsafe: the map lives from the constructor to Dispose.
    public unsafe void Dispose() => PeerCalls.DeleteAreas(_areas);
}
