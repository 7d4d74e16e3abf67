using Paging.Core;
using Paging.Costs;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.Cli.Reports;

/// <summary>Executes scenarios on another machine, and reports each call to a ledger.</summary>
/// <remarks>
/// An access of the script is one of the program; <c>fill</c> and <c>sum</c> are loops over words of 4 bytes. Calls that only look cost
/// nothing.
/// </remarks>
/// <param name="inner">The machine that executes.</param>
/// <param name="engine">The engine's machine, which it is or wraps.</param>
/// <param name="ledgerOf">The ledger of the machine's present engine.</param>
/// <param name="fileOf">The file on the ledger's device with a name, or null.</param>
internal sealed class CostedMachine(
    IScenarioMachine inner, EngineMachine engine, Func<CostLedger> ledgerOf, Func<string, GuestFile?> fileOf) : IScenarioMachine
{
    private const int WordLength = sizeof(uint);

    private readonly Dictionary<(int Process, long Descriptor), string> _names = [];
    private int _processCount = 1;

    public void Start(ScenarioHeader header) => inner.Start(header);

    public ScriptResult Execute(in ScenarioCall call)
    {
        UserProcess? process = engine.ProcessOf(call.Process);
        ScriptResult result = inner.Execute(in call);
        if (process is not null && result.Kind != CallResultKind.Unsupported) Report(ledgerOf(), process, in call, in result);
        return result;
    }

    public void Dispose() => inner.Dispose();

    private void Report(CostLedger ledger, UserProcess process, in ScenarioCall call, in ScriptResult result)
    {
        VirtualAddress at = new((uint)call.A0);
        bool hasFailed = result.Kind is CallResultKind.Error;
        switch (call.Name)
        {
            case CallName.Load: ledger.Observe(process, at, 1, AccessKind.Read); break;
            case CallName.Load32: ledger.Observe(process, at, WordLength, AccessKind.Read); break;
            case CallName.Store or CallName.Add: ledger.Observe(process, at, 1, AccessKind.Write); break;
            case CallName.Store32: ledger.Observe(process, at, WordLength, AccessKind.Write); break;
            case CallName.Fill: ledger.ObserveRun(process, at, LengthOf(in call, in result), WordLength, AccessKind.Write); break;
            case CallName.Sum: ledger.ObserveRun(process, at, LengthOf(in call, in result), WordLength, AccessKind.Read); break;
            case CallName.CopyIn or CallName.CopyOut: ledger.EndCall(process, hasFailed ? 0 : result.Value); break;
            case CallName.Fork when !hasFailed: Fork(ledger, process, call.Process); break;
            case CallName.Open or CallName.OpenRo or CallName.OpenWo:
                if (!hasFailed) _names[(call.Process, result.Value)] = call.FileName ?? "";
                ledger.EndCall(process);
                break;
            case CallName.Pread when !hasFailed && FileOf(in call) is { } file:
                ledger.EndRead(process, file, call.A2, result.Value);
                break;
            case CallName.Pread or CallName.Pwrite: ledger.EndCall(process, hasFailed ? 0 : result.Value); break;
            case >= CallName.Maps and <= CallName.Faults or CallName.SetPool or CallName.Pool or >= CallName.Usage and <= CallName.Smaps:
                break;
            default: ledger.EndCall(process); break;
        }
    }

    /// <summary>The bytes up to the one that ended the loop in a signal.</summary>
    private static uint LengthOf(in ScenarioCall call, in ScriptResult result) =>
        result.Kind == CallResultKind.Signal ? (uint)result.Value - (uint)call.A0 + 1 : (uint)call.A1;

    private GuestFile? FileOf(in ScenarioCall call) =>
        _names.TryGetValue((call.Process, call.A0), out string? name) ? fileOf(name) : null;

    private void Fork(CostLedger ledger, UserProcess parent, int number)
    {
        int child = _processCount++;
        foreach (((int process, long descriptor), string name) in _names.ToArray())
            if (process == number) _names[(child, descriptor)] = name;
        if (engine.ProcessOf(child) is { } forked) ledger.EndFork(parent, forked);
    }
}
