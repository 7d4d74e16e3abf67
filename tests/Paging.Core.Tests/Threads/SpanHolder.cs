using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A thread that holds a span of a page and does not rest. It stores there, and polls, when the test's thread waits.</summary>
internal sealed class SpanHolder : IDisposable
{
    private readonly ManualResetEventSlim _mayEnd = new();
    private readonly Thread _thread;
    private volatile bool _hasStored;

    /// <summary>Returns when the thread has its span.</summary>
    public SpanHolder(ThreadedEngine world, VirtualAddress at, byte stored)
    {
        ManualResetEventSlim found = new();
        Thread waiting = Thread.CurrentThread;
        Shootdown shootdown = world.Engine.Parts.Machine.Callers.Shared!.Shootdown;
        _thread = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            world.Mmu.Write(at, 1u);
            Assert.True(world.Mmu.TryGetWritableSpan(at, 4, out Span<byte> span, out _));
            found.Set();
            SpinWait.SpinUntil(
                () => _mayEnd.IsSet || (shootdown.WaitCount != 0 && waiting.IsBlocked()), BlockedThread.PatienceMilliseconds);
            span[0] = stored;
            _hasStored = true;
            processor.Poll();
        });
        _thread.Start();
        found.Wait();
    }

    public bool HasStored => _hasStored;

    public void Dispose()
    {
        _mayEnd.Set();
        _thread.Join();
        _mayEnd.Dispose();
    }
}
