using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A thread that does not come to rest, or has ended: how often it is reported, and when its frames are free.</summary>
public sealed class StuckThreadTests
{
    private static EngineOptions Impatient => new() { RamBytes = 16 << 20, ShootdownTimeout = TimeSpan.FromMilliseconds(60) };

    /// <summary>
    /// Reported once for each call that takes something away. Calls that take nothing away only check whether the thread has polled; the
    /// next one that takes something away waits again, and reports it again.
    /// </summary>
    [Fact]
    public void ItIsReportedForEachCallThatTakesSomethingAway()
    {
        using ThreadedEngine world = new(Impatient);
        VirtualAddress at = world.Map(3);
        Busy other = new(world, at, 3);
        Assert.Throws<TimeoutException>(() => world.Memory.Unmap(at, 4096));
        for (int hold = 0; hold < 3; hold++)
        {
            world.Map(1);    // not reported yet
            Assert.Equal(1u, Waiting(world));
        }

        TimeoutException again = Assert.Throws<TimeoutException>(() => world.Memory.Unmap(at + 4096, 4096));
        Assert.Contains("2 frames wait", again.Message, StringComparison.Ordinal);
        other.Dispose();
        Assert.Equal(0u, Waiting(world));    // looking makes a hold
        World.Succeeds(world.Memory.Unmap(at + 8192, 4096));
    }

    /// <summary>The thread has ended in the middle of its run, reported or not: it is counted once, and no call waits for it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneThatHasEndedIsCountedOnce(bool isReported)
    {
        using ThreadedEngine world = new(isReported ? Impatient : null);
        VirtualAddress at = world.Map(4);
        Busy other = new(world, at, 4);
        if (isReported) Assert.Throws<TimeoutException>(() => world.Memory.Unmap(at, 4096));
        other.EndWithoutRest();
        for (uint page = 1; page < 4; page++)
        {
            World.Succeeds(world.Memory.Unmap(at + (page << 12), 4096));
            ThreadCounters counters = world.Engine.Threads.Count();
            Assert.Equal((1, 1, 0u), (counters.Processors, counters.LostProcessors, counters.WaitingFrames.Value));
        }
    }

    /// <summary>The one that was reported has ended. Another that runs and polls is waited for as ever, and the frames come free.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void AfterItTheOthersAreWaitedForAsEver()
    {
        // On a busy host the other may wait for a host processor for longer than the impatient engine waits.
        using ThreadedEngine world = new(Impatient with { ShootdownTimeout = TimeSpan.FromSeconds(5) });
        VirtualAddress at = world.Map(2);
        using ManualResetEventSlim ready = new(), end = new(initialState: false, spinCount: 0);
        Thread polls = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor("polls");
            processor.Run(world.Process);
            ready.Set();
            while (!end.Wait(1)) processor.Poll();
        });
        polls.Start();
        ready.Wait();
        Busy stuck = new(world, at, 2);
        string message = Assert.Throws<TimeoutException>(() => world.Memory.Unmap(at, 4096)).Message;
        Assert.Contains("'busy'", message, StringComparison.Ordinal);
        stuck.Dispose();
        world.Map(1);
        uint waiting = Waiting(world);
        end.Set();
        polls.Join();
        Assert.Equal(0u, waiting);
    }

    private static uint Waiting(ThreadedEngine world) => world.Engine.Threads.Count().WaitingFrames.Value;

    /// <summary>A thread that has touched some pages and then runs without polling until it is asked to end.</summary>
    private sealed class Busy : IDisposable
    {
        private readonly ManualResetEventSlim _ready = new(), _end = new();
        private readonly Thread _thread;
        private bool _rests = true;

        public Busy(ThreadedEngine world, VirtualAddress at, uint pages)
        {
            _thread = new(() =>
            {
                VirtualProcessor processor = world.Engine.Threads.CreateProcessor("busy");
                processor.Run(world.Process);
                for (uint page = 0; page < pages; page++) world.Mmu.Write(at + (page << 12), page);
                _ready.Set();
                _end.Wait();
                if (_rests) processor.Dispose();
            });
            _thread.Start();
            _ready.Wait();
        }

        public void EndWithoutRest()
        {
            _rests = false;
            Dispose();
        }

        public void Dispose()
        {
            _end.Set();
            _thread.Join();
            _ready.Dispose();
            _end.Dispose();
        }
    }
}
