using System.Runtime.CompilerServices;

namespace Paging.Core.Threads;

/// <summary>Values that each thread caches, because every fault needs them.</summary>
internal static class ThisThread
{
    [ThreadStatic]
    private static int _id;    // 0 until it is first read; the storage of a new thread is cleared

    [ThreadStatic]
    private static GatePass? _pass;

    /// <summary>
    /// The pass that the calling thread was granted last, in any engine, until its processor rests or runs in another space: T10 holds for
    /// its touches without a look at the processor.
    /// </summary>
    public static GatePass? Pass
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _pass;
        set => _pass = value;
    }

    /// <summary>The managed ID of the calling thread, in half the time of <see cref="Environment.CurrentManagedThreadId"/>.</summary>
    public static int Id
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _id != 0 ? _id : Read();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Read() => _id = Environment.CurrentManagedThreadId;
}
