using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.Cli.Reports;

/// <summary>
/// Records a script's run: every page fault, the figures after every call, each call's cost, and the referenced pages.
/// </summary>
/// <remarks>Of a long script every second, fourth, … sample is kept, so that a report stays small.</remarks>
internal sealed class RunTimeline(EngineMachine machine) : IScenarioMachine
{
    private const int SampleCountMax = 512;

    private readonly List<ReportSample> _samples = [];
    private readonly List<(long Time, uint Page)> _faults = [];
    private EventRecorder? _events;
    private PagingEngine? _engine;
    private long _every = 1;

    /// <summary>The number of executed calls.</summary>
    public long CallCount { get; private set; }

    /// <summary>The samples that were kept, in order.</summary>
    public IReadOnlyList<ReportSample> Samples => _samples;

    /// <summary>The faults, with the call that made each: the first 2^18, and of a single call 2^16.</summary>
    public IReadOnlyList<(long Time, uint Page)> Faults => _faults;

    /// <summary>All faults, by the engine's counters.</summary>
    public long FaultCount => Costs?.All.Values.Sum(static cost => cost.Faults) ?? 0;

    /// <summary>The cost of the calls; null before the start.</summary>
    public CallCosts? Costs { get; private set; }

    /// <summary>The pages that calls access on behalf of the program.</summary>
    public ReferenceLog References { get; } = new();

    public void Start(ScenarioHeader header)
    {
        machine.Start(header);
        _engine = machine.Engine;
        _events = _engine.RecordEvents(1 << 16);
        Costs = new(_engine);
    }

    public ScriptResult Execute(in ScenarioCall call)
    {
        Costs?.Begin();
        ScriptResult result = machine.Execute(in call);
        if (result.Kind != CallResultKind.Unsupported) Note(in call, in result);
        return result;
    }

    /// <summary>Ends the recording. The machine's creator disposes it.</summary>
    public void Dispose() => _events?.Dispose();

    /// <summary>Takes the figures after a call.</summary>
    private void Note(in ScenarioCall call, in ScriptResult result)
    {
        Costs!.End($"process {call.Process}", ScriptCalls.Of(call.Name).Spelling);
        CallCount++;
        NoteReference(in call, in result);
        FaultSink sink = new(_faults, CallCount - 1);
        _events!.Drain(ref sink);
        if (CallCount % _every == 0) Sample(_engine!);
    }

    /// <summary>An access that ended in a signal or an error may have referenced pages before the one at which it ended.</summary>
    private void NoteReference(in ScenarioCall call, in ScriptResult result)
    {
        if (call.Name is < CallName.Load or > CallName.CopyOut || result.Kind is CallResultKind.Signal or CallResultKind.Error) return;
        long byteLength = call.Name switch
        {
            CallName.Load32 or CallName.Store32 => sizeof(uint),
            CallName.Fill or CallName.Sum or CallName.CopyIn or CallName.CopyOut => call.A1,
            _ => 1,
        };
        uint first = (uint)call.A0 >> VirtualAddress.PageShift;
        long last = ((uint)call.A0 + byteLength - 1) >> VirtualAddress.PageShift;
        if (byteLength > 0) References.Add(CallCount, call.Process, new(new(first), new((uint)(last - first + 1))));
    }

    private void Sample(PagingEngine engine)
    {
        long resident = 0, swapped = 0;
        foreach (UserProcess process in engine.Processes)
        {
            if (process.HasExited) continue;
            MemoryUsage usage = process.Memory.Usage;
            resident += usage.Resident.Value;
            swapped += usage.Swapped.Value;
        }

        _samples.Add(new(CallCount, engine.Faults, resident) { Cached = engine.Files.CachedPages.Value, Swapped = swapped });
        if (_samples.Count <= SampleCountMax) return;
        _every *= 2;
        _samples.RemoveAll(sample => sample.At % _every != 0);
    }
}
