using Paging.HostKernel;
using Paging.Testing.Conformance;
using Paging.Testing.Lockstep;

namespace Paging.Cli.Conform;

/// <summary>A run of <c>paging conform</c>: scenarios, tables, and the smallest script of each broken rule.</summary>
internal static class ConformSession
{
    /// <summary>Runs it.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(ConformOptions options, TextWriter output, TextWriter errors, Terminals terminals)
    {
        if (options.Oracle == MachineSet.Host && !HostKernelProbe.TryProbe(out string reason))
            return Refusal.Report(errors, $"paging conform: --against host: this host cannot: {reason}");
        if (!TryRead(options, out List<ConformanceScript> recordings, out string? refusal)) return Refusal.Report(errors, refusal);

        using ConformanceRun run = new(() => Adapter.Start(options.Command, options.Patience), options.Level, options.Oracle);
        AdapterDescription adapter;
        try
        {
            adapter = run.Describe();
        }
        catch (AdapterException exception)
        {
            return Refusal.Report(errors, $"paging conform: the adapter {exception.Message}");
        }

        int done = 0, count = recordings.Count + options.GenerateCount;
        void RunAll()
        {
            foreach (ConformanceScript script in recordings)
            {
                run.Run(script);
                Volatile.Write(ref done, done + 1);
            }

            for (int i = 0; i < options.GenerateCount; i++)
            {
                run.Run(ConformanceScript.Generate(options.Seed + (ulong)i, options.Oracle));
                Volatile.Write(ref done, done + 1);
            }
        }

        ScriptOutput lines = new(output, errors, terminals.HasFlag(Terminals.Output));
        if (terminals.HasFlag(Terminals.Errors))
        {
            ProgressBar.Run(RunAll, "scenarios", () => (double)Volatile.Read(ref done) / count, lines, errors, isPossible: true);
        }
        else
        {
            ProgressLines.Run(RunAll, () => $"{Volatile.Read(ref done)} of {Counted.Of(count, "scenario")}", lines, options.ProgressStep);
        }

        return Report(options, run, adapter, output, errors);
    }

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

    private static int Report(ConformOptions options, ConformanceRun run, AdapterDescription adapter, TextWriter output, TextWriter errors)
    {
        ConformanceTally tally = run.Tally;
        ConformPage page = new(adapter, tally);
        output.Write(ConformReport.Tables(adapter, tally));
        foreach (ConformanceBreak found in tally.Breaks)
        {
            ConformanceBreak small = options.ShrinkBudget > TimeSpan.Zero
                ? new ConformanceShrinker(run, options.Oracle, options.ShrinkBudget).Shrink(found)
                : found;
            output.Write(ConformReport.Break(small, found));
            page.Add(small, found);
            output.Flush();
            if (options.OutDirectory is not { } directory) continue;
            if (!TryKeep(directory, small, out string? refusal)) return Refusal.Report(errors, refusal!);
        }

        output.Write(ConformReport.Summary(tally));
        output.Flush();
        if (options.ReportFile is { } file && !UserFiles.TryWrite(file, page.Render(), out string? reason))
            return Refusal.Report(errors, reason!);
        return tally.AgreementCount == tally.ScenarioCount ? ExitCode.Agreement : ExitCode.Difference;
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
