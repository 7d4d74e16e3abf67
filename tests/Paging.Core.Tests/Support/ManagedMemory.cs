namespace Paging.Core.Tests;

/// <summary>How much managed memory something takes. For the paths that must take none.</summary>
internal static class ManagedMemory
{
    private const int MeasuredRunCount = 40;    // the first that takes nothing ends it

    /// <summary>The bytes a run of a body allocates once warm: the least of several runs.</summary>
    /// <remarks>The runtime takes some 320 bytes of its own, once, when it compiles a method again on this thread; what the body takes, it takes in each run.</remarks>
    public static long BytesAllocatedBy(Action body)
    {
        for (int run = 0; run < 2; run++) body();
        long least = long.MaxValue;
        for (int run = 0; run < MeasuredRunCount && least != 0; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            body();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
