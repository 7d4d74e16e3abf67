using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Testing.Lockstep;

/// <summary>
/// Keeps the engine of a scenario that found nothing for the next one of its block: half of a short scenario's time is the host's page
/// faults of fresh RAM.
/// </summary>
/// <remarks><code>
///   seeds     … 63 │ 64  65  66 … 127 │ 128 …     a block of 64 seeds has one draw of engine options (Swarm.DrawEngine),
///   engine      a  │  b   b   b …   b │  c          one job, and one engine as long as it comes back as it was
/// </code>
/// An engine comes back only when everything has been given back: no process, no file, no area, root, open file or committed page, and as
/// many free frames as when it was new. No result may depend on the rest of its past: the order of free frames and records,
/// counters, numbers of processes. So reuse tests that, too. A failure that a fresh engine does not show is reported with the
/// seed where its engine was new.
/// </remarks>
internal sealed class EngineShelf : IDisposable
{
    /// <summary>The seeds of a block.</summary>
    public const ulong BlockLength = 64;

    private PagingEngine? _kept;
    private uint _freeFramesWhenNew;

    /// <summary>Room for the calls of a scenario. A fresh list of thousands for each would be large garbage.</summary>
    public List<ScenarioCall> Calls { get; } = [];

    /// <summary>The seed for which the engine last taken was built.</summary>
    public ulong FirstSeed { get; private set; }

    /// <summary>Calls that the engine last taken executed before it was taken.</summary>
    public long CallCountBefore { get; private set; }

    /// <summary>The block that a seed is in.</summary>
    public static ulong BlockOf(ulong seed) => seed / BlockLength;

    /// <summary>The first seed of the next block.</summary>
    public static ulong EndOfBlock(ulong seed) => (BlockOf(seed) + 1) * BlockLength;

    /// <summary>An engine with the options and without a process: the one that is kept if it has them, or a new one.</summary>
    public PagingEngine Take(EngineOptions options, ulong seed)
    {
        PagingEngine? engine = _kept;
        _kept = null;
        if (engine is not null && engine.Options == options with { MaxMapCount = engine.Options.MaxMapCount })
        {
            engine.MaxMapCount = options.MaxMapCount;
            return engine;
        }

        engine?.Dispose();
        engine = new(options);
        _freeFramesWhenNew = engine.Frames.CountOf(FrameState.Free).Value;
        (FirstSeed, CallCountBefore) = (seed, 0);
        return engine;
    }

    /// <summary>Ends the processes of the engine last taken, and keeps it if nothing remains in it.</summary>
    /// <param name="engine">The engine, whose files were released.</param>
    /// <param name="callCount">The calls that it has executed.</param>
    /// <returns>A description of the remains; null if the engine is as it was. The shelf has the engine in any case.</returns>
    public AuditReport? TakeBack(PagingEngine engine, long callCount)
    {
        foreach (UserProcess process in engine.Processes.ToArray()) process.Dispose();
        HugeCounters huge = engine.HugePages.Counters;
        if (engine.Options.HugePages + engine.Options.SurplusHugePages != 0 || huge.PoolTotal != 0)
            engine.HugePages.Resize(engine.Options.HugePages);
        AuditReport report = engine.FindLeaks(countsFiles: true);
        ulong zeros = huge.ZeroPagesMade == 0 ? 0 : engine.HugePages.PageBytes >> VirtualAddress.PageShift;    // it stays
        report.AddIfDifferent("L6", "free frames after everything was given back", _freeFramesWhenNew,
            engine.Frames.CountOf(FrameState.Free).Value + (long)zeros);
        CallCountBefore += callCount;
        if (report.IsClean) _kept = engine;
        else engine.Dispose();
        return report.IsClean ? null : report;
    }

    public void Dispose()
    {
        _kept?.Dispose();
        _kept = null;
    }
}
