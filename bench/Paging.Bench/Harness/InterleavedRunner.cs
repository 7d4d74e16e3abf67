namespace Paging.Bench.Harness;

/// <summary>Runs the contenders of a race in turn, in one process, so that a disturbance affects all of them.</summary>
/// <remarks><code>
///   round 1   engine     reference  kernel  csharp       each contender runs equally often in each round
///   round 2   reference  kernel     engine  csharp       the order is shuffled anew in each round, from a fixed seed
///   …
/// </code>
/// Equally often, because each run leaves the next one a warmer cache, and because the minimum of more runs is lower. A round of the
/// engine takes some 2 ms and a round of the slowest contender some 8 ms, unless two runs already take longer.
/// </remarks>
internal sealed class InterleavedRunner(int roundCount = InterleavedRunner.RoundCountMin, int seed = InterleavedRunner.DefaultSeed)
{
    /// <summary>The fewest rounds that make a median.</summary>
    public const int RoundCountMin = 9;

    /// <summary>The seed of the order of contenders, unless another is asked for.</summary>
    public const int DefaultSeed = 1;

    private const long EngineNanoseconds = 2_000_000, SlowestNanoseconds = 8_000_000;
    private const int RunsOfRoundMin = 2, RunsOfRoundMax = 512;

    private readonly WarmUp _warmUp = new();
    private readonly int _roundCount = Math.Max(roundCount, RoundCountMin);

    /// <summary>Sets a race up, warms it, runs it and takes it down.</summary>
    public RaceResult Run(RaceDefinition definition)
    {
        using Race race = definition.Start(Scale.Full);
        _warmUp.Run(definition.Operation, race);
        int runs = RunsOfRound(race);
        Track[] tracks = [.. race.Contenders.Select(contender => new Track(contender, contender.CountOf(race.Count), _roundCount, runs))];
        Track[] order = [.. tracks];
        Random random = new(seed);
        for (int round = 0; round < _roundCount; round++)
        {
            random.Shuffle(order);
            foreach (Track track in order) RunRound(track, round);
        }

        return new(definition.Operation, definition.Size, definition.Unit, [.. tracks.Select(static track => track.ToLap())]);
    }

    /// <summary>How often each contender runs in a round: the same number for all of them.</summary>
    private static int RunsOfRound(Race race)
    {
        long engine = 0, slowest = 1;
        foreach (Contender contender in race.Contenders)
        {
            int count = contender.CountOf(race.Count);
            contender.Prepare(count);
            long nanoseconds = Math.Max(contender.Time(count), 1);
            contender.Verify(count);
            if (contender.Role == Role.Engine) engine = nanoseconds;
            slowest = Math.Max(slowest, nanoseconds);
        }

        return (int)Math.Clamp(Math.Min(EngineNanoseconds / Math.Max(engine, 1), SlowestNanoseconds / slowest), RunsOfRoundMin,
            RunsOfRoundMax);
    }

    private static void RunRound(Track track, int round)
    {
        Contender contender = track.Contender;
        int count = track.Count;
        for (int run = 0; run < track.RunTimes.Length; run++)
        {
            contender.Prepare(count);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long nanoseconds = contender.Time(count);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            contender.Verify(count);

            track.RunTimes[run] = nanoseconds;
            track.Longest = Math.Max(track.Longest, contender.LongestNanoseconds);
            track.AllocatedMax = Math.Max(track.AllocatedMax, allocated);
        }

        Array.Sort(track.RunTimes);
        track.Fastest = Math.Min(track.Fastest, track.RunTimes[0]);
        track.RoundMedians[round] = track.RunTimes[track.RunTimes.Length / 2];
    }

    /// <summary>The measurements of one contender. Made before the first run, so that noting allocates nothing.</summary>
    private sealed class Track(Contender contender, int count, int roundCount, int runsOfRound)
    {
        public Contender Contender { get; } = contender;
        public int Count { get; } = count;
        public long[] RunTimes { get; } = new long[runsOfRound];
        public long[] RoundMedians { get; } = new long[roundCount];
        public long Fastest { get; set; } = long.MaxValue;
        public long Longest { get; set; }
        public long AllocatedMax { get; set; }

        public Lap ToLap()
        {
            double each = Count;
            double[] rounds = [.. RoundMedians.Select(round => round / each)];
            double median = rounds.Order().ElementAt(rounds.Length / 2);
            return new(Contender.Role, Contender.Description, Fastest / each, median, AllocatedMax / each)
            {
                RoundNanoseconds = rounds,
                LongestNanoseconds = Longest,
            };
        }
    }
}
