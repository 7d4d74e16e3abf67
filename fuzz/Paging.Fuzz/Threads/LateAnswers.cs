using Paging.Core;

namespace Paging.Fuzz;

/// <summary>How long reads of a slow device take, and which of them fail. For any number of threads.</summary>
internal sealed class LateAnswers(ulong seed, int failsOneIn)
{
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = seed * Step;

    /// <summary>Waits, from not at all to a millisecond.</summary>
    /// <returns>EIO, seldom.</returns>
    public Errno Await()
    {
        ulong word = Interlocked.Add(ref _state, Step);
        word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
        word = (word ^ (word >> 27)) * 0x94D0_49BB_1331_11EB;
        uint chance = (uint)(word >> 32) & 31;
        if (chance == 0) Thread.Sleep(1);
        else if (chance < 24) Thread.Yield();
        else Thread.SpinWait((int)(word & 0x3FF));
        return failsOneIn != 0 && (uint)word % (uint)failsOneIn == 0 ? Errno.EIO : Errno.None;
    }
}
