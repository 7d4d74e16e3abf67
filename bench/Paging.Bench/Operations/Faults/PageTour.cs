namespace Paging.Bench.Operations.Faults;

/// <summary>Which pages are touched, and in which order: offsets from the start, the same for every contender of a race.</summary>
internal sealed class PageTour
{
    private const uint PageLength = 4096;
    private const uint Stride = 24_989;    // prime, so that it visits every area before it comes back

    private readonly uint[] _offsets;

    private PageTour(int count) => _offsets = new uint[count];

    /// <summary>One byte offset a page.</summary>
    public ReadOnlySpan<uint> Offsets => _offsets;

    /// <summary>How many bytes lie between the start and the end of the last page.</summary>
    public uint ByteLength { get; private init; }

    /// <summary>Pages in a row.</summary>
    public static PageTour InOrder(int pageCount)
    {
        PageTour tour = new(pageCount) { ByteLength = (uint)pageCount * PageLength };
        for (int i = 0; i < pageCount; i++) tour._offsets[i] = (uint)i * PageLength;
        return tour;
    }

    /// <summary>The pages of some of many areas, two pages from one to the next, far from one another.</summary>
    public static PageTour OverAreas(int areaCount, int pageCount)
    {
        PageTour tour = new(pageCount) { ByteLength = (uint)areaCount * 2 * PageLength };
        for (int i = 0; i < pageCount; i++) tour._offsets[i] = (uint)((ulong)i * Stride % (uint)areaCount) * 2 * PageLength;
        return tour;
    }
}
