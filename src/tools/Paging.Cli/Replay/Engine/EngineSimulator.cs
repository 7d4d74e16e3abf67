using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Traces.Offline;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Cli.Replay.Engine;

/// <summary>Runs a trace on the full engine and counts as a simulator does: faults are its misses.</summary>
internal sealed class EngineSimulator(int pageCount, int frameCount, ReclaimPolicy policy, ISwapStore? swap = null)
    : TraceSimulator(frameCount), IDisposable
{
    private readonly EngineMemory _memory = EngineMemory.Create(pageCount, frameCount, policy, swap);

    public override long? DirtyEvictionCount => _memory.DirtyEvictionCount;

    /// <summary>The swap traffic.</summary>
    public EngineTraffic Traffic => new(_memory.SwapWriteCount, _memory.SwapReadCount);

    public override void Run(in TraceBlock block)
    {
        ReadOnlySpan<TraceAccess> accesses = block.Accesses.Span;
        ReadOnlySpan<int> ids = block.PageIds.Span;
        for (int index = 0; index < ids.Length; index++)
            if (_memory.Access(ids[index], accesses[index].IsStore)) MissCount++;
        AccessCount += ids.Length;
    }

    /// <summary>Audits the engine.</summary>
    public void Audit() => _memory.Audit();

    public void Dispose() => _memory.Dispose();
}

/// <summary>Pages moved between frames and the swap device.</summary>
/// <param name="WriteCount">Pages written.</param>
/// <param name="ReadCount">Pages read back.</param>
internal readonly record struct EngineTraffic(long WriteCount, long ReadCount)
{
    /// <summary>Adds two.</summary>
    public static EngineTraffic operator +(EngineTraffic left, EngineTraffic right) =>
        new(left.WriteCount + right.WriteCount, left.ReadCount + right.ReadCount);
}

/// <summary>Records the page of each access, for a policy that needs the future accesses.</summary>
internal sealed class TraceRecorder() : TraceSimulator(frameCount: 1)
{
    private readonly List<int> _ids = [];

    public override long? DirtyEvictionCount => null;

    /// <summary>The future of the recorded accesses.</summary>
    public FutureUses Future => new(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids));

    public override void Run(in TraceBlock block) => _ids.AddRange(block.PageIds.Span);
}
