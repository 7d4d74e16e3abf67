using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>How long reads of a slow device take, and which of them fail. For any number of threads.</summary>
internal sealed class LateAnswers(ulong seed, int failsOneIn)
{
    private ulong _state = seed * SplitMix64.Step;

    /// <summary>Waits, from not at all to a millisecond.</summary>
    /// <returns>EIO, seldom.</returns>
    public Errno Await()
    {
        ulong word = SplitMix64.Mix(Interlocked.Add(ref _state, SplitMix64.Step));
        uint chance = (uint)(word >> 32) & 31;
        if (chance == 0) Thread.Sleep(1);
        else if (chance < 24) Thread.Yield();
        else Thread.SpinWait((int)(word & 0x3FF));
        return failsOneIn != 0 && (uint)word % (uint)failsOneIn == 0 ? Errno.EIO : Errno.None;
    }
}
