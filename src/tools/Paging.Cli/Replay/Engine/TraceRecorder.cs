using System.Runtime.InteropServices;
using Paging.Traces.Offline;
using Paging.Traces.Simulation;

namespace Paging.Cli.Replay.Engine;

/// <summary>Records the page of each access, for a policy that needs the future accesses.</summary>
internal sealed class TraceRecorder() : TraceSimulator(frameCount: 1)
{
    private readonly List<int> _ids = [];

    public override long? DirtyEvictionCount => null;

    /// <summary>The future of the recorded accesses.</summary>
    public FutureUses Future => new(CollectionsMarshal.AsSpan(_ids));

    public override void Run(in TraceBlock block) => _ids.AddRange(block.PageIds.Span);
}
