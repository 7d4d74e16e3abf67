using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.Scripting.Tests;

/// <summary>A machine whose results come from a function, and which records the calls.</summary>
internal sealed class ScriptedMachine(Func<ScenarioCall, ScriptResult> answer) : IScenarioMachine, IAuditedMachine, IMachineReport
{
    public ScenarioHeader? Header { get; private set; }

    public List<ScenarioCall> Calls { get; } = [];

    public int AuditCount { get; private set; }

    public Func<string?> Finding { get; set; } = static () => null;

    public bool IsDisposed { get; private set; }

    /// <summary>Returns the results of a quiet engine: maps at the requested address, reads zeros, and does not support fork.</summary>
    public static ScriptedMachine Quiet() => new(static call => call.Name switch
    {
        CallName.Mmap => ScriptResult.Address(new((uint)call.A0)),
        CallName.Load => ScriptResult.Byte(0),
        CallName.Fork => ScriptResult.Unsupported("no fork here"),
        CallName.Maps => ScriptResult.Block("20000000-20001000 rw-p 00000000"),
        _ => ScriptResult.Number(0),
    });

    /// <summary>Gives the recorded results of a document back, in order.</summary>
    public static ScriptedMachine Replaying(ScenarioDocument document)
    {
        Queue<ScriptResult> results = new(document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call)
            .Select(static line => line.Recorded));
        return new(_ => results.Dequeue());
    }

    public void Start(ScenarioHeader header) => Header = header;

    public ScriptResult Execute(in ScenarioCall call)
    {
        Calls.Add(call);
        return answer(call);
    }

    public string? AuditNow()
    {
        AuditCount++;
        return Finding();
    }

    public IReadOnlyList<NamedCount> FaultsByKind() => [new("anonymous", 3), new("copy on write", 1)];

    public IEnumerable<(string State, long Count)> FramesByState() => [("Free", 16_000), ("Anonymous", 3)];

    public IEnumerable<(string Process, string Maps)> Maps() => [("process 0", "20000000-20002000 rw-p 00000000\n")];

    public void Dispose() => IsDisposed = true;
}
