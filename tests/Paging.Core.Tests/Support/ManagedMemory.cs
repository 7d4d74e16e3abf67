namespace Paging.Core.Tests;

/// <summary>How much managed memory something takes. For the paths that must take none.</summary>
internal static class ManagedMemory
{
    /// <summary>The bytes one more run of a body allocates after it has run often enough to be warm.</summary>
    public static long BytesAllocatedBy(Action body)
    {
        for (int run = 0; run < 2; run++) body();
        long before = GC.GetAllocatedBytesForCurrentThread();
        body();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
