using System.Runtime;

namespace Paging.Tests;

/// <summary>Measures the managed memory that a body allocates, to the byte. For the paths that must allocate none.</summary>
/// <remarks>
/// All measured runs count: the result is their sum, so that garbage that comes only now and then, once in many page faults, cannot hide
/// after a run without it. The bodies must therefore be warm, and nothing else may allocate on the measuring thread:
/// <list type="bullet">
/// <item>The first runs, which make what is made once, are not measured.</item>
/// <item>A concurrent collector counts the unused rest of the thread's allocation block (8 KiB) as allocated whenever it starts, so no test
/// project uses one (Directory.Build.props).</item>
/// <item>The runtime drops some of its own caches in a collection, such as the names of an enum, and makes them again for the next caller.
/// Bodies must not ask for them. A body that does fails whenever another test has caused a collection, and always in
/// <c>AfterACollectionNothingIsMadeAgain</c>.</item>
/// </list>
/// </remarks>
internal static class ManagedMemory
{
    private const int WarmUpRunCount = 2;
    private const int MeasuredRunCount = 4;

    /// <summary>Returns the bytes that a warm body allocates in four runs.</summary>
    public static long BytesAllocatedBy(Action body) => BytesAllocatedBy(static () => true, _ => body());

    /// <summary>
    /// Returns the bytes that a warm body allocates in four runs, each on a subject of its own. Preparing a subject is not measured.
    /// </summary>
    public static long BytesAllocatedBy<T>(Func<T> prepare, Action<T> body)
    {
        if (GCSettings.LatencyMode == GCLatencyMode.Interactive)
            throw new InvalidOperationException("A concurrent collector makes the runtime's count of allocated bytes wrong.");
        for (int run = 0; run < WarmUpRunCount; run++) body(prepare());
        long sum = 0;
        for (int run = 0; run < MeasuredRunCount; run++)
        {
            T subject = prepare();
            long before = GC.GetAllocatedBytesForCurrentThread();
            body(subject);
            sum += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return sum;
    }
}
