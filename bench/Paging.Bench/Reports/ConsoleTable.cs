using Paging.Bench.Harness;
using Paging.Native.Collections;
using Spectre.Console;

namespace Paging.Bench.Reports;

/// <summary>The results as one table, and the goals as another.</summary>
internal static class ConsoleTable
{
    private const int WidthWithoutTerminal = 180;
    private static readonly string[] _headings =
        ["engine", "median", "ref.", "× ref.", "kernel 4K", "× 4K", "kernel huge", "× huge", "C#", "× C#", "× C++", "× Unicorn", "bytes"];

    /// <summary>Writes both.</summary>
    public static void Write(IReadOnlyList<RaceResult> results)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
            console.Profile.Capabilities.Ansi = false;
        }

        console.Write(Figures(results));
        console.WriteLine("Nanoseconds per operation, the fastest run of each; median: of the engine. "
            + "× ref.: the engine's time over the reference's. "
            + "The other ×: how many times as fast as they are the engine is. "
            + "Kernel 4K: without huge pages; huge: with them, where the host gives them.");
        console.WriteLine($"Goals, as reached on {HostDescription.Current().Processor}");
        console.Write(Outcomes(results));
    }

    private static Table Figures(IReadOnlyList<RaceResult> results)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        _ = table.AddColumns("operation", "size");
        foreach (string heading in _headings)
            _ = table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (RaceResult result in results)
        {
            Lap engine = result.Engine;
            _ = table.AddRow(
                result.Operation,
                result.Size,
                FigureText.Nanoseconds(engine.MinNanoseconds),
                FigureText.Nanoseconds(engine.MedianNanoseconds),
                FigureText.Fastest(result, Role.Reference),
                FigureText.TimesReference(result),
                FigureText.Fastest(result, Role.Kernel),
                FigureText.TimesFaster(result, Role.Kernel),
                FigureText.Fastest(result, Role.KernelHuge),
                FigureText.TimesFaster(result, Role.KernelHuge),
                FigureText.Fastest(result, Role.CSharp),
                FigureText.TimesFaster(result, Role.CSharp),
                FigureText.TimesFaster(result, Role.Cpp),
                FigureText.TimesFaster(result, Role.Unicorn),
                FigureText.Bytes(engine));
        }

        return table;
    }

    private static Table Outcomes(IReadOnlyList<RaceResult> results)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("issue", "operation", "goal");
        _ = table.AddColumn(new TableColumn("reached").RightAligned());
        _ = table.AddColumn("");
        foreach (GoalOutcome outcome in Goals.Outcomes(results))
        {
            string verdict = outcome.IsReached ? "[green]yes[/]" : "[red]no[/]";
            _ = table.AddRow(outcome.Issue.ToString(), outcome.Subject, outcome.Goal, outcome.Reached, verdict);
        }

        return table;
    }
}
