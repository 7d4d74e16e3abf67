using System.Runtime.ExceptionServices;

namespace Paging.Core.Tests;

/// <summary>Threads that begin together. An exception in any of them fails the test.</summary>
internal static class ThreadTeam
{
    public static void Run(int count, Action<int> body)
    {
        using Barrier start = new(count);
        ExceptionDispatchInfo? failure = null;
        Thread[] threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            int number = i;
            threads[i] = new(() =>
            {
                start.SignalAndWait();
                try
                {
                    body(number);
                }
                catch (Exception thrown)
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(thrown), null);
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads) thread.Join();
        failure?.Throw();
    }
}
