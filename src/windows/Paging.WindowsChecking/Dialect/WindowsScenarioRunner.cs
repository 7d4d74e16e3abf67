using System.Collections.Immutable;
using Paging.Scripting.Running;

namespace Paging.WindowsChecking.Dialect;

/// <summary>
/// Executes Windows scenarios on a machine: compares with what was recorded, or writes it again with the machine's results.
/// </summary>
public static class WindowsScenarioRunner
{
    /// <summary>Executes a scenario.</summary>
    /// <param name="scenario">What to execute.</param>
    /// <param name="machine">A fresh machine.</param>
    /// <param name="options">How. The tally counts calls of Linux only, and is left alone.</param>
    /// <param name="recording">Where to write every line with the machine's result instead of comparing; or null.</param>
    public static ScenarioOutcome Run(
        WindowsScenario scenario, IWindowsMachine machine, ScenarioRunOptions options, TextWriter? recording = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(options);
        ImmutableArray<ScenarioDifference>.Builder differences = ImmutableArray.CreateBuilder<ScenarioDifference>();
        int done = 0;
        bool isHeaderWritten = false;
        void Write(string line) => recording?.Write(line + "\n");
        foreach (WindowsLine line in scenario.Lines)
        {
            foreach ((int before, string text) in scenario.Comments) if (before == done) Write(text);
            if (!isHeaderWritten) Write(scenario.Header);
            if (!isHeaderWritten) machine.Start(scenario.Arena);
            isHeaderWritten = true;
            (string actual, string? finding) = Execute(machine, line, options, isLast: done == scenario.Lines.Length - 1);
            done++;
            options.Progress?.Invoke(done);
            Write($"{line.Text} = {actual}");
            bool agrees = recording is not null || WindowsResults.Agree(line.Expected, actual);
            if (agrees && finding is null) continue;
            string told = finding is null ? actual : $"{actual} (audit: {finding})";
            differences.Add(new(line.Number, line.Text, agrees ? "audit: clean" : line.Expected, told));
            if (finding is not null || !options.KeepGoing) break;
        }

        return new(done, differences.DrainToImmutable(), Unsupported: null);
    }

    private static (string Actual, string? Finding) Execute(
        IWindowsMachine machine, WindowsLine line, ScenarioRunOptions options, bool isLast)
    {
        try
        {
            string actual = machine.Execute(line.Call);
            string? finding = options.AfterEach?.Invoke();
            return (actual, finding ?? (isLast ? options.AfterLast?.Invoke() : null));
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return ("", Defect.Describe(exception));
        }
    }
}
