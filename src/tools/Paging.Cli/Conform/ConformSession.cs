using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Paging.HostKernel;
using Paging.Testing.Conformance;
using Paging.Testing.Lockstep;

namespace Paging.Cli.Conform;

/// <summary>A run of <c>paging conform</c>: scenarios, tables, and the smallest script of each broken rule.</summary>
internal static class ConformSession
{
    private static readonly ImmutableArray<PosixSignal> _endings = [PosixSignal.SIGINT, PosixSignal.SIGTERM];

    /// <summary>Runs it.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(ConformOptions options, TextWriter output, TextWriter errors, Terminals terminals)
    {
        if (options.Oracle == MachineSet.Host && !HostKernelProbe.TryProbe(out string reason))
            return Refusal.Report(errors, $"paging conform: --against host: this host cannot: {reason}");
        if (!TryRead(options, out List<ConformanceScript> recordings, out string? refusal)) return Refusal.Report(errors, refusal);
        if (options.IsList)
        {
            output.Write(ConformReport.List(CourseLevels.Sort(recordings), options.Course ?? CourseLevels.All));
            return ExitCode.Agreement;
        }

        if (options.Course is { } course) recordings = [.. OfLevels(recordings, course)];

        using ConformanceRun run = new(() => Adapter.Start(options.Command, options.Patience), options.Level, options.Oracle)
        {
            TakesAnySpace = options.TakesAnySpace,
        };
        AdapterDescription adapter;
        try
        {
            adapter = run.Describe();
        }
        catch (AdapterException exception)
        {
            return Refusal.Report(errors, $"paging conform: the adapter {exception.Message}");
        }

        int signal = 0, count = recordings.Count + options.GenerateCount;
        PosixSignalRegistration[] endings = [.. _endings.Select(one => PosixSignalRegistration.Create(one, context =>
        {
            context.Cancel = Interlocked.CompareExchange(ref signal, NumberOf(context.Signal), 0) == 0;    // a second one ends it
            run.RequestStop();
        }))];
        try
        {
            Run(run, recordings, options, new(output, errors, terminals.HasFlag(Terminals.Output)), errors, terminals);
            ConformFiles files = new(adapter, run.Tally, options, count);
            int code = Report(options, run, adapter, files, output, errors);
            if (signal == 0 || code == ExitCode.Unusable) return code;
            Refusal.Report(errors, $"paging conform: interrupted after {run.Tally.ScenarioCount} of {Counted.Of(count, "scenario")}");
            return ExitCode.OfSignal(signal);
        }
        finally
        {
            foreach (PosixSignalRegistration ending in endings) ending.Dispose();
        }
    }

    private static int NumberOf(PosixSignal signal) => signal == PosixSignal.SIGINT ? 2 : 15;

    private static void Run(ConformanceRun run, List<ConformanceScript> recordings, ConformOptions options, ScriptOutput lines,
        TextWriter errors, Terminals terminals)
    {
        int done = 0, hung = 0, count = recordings.Count + options.GenerateCount;
        bool hasBar = terminals.HasFlag(Terminals.Errors);
        void RunAll()
        {
            IEnumerable<ConformanceScript> generated = Enumerable.Range(0, options.GenerateCount)
                .Select(i => ConformanceScript.Generate(options.Seed + (ulong)i, options.Oracle));
            foreach (ConformanceScript script in recordings.Concat(generated))
            {
                if (run.Run(script) is not { } outcome) return;
                if (hasBar && run.Tally.HungCount > hung) lines.WriteError($"{outcome.Name}: {outcome.Break!.Actual}");
                Volatile.Write(ref hung, run.Tally.HungCount);
                Volatile.Write(ref done, done + 1);
            }
        }

        string Line() => $"{Volatile.Read(ref done)} of {Counted.Of(count, "scenario")}" +
            (Volatile.Read(ref hung) is > 0 and int some ? $", {some} without an answer" : "");
        if (hasBar) ProgressBar.Run(RunAll, "scenarios", () => (double)Volatile.Read(ref done) / count, lines, errors, isPossible: true);
        else ProgressLines.Run(RunAll, Line, lines, options.ProgressStep);
    }

    private static IEnumerable<ConformanceScript> OfLevels(List<ConformanceScript> recordings, IReadOnlyList<CourseLevel> course) =>
        CourseLevels.Sort(recordings).Where(one => course.Contains(one.Level)).OrderBy(static one => one.Level)
            .Select(static one => one.Script);

    private static bool TryRead(ConformOptions options, out List<ConformanceScript> scripts, out string refusal)
    {
        scripts = [];
        refusal = "";
        if (options.Recordings.Count == 0 && options.GenerateCount == 0)
            scripts.AddRange(ConformanceScript.Recordings);
        foreach (string path in options.Recordings)
        {
            IReadOnlyList<string> files = ScenarioArguments.Expand(path, out string? error);
            foreach (string file in files)
            {
                if (error is not null) break;
                if (ScenarioArguments.Read(file, out error) is { } document) scripts.Add(ConformanceScript.Of(document));
            }

            if (error is null) continue;
            refusal = error;
            return false;
        }

        return true;
    }

    private static int Report(ConformOptions options, ConformanceRun run, AdapterDescription adapter, ConformFiles files,
        TextWriter output, TextWriter errors)
    {
        ConformanceTally tally = run.Tally;
        ConformPage page = new(adapter, tally);
        output.Write(options.Course is null ? ConformReport.Tables(adapter, tally) : ConformReport.Levels(adapter, tally));
        foreach (ConformanceBreak found in options.Course is null ? tally.Breaks : tally.FirstBreaksByLevel)
        {
            ConformanceBreak small = options.ShrinkBudget > TimeSpan.Zero
                ? new ConformanceShrinker(run, options.Oracle, options.ShrinkBudget).Shrink(found)
                : found;
            output.Write(ConformReport.Break(small, found));
            page.Add(small, found);
            files.Add(small, found);
            output.Flush();
            if (options.OutDirectory is not { } directory) continue;
            if (!TryKeep(directory, small, out string? refusal)) return Refusal.Report(errors, refusal!);
        }

        output.Write(ConformReport.Summary(tally, options.TakesAnySpace));
        output.Flush();
        if (options.ReportFile is { } file && !UserFiles.TryWrite(file, page.Render(), out string? reason))
            return Refusal.Report(errors, reason!);
        if (!files.TryWrite(out reason)) return Refusal.Report(errors, reason!);
        bool isRight = options.Course is null ? tally.AgreementCount == tally.ScenarioCount
            : tally.Outcomes.All(static outcome => outcome.Passes);
        return isRight ? ExitCode.Agreement : ExitCode.Difference;
    }

    // Creates the folder if it does not exist.
    private static bool TryKeep(string directory, ConformanceBreak small, out string? refusal)
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            refusal = $"{directory}: cannot be made: {UserFiles.ReasonOf(exception)}";
            return false;
        }

        return UserFiles.TryWrite(Path.Combine(directory, ConformReport.FileNameOf(small)), ConformReport.Scenario(small), out refusal);
    }
}
