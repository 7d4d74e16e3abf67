using Paging.Bench.Harness;
using Paging.Native.Collections;

namespace Paging.Bench.Reports;

/// <summary>The results as a document: figures, the contenders, and the goals.</summary>
internal static class MarkdownReport
{
    private static readonly Role[] _others = [Role.Kernel, Role.KernelHuge, Role.CSharp, Role.Cpp, Role.Unicorn];

    /// <summary>Writes the file.</summary>
    public static void Write(IReadOnlyList<RaceResult> results, HostDescription host, TextWriter output)
    {
        output.Write("# Paging engine: figures of one run\n\n");
        output.Write($"{host.Text}. Contenders of an operation run in turn in one process, each equally often; ");
        output.Write("nanoseconds per operation, the fastest run of each (*median*: of the engine's rounds). ");
        output.Write("*× ref.*: the engine's time over the reference's. ");
        output.Write("The other *×*: how many times as fast as the column before it the engine is. ");
        output.Write("*kernel 4 KiB*: the host's kernel without huge pages; *kernel huge*: with them, where the host ");
        output.Write("gives them to a program that asks. The engine's RAM asks for them, and has been touched before, except in rows ");
        output.Write("named *fresh*. *bytes*: managed, per operation.\n\n");
        WriteFigures(results, output);
        WriteGoals(results, host, output);
        WriteContenders(results, output);
    }

    private static void WriteFigures(IReadOnlyList<RaceResult> results, TextWriter output)
    {
        output.Write("| operation | size | engine | median | reference | × ref. | kernel 4 KiB | × | kernel huge | × ");
        output.Write("| C# | × | C++ | × | Unicorn | × | bytes |\n");
        output.Write("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach (RaceResult result in results)
        {
            Lap engine = result.Engine;
            output.Write($"| {result.Operation} | {result.Size} | **{FigureText.Nanoseconds(engine.MinNanoseconds)}** ");
            output.Write($"| {FigureText.Nanoseconds(engine.MedianNanoseconds)} ");
            output.Write($"| {FigureText.Fastest(result, Role.Reference)} | {FigureText.TimesReference(result)} ");
            foreach (Role role in _others) output.Write($"| {FigureText.Fastest(result, role)} | {FigureText.TimesFaster(result, role)} ");
            output.Write($"| {FigureText.Bytes(engine)} |\n");
        }
    }

    private static void WriteGoals(IReadOnlyList<RaceResult> results, HostDescription host, TextWriter output)
    {
        output.Write($"\n## Goals, as reached on {host.Processor}\n\n");
        output.Write("| issue | operation | goal | reached here | |\n|--:|---|---|--:|---|\n");
        foreach (GoalOutcome outcome in Goals.Outcomes(results))
        {
            output.Write($"| {outcome.Issue} | {outcome.Subject} | {outcome.Goal} | {outcome.Reached} ");
            output.Write(outcome.IsReached ? "| yes |\n" : "| **no** |\n");
        }
    }

    private static void WriteContenders(IReadOnlyList<RaceResult> results, TextWriter output)
    {
        output.Write("\n## Contenders\n\n"
            + "| operation | one operation is a | engine | reference | kernel 4 KiB | kernel huge | C# | C++ | Unicorn |\n"
            + "|---|---|---|---|---|---|---|---|---|\n");
        foreach (RaceResult result in results.DistinctBy(static result => result.Operation, StringComparer.Ordinal))
        {
            output.Write($"| {result.Operation} | {result.Unit} | {result.Engine.Description} ");
            output.Write($"| {Description(result, Role.Reference)} ");
            foreach (Role role in _others) output.Write($"| {Description(result, role)} ");
            output.Write("|\n");
        }
    }

    private static string Description(RaceResult result, Role role) => result.Of(role)?.Description ?? FigureText.None;
}
