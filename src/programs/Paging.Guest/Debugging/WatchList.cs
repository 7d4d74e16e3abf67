using Paging.Native;

namespace Paging.Guest.Debugging;

/// <summary>The watchpoints of gdb. Finds the one that an instruction has hit.</summary>
/// <param name="read">Reads memory of the program as far as possible.</param>
internal sealed class WatchList(Func<VirtualAddress, uint, byte[]> read)
{
    private readonly List<WatchedRange> _ranges = [];

    public IReadOnlyList<WatchedRange> Ranges => _ranges;

    /// <summary>The pages to watch, each with true if its reads are watched too.</summary>
    public IEnumerable<(PageNumber Page, bool Reads)> Pages =>
        _ranges.SelectMany(static one => one.Pages.Select(page => (page, one.Kind != WatchKind.Write)));

    public void Add(in WatchedRange range)
    {
        if (!_ranges.Contains(range)) _ranges.Add(range);
    }

    public void Remove(in WatchedRange range) => _ranges.Remove(range);

    public void Clear() => _ranges.Clear();

    /// <summary>Reads their bytes before an instruction is executed.</summary>
    public byte[][] Read() => [.. _ranges.Select(range => read(range.Start, range.ByteLength))];

    /// <summary>Finds the first watchpoint that the instruction has hit.</summary>
    /// <param name="before">The bytes of the watchpoints before the instruction.</param>
    /// <param name="address">The address that the instruction has accessed on a watched page, or null.</param>
    public WatchedRange? FindHit(byte[][] before, VirtualAddress? address)
    {
        for (int i = 0; i < before.Length; i++)
        {
            WatchedRange watch = _ranges[i];
            bool isChanged = !before[i].AsSpan().SequenceEqual(read(watch.Start, watch.ByteLength));
            bool isAccessed = watch.Kind != WatchKind.Write && address is { } accessed && watch.IsNear(accessed);
            if (isChanged || isAccessed) return watch;
        }

        return null;
    }
}
