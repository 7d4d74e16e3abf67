using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Paging.Native.Memory;

/// <summary>The loops that copy and clear a frame fastest on this host. The first engine of a process measures them.</summary>
/// <remarks>
/// No loop is the fastest everywhere: the C library takes 16 % longer than vectors to copy a frame on a Zen 3 host, and less on an Intel
/// host. The measurement has the shape of a copy on write: a page of the second-level cache is copied or cleared, a word of it
/// is stored, and then lines of the caller's own tables are read, some of which the loop has displaced. The medians count: on a host
/// whose clock jumps between two speeds the least of a loop says only when it ran. It takes some 200 µs, and some milliseconds more
/// where its code is compiled at run time. The loops do the same, so results never depend on the choice (decision 0076).
/// </remarks>
internal static class FrameLoops
{
    private const int Pages = 16, Rounds = 31;
    private const int OwnLines = 16, OwnStride = FrameBytes.Length + 64;    // a line of each of 16 pages, none in the same set

    /// <summary>The loop for <see cref="FrameBytes.Copy(byte*, byte*)"/>.</summary>
    public static readonly FrameLoop OfCopy = FindFastest(isCopy: true);

    /// <summary>The loop for <see cref="FrameBytes.Clear(byte*)"/>.</summary>
    public static readonly FrameLoop OfClear = FindFastest(isCopy: false);

    /// <summary>Measures now, unless it was done: no fault has to wait for it.</summary>
    public static void Prepare() => RuntimeHelpers.RunClassConstructor(typeof(FrameLoops).TypeHandle);

    // SAFETY: sources, targets and the caller's own lines lie in one block, which is as long as their sum.
    private static unsafe FrameLoop FindFastest(bool isCopy)
    {
        const nuint length = (2 * Pages * FrameBytes.Length) + (OwnLines * OwnStride);
        byte* block = (byte*)NativeMemory.AlignedAlloc(length, FrameBytes.Length);
        try
        {
            NativeMemory.Fill(block, length, 1);
            long[][] times = [new long[Rounds], new long[Rounds], new long[Rounds]];
            for (int round = 0; round < Rounds; round++)
            {
                for (FrameLoop loop = FrameLoop.Vectors32; loop <= FrameLoop.Library; loop++)
                    times[(int)loop][round] = Measure(loop, isCopy, block);
            }

            long small = Median(times[(int)FrameLoop.Vectors32]), library = Median(times[(int)FrameLoop.Library]);
            long large = Vector512.IsHardwareAccelerated ? Median(times[(int)FrameLoop.Vectors64]) : long.MaxValue;
            // Vectors, which are inlined, unless the library gains more than the measurement errs.
            if (library * 20 < long.Min(small, large) * 19) return FrameLoop.Library;
            return large < small ? FrameLoop.Vectors64 : FrameLoop.Vectors32;
        }
        finally
        {
            NativeMemory.AlignedFree(block);
        }
    }

    private static long Median(long[] times)
    {
        Array.Sort(times);
        return times[times.Length / 2];
    }

    // Compiled once and whole: the first tier's code would be measured otherwise. SAFETY: as FindFastest.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe long Measure(FrameLoop loop, bool isCopy, byte* block)
    {
        byte* own = block + (2 * Pages * FrameBytes.Length);
        long sum = 0, start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Pages; i++)
        {
            byte* source = block + (i * 2 * FrameBytes.Length), target = source + FrameBytes.Length;
            if (isCopy) FrameBytes.Copy(loop, source, target);
            else FrameBytes.Clear(loop, target);
            target[(i * 64) + 8] = 2;
            for (int line = 0; line < OwnLines; line++) sum += own[line * OwnStride];
        }

        long elapsed = Stopwatch.GetTimestamp() - start;
        own[0] = (byte)sum;    // so that the loads are not left out
        return elapsed;
    }
}
