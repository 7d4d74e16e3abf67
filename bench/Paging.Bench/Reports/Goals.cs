using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>The numbers to reach, as the issues give them: first that the engine stands up, then that it is near the reference.</summary>
internal static class Goals
{
    private const int StandsUp = 2, Files = 3, Pressure = 5, Speed = 7, Embedding = 14, Huge = 15, Threads = 16, Windows = 18, Remote = 20,
        SideBySide = 39, Rows = 74, Rewinding = 86;

    private static readonly string[] _every = [], _first = ["1MiB-warm"], _stream = ["512MiB-warm"],
        _pair = ["1-threads-4MiB", "1-threads-512MiB", "2-threads-512MiB"], _four = ["4-threads-512MiB"];

    /// <summary>All of them, in the order of the issues.</summary>
    public static IReadOnlyList<Goal> All { get; } =
    [
        new(StandsUp, "read-random", ["64KiB", "1MiB", "64MiB"], GoalMeasure.TimesReference, 1.5),
        new(StandsUp, "write-random", ["64KiB", "1MiB", "64MiB"], GoalMeasure.TimesReference, 1.5),
        new(StandsUp, "anonymous-fault", [.. _first, .. _stream], GoalMeasure.TimesKernel, 1 / 5.0),
        new(StandsUp, "fork-page", _every, GoalMeasure.TimesKernel, 1 / 5.0),

        new(SideBySide, "slow-path", _every, GoalMeasure.Nanoseconds, 12),
        new(SideBySide, "threads-fault", _pair, GoalMeasure.TimesReference, 1.4),
        new(SideBySide, "threads-fault-apart", _pair, GoalMeasure.TimesReference, 1.4),
        new(SideBySide, "threads-fault", _four, GoalMeasure.TimesReference, 1.7),
        new(SideBySide, "threads-fault-apart", _four, GoalMeasure.TimesReference, 1.7),
        new(SideBySide, "threads-allowed", _every, GoalMeasure.TimesReference, 1.1),
        new(SideBySide, "threads-fault-zeroed", ["2-threads"], GoalMeasure.TimesOtherSize, 1 / 1.8) { OtherSize = "1-threads" },
        new(SideBySide, "threads-fault-zeroed", ["4-threads"], GoalMeasure.TimesOtherSize, 1 / 1.7) { OtherSize = "1-threads" },
        new(SideBySide, "threads-zero-page", ["2-threads"], GoalMeasure.TimesOtherSize, 1 / 1.8) { OtherSize = "1-threads" },
        new(SideBySide, "threads-zero-page", ["4-threads"], GoalMeasure.TimesOtherSize, 1 / 1.7) { OtherSize = "1-threads" },
        new(SideBySide, "threads-mmap", ["2-threads"], GoalMeasure.Nanoseconds, 1_500),
        new(SideBySide, "threads-mmap", ["4-threads"], GoalMeasure.Nanoseconds, 3_000),
        new(SideBySide, "threads-mmap", ["16-threads"], GoalMeasure.Nanoseconds, 5_000),
        new(SideBySide, "threads-mmap", _every, GoalMeasure.LongestNanoseconds, 20_000_000),
        new(SideBySide, "pager-fault", _every, GoalMeasure.TimesReference, 3.5),
        new(SideBySide, "snapshot-iteration", _every, GoalMeasure.TimesReference, 1.7),
        new(SideBySide, "snapshot-iteration", ["2000-areas", "60000-areas"], GoalMeasure.TimesOtherSize, 1.05)
        {
            OtherSize = "20-areas",
        },
        new(SideBySide, "fetch-window", _every, GoalMeasure.Nanoseconds, 1),
        new(SideBySide, "window-read", _every, GoalMeasure.TimesReference, 1.05),
        new(SideBySide, "window-write", _every, GoalMeasure.TimesReference, 1.05),
        new(SideBySide, "try-read", _every, GoalMeasure.Nanoseconds, 1.2),
        new(SideBySide, "interpreter", _every, GoalMeasure.TimesReference, 1.5),
        new(SideBySide, "cow-fault", ["1MiB"], GoalMeasure.TimesReference, 1.2),
        new(Threads, "threads-mmap", ["2-threads"], GoalMeasure.TimesKernel, 1 / 15.0),

        new(Huge, "huge-fault", _every, GoalMeasure.TimesReference, 1.05),
        new(Huge, "huge-fork", _every, GoalMeasure.TimesReference, 1 / 5.0),
        new(Huge, "huge-munmap", _every, GoalMeasure.TimesReference, 1 / 5.0),
        new(Huge, "huge-mprotect", _every, GoalMeasure.TimesReference, 1 / 5.0),

        new(Remote, "far-fault", _every, GoalMeasure.TimesReference, 1.3),
        new(Remote, "far-in", _every, GoalMeasure.TimesReference, 1 / 0.8),
        new(Remote, "far-out", _every, GoalMeasure.TimesReference, 1 / 0.8),
        new(Remote, "far-resume", _every, GoalMeasure.Nanoseconds, 50_000_000),

        new(Windows, "windows-first-touch", _every, GoalMeasure.TimesReference, 1.5),
        new(Windows, "windows-query", _every, GoalMeasure.TimesReference, 1.5),
        new(Windows, "windows-view", _every, GoalMeasure.TimesReference, 1.5),
        new(Windows, "windows-soft-fault", _every, GoalMeasure.TimesReference, 1.5),
        new(Windows, "windows-write-watch", _every, GoalMeasure.TimesReference, 1.5),

        new(Pressure, "replay-lru", _every, GoalMeasure.Nanoseconds, 100),    // 10 M accesses a second

        new(Files, "pread", _every, GoalMeasure.TimesKernel, 1),
        new(Files, "mapped-read", _every, GoalMeasure.TimesReference, 1.4),
        new(Files, "file-fault", _every, GoalMeasure.TimesKernel, 1 / 10.0),
        new(Files, "write-back", _every, GoalMeasure.TimesKernel, 1 / 0.9),

        new(Speed, "read-random", ["64KiB", "1MiB"], GoalMeasure.TimesReference, 1.3),
        new(SideBySide, "read-random", ["64MiB", "1GiB"], GoalMeasure.TimesReference, 1.3),
        new(Speed, "write-random", ["64KiB", "1MiB", "64MiB"], GoalMeasure.TimesReference, 1.1),
        new(Speed, "write-random", ["1GiB"], GoalMeasure.TimesReference, 1.25),
        new(Speed, "read-sequential", _every, GoalMeasure.TimesReference, 2),
        new(Speed, "write-sequential", _every, GoalMeasure.TimesReference, 2),
        new(Speed, "read-random", _every, GoalMeasure.TimesUnicorn, 1 / 5.0),
        new(Speed, "write-random", ["64KiB", "1MiB"], GoalMeasure.TimesUnicorn, 1 / 5.0),
        new(Speed, "write-random", ["64MiB"], GoalMeasure.TimesUnicorn, 1 / 12.0),    // this and the next two: the figures of a prototype
        new(Speed, "read-sequential", _every, GoalMeasure.TimesUnicorn, 1 / 15.0),
        new(Speed, "write-sequential", _every, GoalMeasure.TimesUnicorn, 1 / 15.0),
        new(Speed, "copy-out", _every, GoalMeasure.TimesReference, 1.4),
        new(Speed, "copy-in", _every, GoalMeasure.TimesReference, 1.4),
        new(Speed, "anonymous-fault", [.. _first, .. _stream], GoalMeasure.TimesReference, 1.4),
        new(Speed, "anonymous-fault", _first, GoalMeasure.NanosecondsOverReference, 20),
        new(Speed, "anonymous-fault-zeroed", _every, GoalMeasure.TimesKernel, 1 / 25.0),
        new(Speed, "cow-fault", _every, GoalMeasure.TimesReference, 1.15),
        new(Speed, "fork-page", _every, GoalMeasure.Nanoseconds, 2),
        new(Speed, "fork", _every, GoalMeasure.Nanoseconds, 5_000),
        new(Speed, "exit-page", _every, GoalMeasure.Nanoseconds, 10),
        new(Speed, "munmap-page", _every, GoalMeasure.Nanoseconds, 10),
        new(Speed, "mmap-munmap", ["10-areas", "1000-areas"], GoalMeasure.TimesKernel, 1 / 20.0),
        new(Speed, "mmap-munmap", ["60000-areas"], GoalMeasure.TimesKernel, 1 / 10.0),
        new(Speed, "find-area", _every, GoalMeasure.TimesCpp, 1.35),
        new(Speed, "frame-pair", _every, GoalMeasure.TimesCpp, 1 / 5.0),
        new(Speed, "frame-batch", _every, GoalMeasure.TimesCpp, 1 / 5.0),
        new(Speed, "pread", _every, GoalMeasure.TimesKernel, 0.35),
        new(Speed, "pwrite", _every, GoalMeasure.TimesKernel, 0.35),
        new(Speed, "process-switch", _every, GoalMeasure.Nanoseconds, 1),

        new(Embedding, "dirty-log", ["50-of-100000"], GoalMeasure.Nanoseconds, 5_000),

        new(Rows, "snapshot-restore", _every, GoalMeasure.TimesReference, 2),
        new(Rows, "fuzz-iteration", _every, GoalMeasure.TimesReference, 2.5),
        new(Rows, "snapshot-iteration-kept", _every, GoalMeasure.TimesReference, 1.7),
        new(Rewinding, "snapshot-jump", _every, GoalMeasure.TimesReference, 3),
        new(Rows, "engine-snapshot-iteration", ["8-processes-and-a-fork"], GoalMeasure.Nanoseconds, 4_000),    // its loop forks nothing
        new(Rows, "clone", _every, GoalMeasure.Nanoseconds, 1_500),
        new(Rows, "clone-alive", ["1000-clones"], GoalMeasure.TimesOtherSize, 2) { OtherSize = "1-clones" },
        new(Rows, "device-access", _every, GoalMeasure.Nanoseconds, 25),    // its loop is a call that the compiler inlines
        new(Rows, "guest-process", ["fork-exit-emulated"], GoalMeasure.Nanoseconds, 170_000),
        new(Rows, "guest-process", ["fork-exec-exit-emulated"], GoalMeasure.Nanoseconds, 250_000),
        new(Rows, "guest-process", ["fork-exit", "fork-exec-exit"], GoalMeasure.TimesKernel, 3),
        new(Rows, "swap-fault", _every, GoalMeasure.TimesReference, 1.7),
    ];

    /// <summary>
    /// What became of the goals that the results are about: one line for each goal and size, and one for the garbage of all.
    /// </summary>
    public static IEnumerable<GoalOutcome> Outcomes(IReadOnlyList<RaceResult> results)
    {
        foreach (Goal goal in All)
        {
            foreach (RaceResult result in results.Where(goal.Concerns))
            {
                if (goal.Reached(result, results) is { } reached)
                    yield return new(goal.Issue, $"{result.Operation}/{result.Size}", goal.Text, goal.ReachedText(reached),
                        reached <= goal.AtMost);
            }
        }

        RaceResult[] here = [.. results.Where(static result => !result.Operation.StartsWith("far-", StringComparison.Ordinal))];
        if (here.Length == 0) yield break;
        double garbage = here.Max(static result => result.Engine.AllocatedBytes);    // a server's client makes objects
        yield return new(StandsUp, "every operation", "no managed bytes", $"{garbage:0.##} B", garbage == 0);
    }
}

/// <summary>A goal, and its result.</summary>
internal sealed record GoalOutcome(int Issue, string Subject, string Goal, string Reached, bool IsReached);
