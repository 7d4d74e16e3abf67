using Paging.Core;

namespace Paging.Cli;

/// <summary>Watches an engine while a script runs: every page fault, and the figures after every call.</summary>
/// <remarks>Of a long script every second, fourth, … sample is kept, so that a report stays small.</remarks>
internal sealed class RunTimeline(PagingEngine engine) : IDisposable
{
    private const int SampleCountMax = 512, FaultCountMax = 1 << 18;

    private readonly EventRecorder _events = engine.RecordEvents(1 << 16);
    private readonly List<TimelineSample> _samples = [];
    private readonly List<(long Time, uint Page)> _faults = [];
    private long _every = 1;

    /// <summary>The samples that were kept, in order.</summary>
    public IReadOnlyList<TimelineSample> Samples => _samples;

    /// <summary>The faults, with the call that made each: the first 2^18.</summary>
    public IReadOnlyList<(long Time, uint Page)> Faults => _faults;

    /// <summary>Takes the figures after a call.</summary>
    /// <param name="call">How many calls have been executed, this one among them.</param>
    public void Note(long call)
    {
        FaultSink sink = new(_faults, call - 1);
        _events.Drain(ref sink);
        if (call % _every != 0) return;
        long resident = 0, swapped = 0;
        foreach (UserProcess process in engine.Processes)
        {
            if (process.HasExited) continue;
            MemoryUsage usage = process.Memory.Usage;
            resident += usage.Resident.Value;
            swapped += usage.Swapped.Value;
        }

        _samples.Add(new(call, engine.Faults, resident, engine.CachedPages.Value, swapped));
        if (_samples.Count <= SampleCountMax) return;
        _every *= 2;
        _samples.RemoveAll(sample => sample.Call % _every != 0);
    }

    /// <summary>Ends the recording.</summary>
    public void Dispose() => _events.Dispose();

    private readonly struct FaultSink(List<(long Time, uint Page)> faults, long time) : IEngineEventSink
    {
        public void Take(in EngineEvent happened)
        {
            bool isFault = happened.Kind is EngineEventKind.MinorFault or EngineEventKind.MajorFault or EngineEventKind.RefusedFault;
            if (isFault && faults.Count < FaultCountMax) faults.Add((time, happened.Pages.First.Value));
        }
    }
}
