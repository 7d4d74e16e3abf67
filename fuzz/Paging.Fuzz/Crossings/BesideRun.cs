using System.Diagnostics;
using Paging.Scripting.Parsing;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Runs pairs of a recording and a companion on some threads.</summary>
internal sealed class BesideRun(ScenarioDocument[] recordings, Companion[] companions, FuzzOptions options, BesideTable table)
{
    private readonly Lock _gate = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _next;

    /// <summary>Recordings that were read.</summary>
    public int RecordingCount => recordings.Length;

    /// <summary>Pairs that there are.</summary>
    public long PairCountMax { get; } = recordings.Length * (long)companions.Length;

    /// <summary>Pairs that were run, or have no meaning.</summary>
    public long PairCount { get; private set; }

    /// <summary>Calls that were made, with a companion.</summary>
    public long CallCount { get; private set; }

    /// <summary>The time that the run took.</summary>
    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>Runs all pairs, or as many as there is time for.</summary>
    public void Execute()
    {
        FuzzRandom random = new(options.Seed);
        Array.Sort([.. recordings.Select(_ => random.Next())], recordings);
        Thread[] threads = [.. Enumerable.Range(0, options.JobCount).Select(_ => new Thread(Work, 64 << 20))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
    }

    private void Work()
    {
        while (true)
        {
            int index;
            lock (_gate) index = _next++;
            if (index >= recordings.Length) return;
            RecordingReplay replay = new(recordings[index]);
            foreach (Companion companion in companions)
            {
                if (options.Duration > TimeSpan.Zero && _watch.Elapsed > options.Duration) return;
                CompanyOutcome? outcome = replay.CanHave(companion) ? replay.Run([companion]) : null;
                lock (_gate)
                {
                    PairCount++;
                    CallCount += outcome?.CallCount ?? 0;
                    if (outcome is not null) table.Add(companion, replay, outcome);
                }
            }
        }
    }
}
