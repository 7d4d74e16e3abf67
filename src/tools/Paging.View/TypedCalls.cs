using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;

namespace Paging.View;

/// <summary>The calls of the scenario language that were typed into a run of another kind than a script, by their steps.</summary>
/// <remarks>
/// They are executed on the run's own processes, which a call names by <see cref="UserProcess.Id"/>; without a number it is made by the
/// first that lives. A run that begins again executes them again at the same steps. Belongs to the thread of the engine.
/// </remarks>
public sealed class TypedCalls
{
    private readonly SortedDictionary<int, ScenarioCall> _calls = [];
    private EngineMachine? _machine;

    /// <summary>The steps that were typed in, from the first.</summary>
    public IEnumerable<int> Steps => _calls.Keys;

    /// <summary>The call of a step; null: it was not typed in.</summary>
    public ScenarioCall? Find(int step) => _calls.TryGetValue(step, out ScenarioCall call) ? call : null;

    /// <summary>Adds the call as a step. The typed calls from there on are dropped.</summary>
    /// <param name="engine">The engine of the run.</param>
    /// <param name="step">The step that it becomes.</param>
    /// <param name="line">The call.</param>
    /// <param name="refuse">The reason why the run does not take a call; null: it does.</param>
    /// <param name="refusal">Why it was not added; null if it was.</param>
    /// <exception cref="ScenarioFormatException">It is no such call.</exception>
    public ViewedStep Insert(PagingEngine engine, int step, string line, Func<CallName, string?> refuse, out string? refusal)
    {
        ScenarioCall call = ScenarioParser.ParseCall(line);
        refusal = refuse(call.Name)
            ?? (MachineOver(engine).ProcessOf(call.Process) is null ? $"there is no process {call.Process}" : null);
        if (refusal is not null) return default;
        DropFrom(step);
        _calls.Add(step, call);
        return ViewedScript.StepOf(call);
    }

    /// <summary>Drops the calls of a step and of those after it.</summary>
    public void DropFrom(int step)
    {
        foreach (int typed in _calls.Keys.Where(typed => typed >= step).ToArray()) _calls.Remove(typed);
    }

    /// <summary>Executes the call of a step, and returns the step with its result.</summary>
    public ViewedStep Execute(PagingEngine engine, int step)
    {
        ScenarioCall call = _calls[step];
        return ViewedScript.StepOf(call) with { Result = MachineOver(engine).Execute(call).ToString() };
    }

    /// <summary>The same calls, for a run beside this one.</summary>
    public TypedCalls Copy()
    {
        TypedCalls copy = new();
        foreach ((int step, ScenarioCall call) in _calls) copy._calls.Add(step, call);
        return copy;
    }

    private EngineMachine MachineOver(PagingEngine engine)
    {
        if (_machine?.Engine == engine) return _machine;
        return _machine = EngineMachine.Over(engine);    // the last one had nothing but names of files of an engine that is gone
    }
}
