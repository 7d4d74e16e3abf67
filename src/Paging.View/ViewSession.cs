using Paging.Core;
using Paging.Native;
using Paging.Pictures;
using Paging.Scripting;

namespace Paging.View;

/// <summary>A script on an engine that can stop, go on, and go back.</summary>
/// <remarks>
/// Going back runs the script again from its start: the engine is deterministic, so what is shown is what was. Cost: O(calls).
/// Belongs to one thread at a time; <see cref="Enter"/> hands it over.
/// </remarks>
internal sealed class ViewSession : IDisposable
{
    private const int EventCountMax = 1 << 18;

    private readonly ScenarioHeader _header;
    private readonly EngineMachineOptions _options;
    private readonly List<ScenarioCall> _calls;
    private readonly List<string> _results = [];
    private readonly List<(int Call, EngineEvent Event)> _log = [];
    private readonly List<EngineEvent> _happened = [];
    private EngineMachine _machine;
    private EventRecorder _events;

    public ViewSession(ScenarioDocument document, EngineMachineOptions options)
    {
        (_header, _options) = (document.Header, options);
        _calls = [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => line.Call)];
        (_machine, _events) = Begin();
        Now = MachineView.Take(Engine);
    }

    /// <summary>The calls of the script, and those that were typed in.</summary>
    public IReadOnlyList<ScenarioCall> Calls => _calls;

    /// <summary>What the executed calls have returned.</summary>
    public IReadOnlyList<string> Results => _results;

    /// <summary>How many calls have been executed.</summary>
    public int Position => _results.Count;

    /// <summary>The places at which <see cref="Continue"/> stops.</summary>
    public List<ViewBreakpoint> Breakpoints { get; } = [];

    /// <summary>The machine after the last call.</summary>
    public MachineView Now { get; private set; }

    /// <summary>The machine before it; null at the start.</summary>
    public MachineView? Before { get; private set; }

    /// <summary>What has happened so far, with the call that it happened in, counted from 1.</summary>
    public IReadOnlyList<(int Call, EngineEvent Event)> Log => _log;

    private PagingEngine Engine => _machine.Engine;

    /// <summary>Hands the engine to the thread that calls. The caller ensures that there is only one at a time.</summary>
    public void Enter() => Engine.BindToCurrentThread();

    /// <summary>Goes to the moment after so many calls, forwards or backwards.</summary>
    public void GoTo(int position)
    {
        int target = Math.Clamp(position, 0, _calls.Count);
        if (target < Position || target == 0) Restart();
        while (Position < target - 1) Execute();
        Before = target == 0 ? null : MachineView.Take(Engine);
        if (Position < target) Execute();
        Now = MachineView.Take(Engine);
    }

    /// <summary>Runs to the next breakpoint or to the end. Returns what it stopped at.</summary>
    public string Continue()
    {
        while (Position < _calls.Count)
        {
            FrameDescriptor[] frames = [.. WatchedFrames.Select(Engine.DescribeFrame)];
            Before = Breakpoints.Count != 0 || Position == _calls.Count - 1 ? MachineView.Take(Engine) : null;
            Execute();
            bool hasChanged = WatchedFrames.Select(Engine.DescribeFrame).Zip(frames).Any(static pair => !IsSame(pair.First, pair.Second));
            ScenarioCall call = _calls[Position - 1];
            if (Breakpoints.Find(point => point.Stops(call, _happened, hasChanged)) is not { } stopped) continue;
            Now = MachineView.Take(Engine);
            return $"stopped at {stopped}, call {Position}";
        }

        Now = MachineView.Take(Engine);
        return "the end of the script";
    }

    /// <summary>Executes a call of the scenario language here and now, and makes it a part of the script.</summary>
    public string Evaluate(string line)
    {
        ScenarioCall call = ScenarioParser.ParseCall(line);
        _calls.Insert(Position, call);
        GoTo(Position + 1);
        return $"{call} = {_results[^1]}";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Enter();
        _events.Dispose();
        _machine.Dispose();
    }

    private IEnumerable<FrameNumber> WatchedFrames => Breakpoints.Select(static point => point.Frame).OfType<FrameNumber>()
        .Where(frame => frame.Value < Engine.Ram.FrameCount.Value);

    private static bool IsSame(in FrameDescriptor left, in FrameDescriptor right) =>
        (left.State, left.MapCount, left.Owner, left.Index) == (right.State, right.MapCount, right.Owner, right.Index);

    private (EngineMachine, EventRecorder) Begin()
    {
        EngineMachine machine = new(_options);
        machine.Start(_header);
        return (machine, machine.Engine.RecordEvents(1 << 16));
    }

    private void Restart()
    {
        _events.Dispose();
        _machine.Dispose();
        _results.Clear();
        _log.Clear();
        (_machine, _events) = Begin();
    }

    private void Execute()
    {
        ScriptResult result = _machine.Execute(_calls[Position]);
        _results.Add(ScenarioPrinter.Print(in result));
        _happened.Clear();
        EventSink sink = new(_happened);
        _events.Drain(ref sink);
        foreach (EngineEvent happened in _happened)
            if (_log.Count < EventCountMax) _log.Add((Position, happened));
    }

    private readonly struct EventSink(List<EngineEvent> events) : IEngineEventSink
    {
        public void Take(in EngineEvent happened) => events.Add(happened);
    }
}
