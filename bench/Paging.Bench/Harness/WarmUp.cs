using System.Diagnostics;
using System.Runtime;

namespace Paging.Bench.Harness;

/// <summary>Brings the code of a race to its last tier before anything is timed.</summary>
/// <remarks>
/// A method becomes optimised code only after 30 calls in its first tier and 30 in its instrumented one; a long loop that is called
/// less often runs as OSR code, which may be half as fast. So: short calls, at least three batches of them, each followed by a pause
/// until the compiler is idle, until a batch makes it compile nothing more. The project file has calls counted from the first one on:
/// with the runtime's own delay of 100 ms, ten times that on one processor, pauses would be half of a quick run. Contenders that have
/// done the operation at another size need no warming; one that does more there has another description. Last, a full run of each
/// contender commits the memory.
/// </remarks>
internal sealed class WarmUp
{
    private const int BatchCountMin = 3;
    private const int BatchCountMax = 6;
    private const int CallsOfBatch = 40;
    private const int IdleMilliseconds = 10;
    private const long BatchMilliseconds = 25;    // for contenders whose calls cannot be short

    private readonly HashSet<(string Operation, Type Contender, string Description)> _warm = [];

    /// <summary>Warms the contenders of a race.</summary>
    /// <param name="operation">Their operation: one class may do several things, on paths of their own.</param>
    /// <param name="race">The race.</param>
    public void Run(string operation, Race race)
    {
        Contender[] cold = [.. race.Contenders.Where(contender =>
            contender.NeedsWarmUp && _warm.Add((operation, contender.GetType(), contender.Description)))];
        for (int batch = 0; cold.Length > 0 && batch < BatchCountMax; batch++)
        {
            long compiledBefore = JitInfo.GetCompiledMethodCount();
            foreach (Contender contender in cold) RunBatch(contender, race.WarmCount);
            LetCompilerFinish();
            if (batch + 1 >= BatchCountMin && JitInfo.GetCompiledMethodCount() == compiledBefore) break;
        }

        foreach (Contender contender in race.Contenders) Once(contender, race.Count);
    }

    private static void LetCompilerFinish()
    {
        long compiled;
        do
        {
            compiled = JitInfo.GetCompiledMethodCount();
            Thread.Sleep(IdleMilliseconds);
        }
        while (JitInfo.GetCompiledMethodCount() != compiled);
    }

    private static void RunBatch(Contender contender, int count)
    {
        long started = Stopwatch.GetTimestamp();
        for (int call = 0; call < CallsOfBatch; call++)
        {
            Once(contender, count);
            if (Stopwatch.GetElapsedTime(started).TotalMilliseconds > BatchMilliseconds && call > 0) return;
        }
    }

    private static void Once(Contender contender, int raceCount)
    {
        int count = contender.CountOf(raceCount);
        contender.Prepare(count);
        _ = contender.Time(count);
        contender.Verify(count);
    }
}
