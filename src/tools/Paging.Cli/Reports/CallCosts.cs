using System.Diagnostics;
using Paging.Core;
using Paging.Native;

namespace Paging.Cli.Reports;

/// <summary>The cost of each call of each process: page faults, frames, and the host's time.</summary>
/// <remarks>
/// The engine's counters are read after each call; their growth is the call's cost. The host's time runs from
/// <see cref="Begin"/> to <see cref="End"/>, so that observers of the run are not counted.
/// </remarks>
/// <param name="engine">The engine that the calls are made on.</param>
internal sealed class CallCosts(PagingEngine engine)
{
    private readonly Dictionary<(string Process, string Call), CallCost> _costs = [];
    private FaultCounters _faults = engine.Faults;
    private Frames _frames = Frames.Of(engine);
    private long _began = Stopwatch.GetTimestamp();

    /// <summary>The costs by process and call, in the order in which they first came.</summary>
    public IReadOnlyDictionary<(string Process, string Call), CallCost> All => _costs;

    /// <summary>Notes the beginning of a call, or of a stretch of a program.</summary>
    public void Begin() => _began = Stopwatch.GetTimestamp();

    /// <summary>Notes its end. The next one begins now, unless <see cref="Begin"/> is called.</summary>
    public void End(string process, string call)
    {
        TimeSpan time = Stopwatch.GetElapsedTime(_began);
        if (!_costs.TryGetValue((process, call), out CallCost? cost)) _costs.Add((process, call), cost = new());
        FaultCounters faults = engine.Faults;
        Frames frames = Frames.Of(engine);
        cost.Count++;
        cost.HostTime += time;
        cost.MinorFaults += faults.Minor - _faults.Minor;
        cost.MajorFaults += faults.Major - _faults.Major;
        cost.RefusedFaults += faults.Refused - _faults.Refused;
        cost.AnonymousFrames += Math.Max(0, frames.Anonymous - _frames.Anonymous);
        cost.FileFrames += Math.Max(0, frames.OfFiles - _frames.OfFiles);
        cost.TableFrames += Math.Max(0, frames.Tables - _frames.Tables);
        cost.FreedFrames += Math.Max(0, frames.Free - _frames.Free);
        (_faults, _frames) = (faults, frames);
        Begin();
    }

    private readonly record struct Frames(long Anonymous, long OfFiles, long Tables, long Free)
    {
        public static Frames Of(PagingEngine engine) => new(
            (long)engine.Frames.CountOf(FrameState.Anonymous).Value + engine.Frames.CountOf(FrameState.SwapCache).Value,
            engine.Frames.CountOf(FrameState.PageCache).Value, engine.Frames.CountOf(FrameState.PageTable).Value,
            engine.Frames.CountOf(FrameState.Free).Value);
    }
}
