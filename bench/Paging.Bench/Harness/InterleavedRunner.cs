namespace Paging.Bench.Harness;

/// <summary>Runs the contenders of a race in turn, in one process, so that what disturbs one disturbs all.</summary>
/// <remarks><code>
///   round 1   engine  limit  kernel  csharp        each as often as ours runs in 2 ms, but not for long beyond 8 ms
///   round 2   limit  kernel  csharp  engine        the order rotates, so that nobody always follows the same one
///   …
/// </code>Equally often, because each run leaves the next one a warmer cache.</remarks>
internal sealed class InterleavedRunner(int roundCount = InterleavedRunner.RoundCountMin)
{
    /// <summary>Fewer rounds do not make a median.</summary>
    public const int RoundCountMin = 9;

    private const long SliceNanoseconds = 2_000_000;
    private const long SliceMillisecondsMax = 8;
    private const int RunsOfRoundMax = 512;

    private readonly WarmUp _warmUp = new();
    private readonly int _roundCount = Math.Max(roundCount, RoundCountMin);

    /// <summary>Sets a race up, warms it, runs it and takes it down.</summary>
    public RaceResult Run(RaceDefinition definition)
    {
        using Race race = definition.Start(Scale.Full);
        _warmUp.Run(definition.Operation, race);
        int runs = RunsOfRound(race);
        Track[] tracks = [.. race.Contenders.Select(contender => new Track(contender, contender.CountOf(race.Count), _roundCount))];
        for (int round = 0; round < _roundCount; round++)
        {
            for (int turn = 0; turn < tracks.Length; turn++) RunRound(tracks[(round + turn) % tracks.Length], round, runs);
        }

        return new(definition.Operation, definition.Size, definition.Unit, [.. tracks.Select(static track => track.ToLap())]);
    }

    private static int RunsOfRound(Race race)
    {
        Contender engine = race.Contenders[0];
        int count = engine.CountOf(race.Count);
        engine.Prepare(count);
        long nanoseconds = Math.Max(engine.Time(count), 1);
        engine.Verify(count);
        return (int)Math.Clamp(SliceNanoseconds / nanoseconds, 1, RunsOfRoundMax);
    }

    private static void RunRound(Track track, int round, int runsMax)
    {
        Contender contender = track.Contender;
        int count = track.Count;
        long began = Environment.TickCount64;
        int runs = 0;
        do
        {
            contender.Prepare(count);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            long nanoseconds = contender.Time(count);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            contender.Verify(count);

            track.RunTimes[runs++] = nanoseconds;
            track.AllocatedMax = Math.Max(track.AllocatedMax, allocated);
        }
        while (runs < runsMax && Environment.TickCount64 - began < SliceMillisecondsMax);

        Span<long> times = track.RunTimes.AsSpan(0, runs);
        times.Sort();
        track.Fastest = Math.Min(track.Fastest, times[0]);
        track.RoundMedians[round] = times[runs / 2];
    }

    /// <summary>What is noted of one contender. Made before the first run: noting allocates nothing.</summary>
    private sealed class Track(Contender contender, int count, int roundCount)
    {
        public Contender Contender { get; } = contender;
        public int Count { get; } = count;
        public long[] RunTimes { get; } = new long[RunsOfRoundMax];
        public long[] RoundMedians { get; } = new long[roundCount];
        public long Fastest { get; set; } = long.MaxValue;
        public long AllocatedMax { get; set; }

        public Lap ToLap()
        {
            Array.Sort(RoundMedians);
            double each = Count;
            return new(Contender.Role, Contender.Description, Fastest / each, RoundMedians[RoundMedians.Length / 2] / each, AllocatedMax / each);
        }
    }
}
