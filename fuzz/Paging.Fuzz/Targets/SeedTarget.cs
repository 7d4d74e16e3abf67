using System.Diagnostics;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>A target that goes from seed to seed until its budget is used up: one or more threads, each taking the next seed.</summary>
internal abstract class SeedTarget : IFuzzTarget
{
    public abstract string Name { get; }

    public abstract string Description { get; }

    /// <summary>The operations and outcomes that this target counts.</summary>
    protected abstract Coverage NewCoverage();

    /// <summary>Runs the scenario of one seed, up to a number of operations.</summary>
    /// <param name="options">The options of the run.</param>
    /// <param name="seed">Which scenario.</param>
    /// <param name="operationCountMax">Where it ends at the latest.</param>
    /// <param name="counters">Receives the executed operations.</param>
    /// <param name="engines">The job's engines, for targets that can use one again.</param>
    /// <returns>The failure, shrunk; null when there is none.</returns>
    protected abstract FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines);

    /// <summary>Why the target cannot run on this host; null when it can.</summary>
    protected virtual string? ReasonToSkip() => null;

    public virtual int Run(FuzzOptions options, TextWriter output)
    {
        if (ReasonToSkip() is { } reason)
        {
            output.WriteLine($"{Name}: skipped: {reason}");
            return ExitCode.Clean;
        }

        Stopwatch watch = Stopwatch.StartNew();
        RunCounters all = new(NewCoverage());
        List<FailureReport> failures = RunJobs(options, output, watch, all);
        Print(options, output, watch.Elapsed, all, failures);
        return failures.Count == 0 ? ExitCode.Clean : ExitCode.Found;
    }

    /// <summary>Runs the script of <c>--script</c> and prints its failure. One that cannot be read is refused in one line.</summary>
    /// <param name="path">The script.</param>
    /// <param name="output">Receives the line.</param>
    /// <param name="run">Reads and runs it; returns the failure, or null.</param>
    protected static int RunScript(string path, TextWriter output, Func<string, string?> run)
    {
        try
        {
            string? failure = run(path);
            output.WriteLine($"{path}: {failure ?? "nothing found"}");
            return failure is null ? ExitCode.Clean : ExitCode.Found;
        }
        catch (Exception refusal) when (refusal is FormatException or IOException or UnauthorizedAccessException)
        {
            output.WriteLine($"{path}: {refusal.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Unusable;
        }
    }

    /// <summary>Runs seeds one after the other on this thread. Of whole blocks the result depends on the seeds alone.</summary>
    public RunCounters RunSeeds(FuzzOptions options, ulong first, ulong end, List<FailureReport> failures)
    {
        RunCounters counters = NewCounters();
        using EngineShelf engines = new();
        for (ulong seed = first; seed < end; seed++)
            if (RunSeed(options, seed, long.MaxValue, counters, engines) is { } failure) failures.Add(failure);
        return counters;
    }

    /// <summary>Counters for this target's operations and outcomes.</summary>
    public RunCounters NewCounters() => new(NewCoverage());

    private List<FailureReport> RunJobs(FuzzOptions options, TextWriter output, Stopwatch watch, RunCounters all)
    {
        List<FailureReport> failures = [];
        Lock gate = new();
        ulong nextSeed = options.Seed;
        long begun = 0;
        using Watchdog watchdog = new(output, options.ShrinkBudget);

        void Work()
        {
            RunCounters own = new(NewCoverage());
            using EngineShelf engines = new();
            ulong next = 0, end = 0;    // what is left of the job's block of seeds
            while (true)
            {
                ulong seed;
                long left;
                lock (gate)
                {
                    left = options.OperationCountMax == 0 ? long.MaxValue : options.OperationCountMax - begun - own.OperationCount;
                    bool isOver = failures.Count >= options.FailureCountMax || left <= 0
                        || (options.Duration > TimeSpan.Zero && watch.Elapsed > options.Duration)
                        || (options.ProcessorTime > TimeSpan.Zero && Environment.CpuUsage.TotalTime > options.ProcessorTime);
                    if (isOver) break;
                    if (next == end) (next, end, nextSeed) = (nextSeed, EngineShelf.EndOfBlock(nextSeed), EngineShelf.EndOfBlock(nextSeed));
                    seed = next++;
                    begun += own.OperationCount;
                    all.Add(own);
                    own = new(NewCoverage());
                }

                FailureReport? failure;
                using (watchdog.Watch($"{Name}, seed {seed}")) failure = RunSeed(options, seed, left, own, engines);
                if (failure is null) continue;
                lock (gate) failures.Add(failure);
            }

            lock (gate) all.Add(own);
        }

        Thread[] threads = [.. Enumerable.Range(0, options.JobCount).Select(_ => new Thread(Work, 64 << 20))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        failures.Sort(static (left, right) => left.Seed.CompareTo(right.Seed));
        return failures;
    }

    private void Print(FuzzOptions options, TextWriter output, TimeSpan elapsed, RunCounters all, List<FailureReport> failures)
    {
        string jobs = options.JobCount == 1 ? "1 job" : $"{options.JobCount} jobs";
        output.WriteLine($"{Name}: {Description}");
        ulong last = options.Seed + (ulong)Math.Max(0, all.ScenarioCount - 1);
        output.WriteLine($"seeds {options.Seed} to {last}, {jobs}, checks {options.Verification}");
        TimeSpan running = elapsed - (all.ShrinkTime / options.JobCount);
        double rate = all.OperationCount / running.TotalSeconds;
        output.WriteLine($"{all.OperationCount:N0} operations in {running.TotalSeconds:F1} s, {rate:N0} a second; " +
            $"{all.ScenarioCount:N0} scenarios, {all.AuditCount:N0} audits, {all.RefusedCount:N0} calls left out");
        if (options.PrintsCoverage) output.Write(all.Coverage.ToString());
        foreach (FailureReport failure in failures)
        {
            output.WriteLine($"\nseed {failure.Seed}: {failure.What}");
            if (failure.ScriptPath is { } path) output.WriteLine($"  script:   {path}");
            output.WriteLine($"  again:    {options.CommandFor(failure.Seed, failure.OperationCount)}");
        }

        output.WriteLine(failures.Count == 0 ? "nothing found" : $"{failures.Count} found");
    }
}
