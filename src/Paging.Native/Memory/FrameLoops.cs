using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Paging.Native.Memory;

/// <summary>The loops that copy and clear a frame fastest on this host. The first engine of a process measures them.</summary>
/// <remarks>
/// No loop is the fastest everywhere: the C library takes 16 % longer than vectors to copy a frame on a Zen 3 host, and less on an Intel
/// host. The measurement has the shape of a copy on write: a page of the second-level cache is copied or cleared, a word of it
/// is stored, and then the caller's own data are read, some of which the loop has displaced. It takes some 100 µs, and some milliseconds
/// more where its code is compiled at run time. The loops do the same, so results never depend on the choice (decision 0076).
/// </remarks>
internal static class FrameLoops
{
    private const int Pages = 16, OwnLines = 128, Rounds = 12;

    /// <summary>The loop for <see cref="FrameBytes.Copy(byte*, byte*)"/>.</summary>
    public static readonly FrameLoop OfCopy = FindFastest(isCopy: true);

    /// <summary>The loop for <see cref="FrameBytes.Clear(byte*)"/>.</summary>
    public static readonly FrameLoop OfClear = FindFastest(isCopy: false);

    /// <summary>Measures now, unless it was done: no fault has to wait for it.</summary>
    public static void Prepare() => RuntimeHelpers.RunClassConstructor(typeof(FrameLoops).TypeHandle);

    // SAFETY: sources, targets and the caller's own lines lie in one block, which is as long as their sum.
    private static unsafe FrameLoop FindFastest(bool isCopy)
    {
        const nuint length = (2 * Pages * FrameBytes.Length) + (OwnLines * 64);
        byte* block = (byte*)NativeMemory.AlignedAlloc(length, FrameBytes.Length);
        try
        {
            NativeMemory.Fill(block, length, 1);
            long[] least = [long.MaxValue, long.MaxValue, long.MaxValue];
            for (int round = 0; round < Rounds; round++)
            {
                for (FrameLoop loop = FrameLoop.Vectors32; loop <= FrameLoop.Library; loop++)
                    least[(int)loop] = long.Min(least[(int)loop], Measure(loop, isCopy, block));
            }

            FrameLoop vectors = Vector512.IsHardwareAccelerated && least[(int)FrameLoop.Vectors64] < least[(int)FrameLoop.Vectors32]
                ? FrameLoop.Vectors64
                : FrameLoop.Vectors32;
            // Vectors, which are inlined, unless the library gains more than the measurement errs.
            return least[(int)FrameLoop.Library] * 20 < least[(int)vectors] * 19 ? FrameLoop.Library : vectors;
        }
        finally
        {
            NativeMemory.AlignedFree(block);
        }
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
            for (int line = 0; line < OwnLines; line++) sum += own[line * 64];
        }

        long elapsed = Stopwatch.GetTimestamp() - start;
        own[0] = (byte)sum;    // so that the loads are not left out
        return elapsed;
    }
}
