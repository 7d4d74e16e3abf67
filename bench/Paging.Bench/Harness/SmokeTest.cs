using System.Diagnostics;

namespace Paging.Bench.Harness;

/// <summary>
/// Runs every operation with tiny sizes: does it do what it claims, and does ours allocate nothing? Times are not looked at.
/// </summary>
internal static class SmokeTest
{
    private const int WarmRuns = 3;
    private const int CheckedRuns = 3;

    /// <summary>Runs all of them; one line each.</summary>
    /// <returns>How many are broken.</returns>
    public static int Run(IReadOnlyList<RaceDefinition> definitions, TextWriter output)
    {
        long started = Stopwatch.GetTimestamp();
        int brokenCount = 0;
        foreach (RaceDefinition definition in definitions)
        {
            if (definition.Missing is { } missing)
            {
                output.Write($"skipped {definition}: {missing}\n");
                continue;
            }

            string? defect = FirstDefect(definition);
            if (defect is not null) brokenCount++;
            output.Write(defect is null ? $"ok      {definition}\n" : $"BROKEN  {definition}: {defect}\n");
        }

        output.Write($"{definitions.Count} operations, {brokenCount} broken, {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s\n");
        return brokenCount;
    }

    private static string? FirstDefect(RaceDefinition definition)
    {
        try
        {
            using Race race = definition.Start(Scale.Tiny);
            foreach (Contender contender in race.Contenders)
            {
                int count = contender.CountOf(race.Count);
                for (int run = 0; run < WarmRuns; run++) _ = AllocatedByRun(contender, count);
                for (int run = 0; run < CheckedRuns; run++)
                {
                    long allocated = AllocatedByRun(contender, count);
                    // What an operation allocates, it allocates again. The runtime did so once in a CI run: 24,624 bytes.
                    if (allocated > contender.AllocatedBytesMax && AllocatedByRun(contender, count) > contender.AllocatedBytesMax)
                        return $"{contender.Description} allocated {allocated} bytes in {count} operations";
                }
            }

            return null;
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or StackOverflowException))
        {
            return exception is BrokenBenchmarkException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    private static long AllocatedByRun(Contender contender, int count)
    {
        contender.Prepare(count);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = contender.Time(count);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        contender.Verify(count);
        return allocated;
    }
}
