using System.Diagnostics;
using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;

namespace Paging.View;

/// <summary>A script: each call is a step.</summary>
public sealed class ViewedScript : IViewedRun
{
    private readonly ScenarioHeader _header;
    private readonly EngineMachineOptions _options;
    private readonly List<(ScenarioCall Call, bool IsTyped)> _calls;
    private readonly List<ViewedStep> _steps;
    private readonly IViewedCosts? _costs;
    private EngineMachine _machine;
    private IScenarioMachine _counted;    // the machine, with its calls counted
    private EventRecorder _events;

    /// <summary>Prepares a script; nothing of it is executed yet.</summary>
    /// <param name="document">The script.</param>
    /// <param name="options">The options of the machine.</param>
    /// <param name="costs">Counts its time; null: it is not counted.</param>
    public ViewedScript(ScenarioDocument document, EngineMachineOptions options, IViewedCosts? costs = null)
    {
        (_header, _options, _costs) = (document.Header, options, costs);
        _calls = [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => (line.Call, false))];
        _steps = [.. _calls.Select(static one => StepOf(one.Call))];
        (_machine, _counted) = BeginCounted();
        _events = Record(_machine);
    }

    /// <inheritdoc/>
    public IReadOnlyList<CounterView> Counters => _costs?.Counters ?? [];

    /// <inheritdoc/>
    public PagingEngine Engine => _machine.Engine;

    /// <inheritdoc/>
    public IReadOnlyList<ViewedStep> Steps => _steps;

    /// <inheritdoc/>
    public bool IsComplete => true;

    /// <summary>0: a call of the first process may begin with <c>[0]</c>.</summary>
    public int FirstNumber => 0;

    /// <inheritdoc/>
    public int Position { get; private set; }

    /// <inheritdoc/>
    public bool TryStep(ICollection<EngineEvent> happened)
    {
        if (Position == _calls.Count) return false;
        ScriptResult result = _counted.Execute(_calls[Position].Call);
        _steps[Position] = _steps[Position] with { Result = ScenarioPrinter.Print(in result) };
        Position++;
        EventCollector collector = new(happened);
        _events.Drain(ref collector);
        return true;
    }

    /// <inheritdoc/>
    public void Restart(int position)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)_calls.Count, nameof(position));
        End();
        (_machine, _counted) = BeginCounted();
        for (Position = 0; Position < position; Position++) Repeat(_counted, Position);
        _events = Record(_machine);
    }

    /// <inheritdoc/>
    public ViewedWrite? FindLastWrite(int processId, VirtualAddress address, TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        WriteFollower writes = new(address);
        using EngineMachine machine = Begin(_options);
        writes.Look(machine.Engine, 0);
        for (int i = 0; i < Position; i++)
        {
            if (Stopwatch.GetElapsedTime(start) > patience) throw new TimeoutException();
            Repeat(machine, i);
            writes.Look(machine.Engine, i + 1);
        }

        return writes.LastOf(processId);
    }

    /// <inheritdoc/>
    public string? Insert(string line)
    {
        ScenarioCall call = ScenarioParser.ParseCall(line);
        if (_machine.ProcessOf(call.Process) is null) return $"there is no process {call.Process}";
        while (Position < _calls.Count && _calls[Position].IsTyped) TakeOut();
        _calls.Insert(Position, (call, true));
        _steps.Insert(Position, StepOf(call));
        return null;
    }

    /// <inheritdoc/>
    public ScenarioCall? CallOf(int step) => _calls[step].Call;

    /// <inheritdoc/>
    public void TakeOut()
    {
        _calls.RemoveAt(Position);
        _steps.RemoveAt(Position);
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    internal static ViewedStep StepOf(in ScenarioCall call)
    {
        PageNumber? page = call.Name is >= CallName.Load and <= CallName.CopyOut ? new VirtualAddress((uint)call.A0).Page : null;
        return new(call.Name.ToString().ToLowerInvariant(), call.ToString(), Result: null, page, call.Process);
    }

    /// <summary>Executes a call whose result is known.</summary>
    private void Repeat(IScenarioMachine machine, int call)
    {
        if (!IsQuery(_calls[call].Call.Name)) machine.Execute(_calls[call].Call);
    }

    /// <summary>Calls that change nothing, neither in the engine nor in the machine around it.</summary>
    private static bool IsQuery(CallName name) => name is CallName.Maps or CallName.Areas or CallName.Resident or CallName.Pagemap
        or CallName.Vm or CallName.Pool or CallName.Usage or CallName.Tables or CallName.HugeMap or CallName.Smaps;

    private (EngineMachine, IScenarioMachine) BeginCounted()
    {
        EngineMachine machine = Begin(_costs?.AddTo(_options) ?? _options);
        return (machine, _costs?.Around(machine) ?? machine);
    }

    private EngineMachine Begin(EngineMachineOptions options)
    {
        EngineMachine machine = new(options);
        machine.Start(_header);
        return machine;
    }

    private static EventRecorder Record(EngineMachine machine) => machine.Engine.RecordEvents(1 << 16);

    private void End()
    {
        _events.Dispose();
        _machine.Dispose();
    }
}
