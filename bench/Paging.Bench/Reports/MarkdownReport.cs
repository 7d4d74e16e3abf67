using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>The results to be read: figures, who the contenders were, and the goals.</summary>
internal static class MarkdownReport
{
    private static readonly Role[] _others = [Role.Kernel, Role.CSharp, Role.Cpp, Role.Unicorn];

    /// <summary>Writes the file.</summary>
    public static void Write(IReadOnlyList<RaceResult> results, HostDescription host, TextWriter output)
    {
        output.Write("# Paging engine: figures of one run\n\n");
        output.Write($"{host.Text}. Contenders of an operation run in turn in one process; nanoseconds per operation, the fastest run of each ");
        output.Write("(*median*: of the engine's rounds). *× limit*: the engine's time over the limit's. *× kernel*, *× C#*, *× C++*, *× Unicorn*: how many times as fast as they are. ");
        output.Write("*bytes*: managed, per operation.\n\n");
        WriteFigures(results, output);
        WriteGoals(results, output);
        WriteContenders(results, output);
    }

    private static void WriteFigures(IReadOnlyList<RaceResult> results, TextWriter output)
    {
        output.Write("| operation | size | engine | median | limit | × limit | kernel | × kernel | C# | × C# | C++ | × C++ | Unicorn | × Unicorn | bytes |\n");
        output.Write("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (RaceResult result in results)
        {
            Lap engine = result.Engine;
            output.Write($"| {result.Operation} | {result.Size} | **{FigureText.Nanoseconds(engine.MinNanoseconds)}** | {FigureText.Nanoseconds(engine.MedianNanoseconds)} ");
            output.Write($"| {FigureText.Fastest(result, Role.Limit)} | {FigureText.TimesLimit(result)} ");
            foreach (Role role in _others) output.Write($"| {FigureText.Fastest(result, role)} | {FigureText.TimesFaster(result, role)} ");
            output.Write($"| {FigureText.Bytes(engine)} |\n");
        }
    }

    private static void WriteGoals(IReadOnlyList<RaceResult> results, TextWriter output)
    {
        output.Write("\n## Goals\n\n| issue | operation | goal | reached | |\n|--:|---|---|--:|---|\n");
        foreach (GoalOutcome outcome in Goals.Outcomes(results))
            output.Write($"| {outcome.Issue} | {outcome.Subject} | {outcome.Goal} | {outcome.Reached} | {(outcome.IsReached ? "yes" : "**no**")} |\n");
    }

    private static void WriteContenders(IReadOnlyList<RaceResult> results, TextWriter output)
    {
        output.Write("\n## Contenders\n\n| operation | one operation is a | engine | limit | kernel | C# | C++ | Unicorn |\n|---|---|---|---|---|---|---|---|\n");
        foreach (RaceResult result in results.DistinctBy(static result => result.Operation, StringComparer.Ordinal))
        {
            output.Write($"| {result.Operation} | {result.Unit} | {result.Engine.Description} | {Description(result, Role.Limit)} ");
            foreach (Role role in _others) output.Write($"| {Description(result, role)} ");
            output.Write("|\n");
        }
    }

    private static string Description(RaceResult result, Role role) => result.Of(role)?.Description ?? FigureText.None;
}
