namespace Paging.Windows.Caching;

/// <summary>The last two reads through an open file, which predict the next one.</summary>
/// <remarks>
/// Two reads that follow each other, or lie equally far apart, predict a third. Windows: FileOffset1 and 2 of a private cache map.
/// Linux grows a window as long as reads stay in it.
/// </remarks>
internal struct ReadPattern
{
    /// <summary>Read-ahead is in pieces of 64 KB, on offsets of 64 KB.</summary>
    public const long Granule = 0x1_0000;

    private long _first, _firstEnd, _second, _secondEnd;
    private int _count;

    /// <summary>Notes a read.</summary>
    /// <param name="offset">The first byte of the read.</param>
    /// <param name="end">The byte after the last one of the read.</param>
    /// <param name="ahead">The expected start of the next read, and the end of that piece.</param>
    /// <returns>False: the reads have no pattern.</returns>
    public bool TryPredict(long offset, long end, out (long Begin, long End) ahead)
    {
        ahead = default;
        bool isSequential = _count >= 2 && _first == _secondEnd && offset == _firstEnd;
        long stride = offset - _first;
        bool isStriding = _count >= 2 && stride > 0 && _first - _second == stride && end - offset == _firstEnd - _first;
        (_second, _secondEnd, _first, _firstEnd) = (_first, _firstEnd, offset, end);
        _count = Math.Min(_count + 1, 2);    // two reads are remembered, so it must not overflow
        if (isSequential) ahead = (end, ((end + Granule) & ~(Granule - 1)) + Granule);
        else if (isStriding) ahead = (offset + stride, end + stride);
        return isSequential || isStriding;
    }
}
