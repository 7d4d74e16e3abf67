using System.CommandLine;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Paging.Bench.Benchmarks;
using Paging.Bench.Costs;
using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Operations;
using Paging.Bench.Peers;
using Paging.Bench.Reports;
using Paging.Bench.Simulation;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Bench;

/// <summary>The command line: a smoke test, a quick run, or BenchmarkDotNet.</summary>
internal static class BenchCommand
{
    private const int Fine = 0, Broken = 1, Misused = 2;
    private const int CostsMax = 1024, CostRounds = 5, CostRoundsMax = 1000;

    /// <summary>Builds it.</summary>
    public static RootCommand Build()
    {
        Option<bool> smoke = new("--smoke")
        {
            Description = "Run each operation once with tiny sizes; exit 1 if one does not do what it should. Times do not matter.",
        };
        Option<bool> quick = new("--quick")
        {
            Description = "Run the contenders of each operation in turn, in under a minute, and print one table.",
        };
        Option<bool> growth = new("--growth")
        {
            Description = "Print how the costs grow with RAM, 1 MiB to 4 GiB, and with address spaces, 1 to 1,000.",
        };
        Option<int> rounds = new("--rounds")
        {
            Description = "Rounds of a quick run, at least 9.",
            DefaultValueFactory = static _ => InterleavedRunner.RoundCountMin,
        };
        Option<int> seed = new("--seed")
        {
            Description = "Seed of the order in which contenders take turns.",
            DefaultValueFactory = static _ => InterleavedRunner.DefaultSeed,
        };
        Option<string?> filter = new("--filter") { Description = "Only operations whose name or size contains this." };
        Option<FileInfo?> csv = new("--csv") { Description = "With --quick: write the figures for other programs.", HelpName = "FILE" };
        Option<FileInfo?> markdown = new("--markdown") { Description = "With --quick: write the tables to be read.", HelpName = "FILE" };
        Option<FileInfo?> svg = new("--svg") { Description = "With --quick: write a chart.", HelpName = "FILE" };
        Option<FileInfo?> report = new("--report")
        {
            Description = "With --quick: write a page with pictures: each rival's time over the engine's, and how far it spreads.",
            HelpName = "FILE.html",
        };
        Option<DirectoryInfo?> documents = new("--docs")
        {
            Description = "With --quick: replace the tables in README.md and docs/PERFORMANCE.md of the repository in DIR.",
            HelpName = "DIR",
        };
        Option<FileInfo?> bounds = new("--bounds")
        {
            Description = "Run the operations of a file of ratios, such as bench/baselines/ratios.csv; exit 1 if one is beyond its bound.",
            HelpName = "FILE",
        };
        Option<string?> simulate = new("--simulate")
        {
            Description = "Simulate threads on as many processors: the engine's code, costs measured on this host.",
            HelpName = "1,4,16,64",
        };
        Option<string?> job = new("--job", "-j")
        {
            Description = "For BenchmarkDotNet: " + string.Join(", ", RaceConfig.Jobs.Keys) + ". In this process, without a build.",
            HelpName = "JOB",
        };
        Option<string?> costs = new("--simulated-costs") { Hidden = true };    // for the process that simulates
        Option<FileInfo?> list = new("--costs")
        {
            Description = "Measure what memory costs on this host, and write a price list for --costs of `paging`; prints how true it is. "
                + "With --docs: also into docs/COSTS.md. At most two minutes.",
            HelpName = "FILE.json",
        };
        Option<int> largest = new("--largest")
        {
            Description = "With --costs: the largest working set, 1 to 1024 MiB.",
            HelpName = "MIB",
            DefaultValueFactory = static _ => CostsMax,
        };
        RootCommand root = new("Measures the paging engine beside a bare reference, the host's kernel, "
            + "and what a C# programmer would write. "
            + "Without --smoke and --quick it is BenchmarkDotNet's switcher, which gets all other arguments.")
        {
            smoke, quick, growth, rounds, seed, filter, csv, markdown, svg, report, documents, bounds,
            simulate, job, costs, list, largest,
        };
        root.TreatUnmatchedTokensAsErrors = false;
        root.SetAction(parsed =>
        {
            string? text = parsed.GetValue(filter);
            QuickFiles files = new(parsed.GetValue(csv), parsed.GetValue(markdown), parsed.GetValue(svg), parsed.GetValue(report),
                parsed.GetValue(documents));
            bool isSmoke = parsed.GetValue(smoke), isQuick = parsed.GetValue(quick) || files.IsAsked;
            if ((isSmoke || isQuick) && parsed.UnmatchedTokens.Count > 0) return Refuse(parsed.UnmatchedTokens[0]);
            if (parsed.GetValue(growth))
            {
                GrowthTable.Write(Console.Out);
                return Fine;
            }

            if (parsed.GetValue(simulate) is { } processors) return RunSimulation(processors, parsed.GetValue(costs));
            if (parsed.GetValue(list) is { } prices)
            {
                return RunCosts(prices, parsed.GetValue(largest), parsed.GetResult(rounds) is { Implicit: false }
                    ? parsed.GetValue(rounds) : CostRounds, files.Documents, parsed.UnmatchedTokens);
            }

            foreach (string absence in PeerLibrary.Absences) Console.Error.WriteLine(absence);
            InterleavedRunner runner = new(parsed.GetValue(rounds), parsed.GetValue(seed));
            if (parsed.GetValue(bounds) is { } ratios) return RunBounds(ratios, runner);
            if (isSmoke) return SmokeTest.Run(Catalog.Matching(text), Console.Out) == 0 ? Fine : Broken;
            return isQuick ? RunQuick(text, runner, files) : RunBenchmarks(text,
                parsed.GetValue(job) ?? "default", parsed.UnmatchedTokens);
        });
        return root;
    }

    private static int Refuse(string argument)
    {
        return Complain($"'{argument}' is not an option (see --help)");
    }

    private static int RunCosts(FileInfo file, int largest, int rounds, DirectoryInfo? documents, IReadOnlyList<string> others)
    {
        if (others.Count > 0) return Refuse(others[0]);
        if (!HostKernel.CanFork) return Complain("--costs needs x86-64 Linux");
        if (largest is < 1 or > CostsMax || !int.IsPow2(largest))
            return Complain($"--largest is a power of two from 1 to {CostsMax}, not '{largest}'");
        if (rounds is < 1 or > CostRoundsMax) return Complain($"--rounds is a number from 1 to {CostRoundsMax}, not '{rounds}'");
        try
        {
            using StreamWriter output = new(file.Open(FileMode.Create));    // before minutes of work
            HostPrices prices = HostPrices.Measure((uint)largest << 20, rounds, Console.Error);
            output.Write(prices.Json);
            string tables = CostTables.Of(prices);
            if (documents is not null) CostTables.Replace(Path.Combine(documents.FullName, "docs/COSTS.md"), tables);
            Console.Out.Write(tables);
            return Fine;
        }
        catch (BrokenBenchmarkException exception)
        {
            Console.Error.WriteLine($"Paging.Bench: {exception.Message}");
            return Broken;
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            return Complain(exception.Message);
        }
    }

    private static int Complain(string reason)
    {
        Console.Error.WriteLine($"Paging.Bench: {reason}");
        return Misused;
    }

    private static int RunBounds(FileInfo ratios, InterleavedRunner runner)
    {
        try
        {
            return RatioBounds.Check(ratios.FullName, runner, Console.Out) == 0 ? Fine : Broken;
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            return Complain(exception.Message);
        }
    }

    private static int RunSimulation(string processors, string? costs)
    {
        if (processors.Split(',').Any(static count => !int.TryParse(count, out int value) || value is < 1 or > 64))
        {
            Console.Error.WriteLine($"Paging.Bench: --simulate '{processors}': numbers from 1 to 64, with commas between them");
            return Misused;
        }

        if (costs is null) return Simulator.Run(processors);
        Simulator.Simulate(processors, costs, Console.Out);
        return Fine;
    }

    private static int RunQuick(string? filter, InterleavedRunner runner, QuickFiles files)
    {
        if (Check.Cheap) Console.Error.WriteLine($"The engine's checks are on ({Check.Level}): figures are not those of a release.");
        QuickRun run = new(Catalog.Matching(filter), runner, Console.IsErrorRedirected ? TextWriter.Null : Console.Error);
        IReadOnlyList<RaceResult> results = run.Run();
        ConsoleTable.Write(results);
        Console.Out.WriteLine($"{results.Count} operations, {run.BrokenCount} broken, {run.Elapsed.TotalSeconds:F1} s");
        files.Write(results);
        return run.BrokenCount == 0 ? Fine : Broken;
    }

    private static int RunBenchmarks(string? filter, string job, IReadOnlyList<string> arguments)
    {
        if (!RaceConfig.Jobs.TryGetValue(job, out Job? chosen))
        {
            Console.Error.WriteLine($"Paging.Bench: there is no job '{job}'; there are {string.Join(", ", RaceConfig.Jobs.Keys)}");
            return Misused;
        }

        string[] passedOn = filter is null ? [.. arguments] : [.. arguments, "--filter", $"*{filter}*"];
        IEnumerable<Summary> summaries =
            BenchmarkSwitcher.FromAssembly(typeof(RaceBenchmark).Assembly).Run(passedOn, RaceConfig.Create(chosen));
        return summaries.All(static summary => !summary.HasCriticalValidationErrors && summary.Reports.All(static report => report.Success))
            ? Fine : Broken;
    }
}
