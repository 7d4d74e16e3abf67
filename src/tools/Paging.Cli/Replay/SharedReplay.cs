using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Paging.Remote;
using Paging.Traces;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Cli.Replay;

//   trace × policy × frames ──► job "0 LRU 1000" ──► result "4411 17 102400 3000 -1": misses, dirty evictions, accesses, pages, stores
/// <summary>A replay by many workers: each trace, policy and number of frames is a job, and every worker prints the whole table.</summary>
/// <remarks>All workers need the same traces: the queue is named by the hash of their bytes.</remarks>
/// <param name="options">The options.</param>
/// <param name="queue">The queue, which need not exist.</param>
internal sealed class SharedReplay(ReplayOptions options, JobQueue queue)
{
    private const long Unknown = -1;

    /// <summary>The fraction of jobs that had a result at this worker's last query; may be read from another thread.</summary>
    public double DoneFraction { get; private set; }

    /// <summary>Works until all jobs have a result. Returns the figures of each trace.</summary>
    /// <param name="worker">A name that no other worker has.</param>
    /// <exception cref="RemoteException">The server does not answer, or the queue belongs to other work.</exception>
    /// <exception cref="TraceFormatException">A file is not a trace.</exception>
    /// <exception cref="IOException">A trace cannot be read.</exception>
    public IReadOnlyList<TraceFigures> Run(string worker)
    {
        Plan[] plans = [.. options.Sources.Select(PlanOf)];
        string[] jobs = [.. plans.SelectMany((plan, index) => JobsOf(plan, index))];
        queue.Open(Describe(jobs), jobs);
        new JobWorker(queue, worker).Run(Simulate);
        SortedDictionary<int, string> results = queue.Results();
        if (results.Count < jobs.Length) throw new RemoteException("results of the replay are gone; begin it under another name");
        Dictionary<string, JobResult> byJob = new(StringComparer.Ordinal);
        for (int job = 0; job < jobs.Length; job++) byJob.Add(jobs[job], JobResult.Parse(results[job]));
        return [.. plans.Select((plan, index) => FiguresOf(plan, index, byJob))];
    }

    private Plan PlanOf(TraceSource source)
    {
        (ImmutableArray<int> rows, ImmutableArray<int> curve) =
            options.FramesFor(options.NeedsPageCount ? Stream(source, []).DistinctPageCount : 0);
        return new(source, rows, curve);
    }

    private IEnumerable<string> JobsOf(Plan plan, int index) =>
        from policy in options.Policies
        from frameCount in plan.Rows.Union(plan.Curve).Order()
        select JobOf(index, policy.Name, frameCount);

    private static string JobOf(int index, string policy, int frameCount) =>
        string.Create(CultureInfo.InvariantCulture, $"{index} {policy} {frameCount}");

    /// <summary>The description of the queue, equal for all workers with the same work.</summary>
    private string Describe(string[] jobs)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{options.Format} {string.Join('\n', jobs)}"));
        foreach (TraceSource source in options.Sources) source.AppendTo(hash);
        string names = string.Join(", ", options.Sources.Select(static source => source.Name));
        return string.Create(CultureInfo.InvariantCulture,
            $"replay of {names} in {jobs.Length} jobs, {Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8))}");
    }

    private string Simulate(string job)
    {
        (int all, int done) = queue.Count();
        DoneFraction = all == 0 ? 0 : (double)done / all;
        string[] words = job.Split(' ');
        TraceSource source = options.Sources[int.Parse(words[0], CultureInfo.InvariantCulture)];
        TraceSimulator simulator = ReplayCatalog.Find(words[1])!.Simulate(int.Parse(words[2], CultureInfo.InvariantCulture));
        TraceReplay replay = Stream(source, [simulator]);
        return new JobResult(simulator.MissCount, replay.HasStores ? simulator.DirtyEvictionCount : null, replay.AccessCount,
            replay.DistinctPageCount, replay.HasStores ? replay.StoreCount : null).ToText();
    }

    private TraceReplay Stream(TraceSource source, ImmutableArray<TraceSimulator> simulators) =>
        source.Replay(options.Format, static () => System.IO.Stream.Null, mustBeRereadable: true, simulators);

    private TraceFigures FiguresOf(Plan plan, int index, Dictionary<string, JobResult> results)
    {
        JobResult any = results[JobOf(index, options.Policies[0].Name, plan.Rows[0])];
        return new(plan.Source.Name, any.AccessCount, any.PageCount, any.StoreCount, Of(plan.Rows), Of(plan.Curve));

        ImmutableArray<PolicyFigures> Of(ImmutableArray<int> frameCounts) =>
        [
            .. from policy in options.Policies
               from frameCount in frameCounts.Order()
               let result = results[JobOf(index, policy.Name, frameCount)]
               select new PolicyFigures(policy.Name, frameCount, result.MissCount, result.DirtyEvictionCount),
        ];
    }

    private sealed record Plan(TraceSource Source, ImmutableArray<int> Rows, ImmutableArray<int> Curve);

    private sealed record JobResult(long MissCount, long? DirtyEvictionCount, long AccessCount, int PageCount, long? StoreCount)
    {
        public string ToText() => string.Create(CultureInfo.InvariantCulture,
            $"{MissCount} {DirtyEvictionCount ?? Unknown} {AccessCount} {PageCount} {StoreCount ?? Unknown}");

        public static JobResult Parse(string text)
        {
            long[] numbers = [.. text.Split(' ').Select(static word => long.TryParse(word, NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out long number) ? number : long.MinValue)];
            return numbers is [>= 0 and var misses, >= Unknown and var evictions, > 0 and var accesses,
                >= 0 and <= int.MaxValue and var pages, >= Unknown and var stores]
                ? new(misses, evictions == Unknown ? null : evictions, accesses, (int)pages, stores == Unknown ? null : stores)
                : throw new RemoteException("a result of the replay is none");
        }
    }
}
