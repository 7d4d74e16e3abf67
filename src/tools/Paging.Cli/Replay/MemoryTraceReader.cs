using System.Collections.Immutable;
using Paging.Traces.Reading;

namespace Paging.Cli.Replay;

/// <summary>A trace that is in memory already.</summary>
internal sealed class MemoryTraceReader(ImmutableArray<TraceAccess> accesses) : TraceReader
{
    private int _position;

    public override bool HasStores => false;

    public override TraceFormat Format => TraceFormat.Lirs;

    public override int Read(Span<TraceAccess> destination)
    {
        int count = Math.Min(destination.Length, accesses.Length - _position);
        accesses.AsSpan(_position, count).CopyTo(destination);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
    }
}
