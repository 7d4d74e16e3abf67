using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.Processors.Tests;

/// <summary>The engine as a machine for scenarios, whose tables are compared with the oracle's view after every call.</summary>
internal sealed class ComparedMachine : IScenarioMachine
{
    private readonly EngineMachine _engine;
    private readonly UnicornMmu _oracle;

    public ComparedMachine(int seed, ulong ramBytes = 16 << 20, bool isBroken = false, TableFormat format = TableFormat.Classic)
    {
        _engine = new(new EngineMachineOptions { RamBytes = ramBytes, Tables = format });
        _oracle = new(_engine.Engine.Ram, format, keepsKernelHalf: true);
        Comparison = new(_engine.Engine, _oracle, seed) { IsBroken = isBroken };
    }

    public TableComparison Comparison { get; }

    public EngineMachine Engine => _engine;

    /// <summary>The first difference, with the call that came before it.</summary>
    public string? Difference { get; private set; }

    public void Start(ScenarioHeader header) => _engine.Start(header);

    public Paging.Scripting.Calls.ScriptResult Execute(in ScenarioCall call)
    {
        Paging.Scripting.Calls.ScriptResult result = _engine.Execute(call);
        if (Difference is null && Comparison.FindDifference() is { } difference) Difference = $"after {call}: {difference}";
        return result;
    }

    public void Dispose()
    {
        _oracle.Dispose();
        _engine.Dispose();
    }
}
