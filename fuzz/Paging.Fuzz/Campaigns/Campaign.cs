using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Paging.Remote;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>Seeds that any number of workers share through a store, which collects their findings and coverage.</summary>
/// <remarks>
/// A job is a block of 64 seeds (<see cref="EngineShelf"/>), so its result does not depend on its worker's earlier jobs. Findings whose
/// shrunk scripts are equal are one finding. Shrinking has a limit of time: a slow worker may shrink less, and its script then counts as
/// another one.
/// </remarks>
internal sealed class Campaign(JobQueue queue, SeedTarget target, FuzzOptions options, ulong seedCount)
{
    /// <summary>The settings that all workers of the campaign must agree on.</summary>
    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"fuzz {target.Name} seeds {First} to {End - 1}, audit {options.AuditInterval}, oracle {options.Oracles?.ToString() ?? "usual"}");

    private ulong First => EngineShelf.BlockOf(options.Seed) == 0 ? 0 : EngineShelf.EndOfBlock(options.Seed - 1);

    private ulong End => EngineShelf.EndOfBlock(First + seedCount - 1);

    /// <summary>Works on the campaign until it is done, with a number of threads.</summary>
    /// <param name="worker">A name that no other worker has; threads add a number.</param>
    /// <param name="output">Gets the result of all, at the end.</param>
    public int Run(string worker, TextWriter output)
    {
        queue.Open(Description, [.. Jobs()]);
        Stopwatch watch = Stopwatch.StartNew();
        int jobs = 0, threadNumber = 0;
        Lock gate = new();
        List<Exception> broken = [];

        void Work()
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{worker}.{Interlocked.Increment(ref threadNumber)}");
            long operations = 0;
            try
            {
                int done = new JobWorker(queue, name).Run(text =>
                {
                    BlockResult result = RunBlock(text);
                    operations += result.Operations;
                    queue.Note(name, string.Create(CultureInfo.InvariantCulture,
                        $"{operations} operations, {operations / watch.Elapsed.TotalSeconds:F0} a second, last seeds {text}"));
                    return result.ToText();
                }, () => options.Duration > TimeSpan.Zero && watch.Elapsed > options.Duration);
                Interlocked.Add(ref jobs, done);
            }
            catch (Exception failure) when (failure is RemoteException or InvalidDataException)
            {
                lock (gate) broken.Add(failure);
            }
        }

        Thread[] threads = [.. Enumerable.Range(0, options.JobCount).Select(_ => new Thread(Work, 64 << 20))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        foreach (Exception failure in broken) output.WriteLine($"campaign: {failure.Message}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{worker}: {jobs} jobs in {watch.Elapsed.TotalSeconds:F1} s"));
        if (broken.Count > 0) return ExitCode.Unusable;
        return Print(queue, target, output, options.PrintsCoverage);
    }

    /// <summary>Prints the state or the result of a campaign. It is the same for all workers once the campaign is done.</summary>
    /// <param name="queue">The campaign.</param>
    /// <param name="target">The target of the campaign.</param>
    /// <param name="output">Where to.</param>
    /// <param name="printsCoverage">Also a table of the executed operations.</param>
    /// <param name="isShort">One line for each finding, and one for each worker, in a screen.</param>
    public static int Print(JobQueue queue, SeedTarget target, TextWriter output, bool printsCoverage, bool isShort = false)
    {
        RunCounters all = target.NewCounters();
        SortedDictionary<string, ulong> seeds = new(StringComparer.Ordinal);
        foreach (string text in queue.Results().Values)
        {
            BlockResult result = BlockResult.Read(text);
            result.AddTo(all);
            foreach ((string seed, string finding) in result.Findings)
            {
                ulong number = ulong.Parse(seed, CultureInfo.InvariantCulture);
                if (!seeds.TryGetValue(finding, out ulong first) || number < first) seeds[finding] = number;
            }
        }

        (int count, int done) = queue.Count();
        output.WriteLine(queue.Description);
        output.WriteLine($"{done:N0} of {count:N0} jobs, {all.OperationCount:N0} operations, {all.ScenarioCount:N0} scenarios, " +
            $"{all.AuditCount:N0} audits, {seeds.Count:N0} findings");
        if (printsCoverage) output.Write(all.Coverage.ToString());
        SortedDictionary<string, string> findings = queue.Findings();
        (ulong Seed, string Id, string Text)[] found = [.. seeds.OrderBy(static entry => entry.Value)
            .Select(entry => (entry.Value, entry.Key, findings.GetValueOrDefault(entry.Key, "(not stored)")))];
        if (isShort) StatusScreen.Write(found, queue.Workers(), output);
        else foreach ((ulong seed, string id, string text) in found) output.WriteLine($"\nseed {seed}, finding {id}:\n{text}");
        return seeds.Count > 0 ? ExitCode.Found : ExitCode.Clean;
    }

    private IEnumerable<string> Jobs()
    {
        for (ulong first = First; first < End; first = EngineShelf.EndOfBlock(first))
            yield return string.Create(CultureInfo.InvariantCulture, $"{first} {EngineShelf.EndOfBlock(first)}");
    }

    private BlockResult RunBlock(string job)
    {
        string[] ends = job.Split(' ');
        List<FailureReport> failures = [];
        RunCounters counters = target.RunSeeds(options, ulong.Parse(ends[0], CultureInfo.InvariantCulture),
            ulong.Parse(ends[1], CultureInfo.InvariantCulture), failures);
        Dictionary<string, string> findings = new(StringComparer.Ordinal);
        foreach (FailureReport failure in failures)
        {
            string text = failure.ScriptPath is { } path ? File.ReadAllText(path) : failure.What;
            string id = IdOf(text);
            queue.TryAddFinding(id, $"{failure.What}\n{text}");
            findings[failure.Seed.ToString(CultureInfo.InvariantCulture)] = id;
        }

        return BlockResult.Of(counters, findings);
    }

    // Comments of a script name the seed; its calls are what makes it one finding.
    private static string IdOf(string script)
    {
        IEnumerable<string> calls = script.Split('\n').Where(static line => !line.StartsWith('#') && line.Trim().Length > 0);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', calls))).AsSpan(0, 6));
    }
}
