using System.CommandLine;
using System.Globalization;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Windows.Reports;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Engine;

namespace Paging.Cli;

/// <summary>
/// <c>paging vad</c>, <c>paging pfn</c> and <c>paging address</c>: the memory of a Windows scenario after some of its calls.
/// </summary>
internal static class WindowsReports
{
    /// <summary>The three commands for the parser.</summary>
    public static IEnumerable<Command> Build(TextWriter output, TextWriter errors) =>
    [
        Make("vad", "Show the allocations of each process of a Windows scenario: the VAD tree, its balances, charges and working set.",
            static machine => OfProcesses(machine, static process => process.TakeSnapshot().ToVadText()), output, errors),
        Make("pfn", "Show the PFN database at the end of a Windows scenario: each frame's list, counts and original PTE.",
            static machine => machine.Windows.TakePfnSnapshot().ToPfnText(), output, errors),
        Make("address", "Show the address space of each process of a Windows scenario, run by run, with totals by usage, type and state.",
            static machine => OfProcesses(machine, static process => process.TakeAddressSnapshot().ToAddressText()), output, errors),
    ];

    private static Command Make(
        string name, string description, Func<WindowsEngineMachine, string> report, TextWriter output, TextWriter errors)
    {
        Argument<string> file = new("FILE") { Description = "Scenario of Windows, with an arena in its header." };
        Option<int> calls = CommandOption.Number(
            "--calls", "N", "Stop after this number of calls [default: all].", 0, int.MaxValue);
        Command command = new(name, description) { file, calls };
        command.SetAction(result =>
        {
            string path = result.GetRequiredValue(file);
            if (ScenarioArguments.ReadAny(path, out string? error) is not { } scenario) return Refusal.Report(errors, error!);
            if (scenario.Dialect is not WindowsDialect)
                return Refusal.Report(errors, $"paging {name}: {path}: not a scenario of Windows (its header names no arena)");
            output.Write(Run(scenario, result.Or(calls, int.MaxValue), report));
            return ExitCode.Agreement;
        });
        return command;
    }

    /// <summary>Executes the calls and makes the report. Results are not compared: <c>paging script</c> does that.</summary>
    private static string Run(ScenarioDocument scenario, int callCount, Func<WindowsEngineMachine, string> report)
    {
        using WindowsEngineMachine machine = new(new EngineMachineOptions());
        scenario.Start.Begin(machine);
        foreach (ScenarioLine line in scenario.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Take(callCount))
            machine.Execute(line.Call);
        return report(machine);
    }

    private static string OfProcesses(WindowsEngineMachine machine, Func<Windows.WindowsProcess, string> report) =>
        string.Concat(machine.WindowsProcesses.Select((process, index) =>
            string.Create(CultureInfo.InvariantCulture, $"process {index}\n{report(process)}\n")));
}
