using System.Runtime;

namespace Paging.Tests;

/// <summary>How much managed memory something takes. For the paths that must take none.</summary>
/// <remarks>
/// Two things are not the body's own. What the runtime forgets in a collection it makes anew for whoever asks next, often some 320 bytes (the names
/// of an enum; the engine does not ask): hence several runs. And a concurrent collector that begins, for whatever thread, counts the unused rest of
/// this thread's block of some 8 KiB as allocated; hence no test runs with one (Directory.Build.props).
/// </remarks>
internal static class ManagedMemory
{
    private const int MeasuredRunCount = 40;    // the first that takes nothing ends it

    /// <summary>The bytes a run of a body allocates once warm: the least of several runs. What the body takes, it takes in each.</summary>
    public static long BytesAllocatedBy(Action body)
    {
        for (int run = 0; run < 2; run++) body();
        return BytesAllocatedBy(static () => true, _ => body());
    }

    /// <summary>The bytes a body allocates beside what was prepared for it: the least of several runs, each on something new.</summary>
    public static long BytesAllocatedBy<T>(Func<T> prepare, Action<T> body)
    {
        if (GCSettings.LatencyMode == GCLatencyMode.Interactive) throw new InvalidOperationException("Allocation is counted wrongly beside a concurrent collector.");
        long least = long.MaxValue;
        for (int run = 0; run < MeasuredRunCount && least != 0; run++)
        {
            T subject = prepare();
            long before = GC.GetAllocatedBytesForCurrentThread();
            body(subject);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
