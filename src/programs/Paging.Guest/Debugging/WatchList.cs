using Paging.Native;
using Paging.Processors.Emulation;

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

    /// <summary>Reads their bytes before an instruction is executed, and whether it will make an access that is watched.</summary>
    public (byte[] Bytes, bool WillBeHit)[] Read(DebugStops stops) =>
        [.. _ranges.Select(range => (read(range.Start, range.ByteLength), range.WillBeHit(stops)))];

    /// <summary>Finds the first watchpoint that the instruction has hit.</summary>
    /// <param name="before">The watchpoints before the instruction.</param>
    public WatchedRange? FindHit((byte[] Bytes, bool WillBeHit)[] before)
    {
        for (int i = 0; i < before.Length; i++)
        {
            WatchedRange watch = _ranges[i];
            bool isChanged = watch.Kind != WatchKind.Read && !before[i].Bytes.AsSpan().SequenceEqual(read(watch.Start, watch.ByteLength));
            if (isChanged || before[i].WillBeHit) return watch;
        }

        return null;
    }
}
