using Xunit;

namespace Paging.Core.Tests;

/// <summary>Whether a thread waits: for a lock, an event or another thread, or in a short sleep between two looks.</summary>
internal static class BlockedThread
{
    public const int PatienceMilliseconds = 60_000;

    /// <summary>True if it waits now.</summary>
    public static bool IsBlocked(this Thread thread) => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0;

    /// <summary>Waits until it waits. Precondition: the thread has nothing to wait for but what the test is about.</summary>
    public static void AwaitBlocked(this Thread thread) => Assert.True(SpinWait.SpinUntil(thread.IsBlocked, PatienceMilliseconds));
}
