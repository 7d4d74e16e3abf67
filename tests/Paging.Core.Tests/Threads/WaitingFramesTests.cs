using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Frames that another thread may still use are needed again in the same hold, so the hold waits for that thread; and slots that are
/// given back while a neighbour is read.
/// </summary>
public sealed class WaitingFramesTests
{
    private const uint Pages = 40;

    [Fact]
    public void AnAllocationWaitsForFramesThatWereGivenUp()
    {
        using Polling other = new(new() { RamBytes = 2 << 20 });
        MemoryPressure pressure = other.World.Engine.Parts.Reclaim.Pressure;
        Frames.FrameGroup root = other.World.Engine.Parts.Machine.Lists.Root;
        using EngineHold hold = other.World.Engine.EnterSlowPath();
        for (int way = 0; way < 2; way++)
        {
            GiveUp(other.World);
            Assert.Equal(Pages, other.Limbo.Count);
            Assert.True(way == 0 ? pressure.TryFree(root) : pressure.TryFreeOfGroup(root, 1));
            Assert.Equal(0u, other.Limbo.Count);
            Assert.False(way == 0 ? pressure.TryFree(root) : pressure.TryFreeOfGroup(root, 1));    // nothing else can go
        }
    }

    /// <summary>All frames there are, given up and touched again in one hold.</summary>
    [Fact]
    public void AFaultFindsTheFramesThatWereGivenUpInItsHold()
    {
        using Polling other = new(new() { RamBytes = 2 << 20, RequestHostHugePages = false });
        ThreadedEngine world = other.World;
        using EngineHold hold = world.Engine.EnterSlowPath();
        uint count = world.Engine.Frames.CountOf(FrameState.Free).Value - 16;
        VirtualAddress at = world.Map(count);
        for (uint round = 1; round <= 3; round++)
        {
            for (uint page = 0; page < count; page++) world.Mmu.Write(at + (page << 12), round);
            Assert.Equal(Errno.None, world.Memory.Advise(at, count << 12, MemoryAdvice.DontNeed));
            Assert.Equal(count, other.Limbo.Count);
        }
    }

    [Fact]
    public void FramesOfAThreadThatDoesNotPollStay()
    {
        using Polling other = new(new() { RamBytes = 2 << 20, ShootdownTimeout = TimeSpan.FromMilliseconds(50) }, polls: false);
        EngineHold hold = other.World.Engine.EnterSlowPath();
        GiveUp(other.World);
        Assert.False(other.World.Engine.Parts.Reclaim.Pressure.TryFree(other.World.Engine.Parts.Machine.Lists.Root));
        Assert.Equal(Pages, other.Limbo.Count);
        Exception? thrown = null;
        try
        {
            hold.Dispose();
        }
        catch (TimeoutException report)
        {
            thrown = report;
        }

        Assert.NotNull(thrown);
    }

    /// <summary>A slot is discarded while its neighbours are read: they are read once, and the discarded page is never returned.</summary>
    [Theory]
    [InlineData(2u, 3u)]
    [InlineData(4u, 3u)]
    [InlineData(6u, 3u)]
    public void ADiscardedSlotDoesNotMakeItsNeighboursBeReadAgain(uint discarded, uint read)
    {
        const uint count = 8;
        using Gate gate = new();
        using ThreadedEngine world = new();
        Assert.Equal(Errno.None, world.Engine.Swap.SwitchOn(new DiscardingSlowStore(gate), out SwapDevice? device));
        VirtualAddress at = world.Map(count);
        world.Run(1, (_, _) =>
        {
            for (uint page = 0; page < count; page++) world.Mmu.Write(at + (page << 12), page + 1);
        });
        Assert.Equal(Errno.None, world.Memory.Advise(at, count << 12, MemoryAdvice.PageOut));
        Reader reader = new(world.Engine, world.Process, at + (read << 12));
        gate.AwaitArrival();
        Assert.Equal(Errno.None, world.Memory.Advise(at + (discarded << 12), 4096, MemoryAdvice.DontNeed));
        Assert.Equal(count - 1, device!.UsedSlotCount);
        gate.Open();
        Assert.Equal((int)read + 1, reader.Await());
        Assert.Equal((int)count, gate.Reads);
        for (uint page = 0; page < count; page++)
            Assert.Equal(page == discarded ? 0 : (int)page + 1, new Reader(world.Engine, world.Process, at + (page << 12)).Await());
        Assert.Equal((int)count, gate.Reads);
    }

    /// <summary>The background thread goes on at once while there is work, and sleeps when there is none.</summary>
    [Fact]
    public void BackgroundWorkSleepsOnlyWhenNothingIsDue()
    {
        int holds = 0;
        Thread? worker = null;
        using BackgroundWork work = new(budget =>
        {
            worker = Thread.CurrentThread;
            return budget == 7 && ++holds <= 50 ? holds : 0;
        }, TimeSpan.FromSeconds(100), 7);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref holds) == 51, 30_000));
        worker!.AwaitBlocked();
        Assert.Equal((51, 50L * 51 / 2), (Volatile.Read(ref holds), work.PageCount));
        Assert.Null(work.Failure);
    }

    /// <summary>The hold that runs is over when the work has been stopped; its thread does not keep the host's process alive.</summary>
    [Fact]
    public void StoppingWaitsForTheHoldThatRuns()
    {
        using ManualResetEventSlim begun = new();
        Thread stopping = Thread.CurrentThread;
        bool stops = false, isOver = false, isBackground = false;
        BackgroundWork work = new(_ =>
        {
            isBackground = Thread.CurrentThread.IsBackground;
            begun.Set();
            isOver = SpinWait.SpinUntil(() => Volatile.Read(ref stops) && stopping.IsBlocked(), BlockedThread.PatienceMilliseconds);
            return 1;
        }, TimeSpan.FromSeconds(100), 1);
        begun.Wait();
        Volatile.Write(ref stops, true);
        work.Dispose();
        Assert.Equal((true, true), (isOver, isBackground));
        Assert.True(work.PageCount >= 1);
    }

    [Fact]
    public void BackgroundWorkWithoutASleepGoesOnAndAnExceptionEndsIt()
    {
        int holds = 0;
        NotSupportedException failure = new("of a backing");
        using BackgroundWork work = new(_ => ++holds == 100 ? throw failure : 0, TimeSpan.Zero, 1);
        Assert.True(SpinWait.SpinUntil(() => work.Failure is not null, 30_000));
        Assert.Same(failure, work.Failure);
        using BackgroundWork ended = new(static _ => throw new ObjectDisposedException("engine"), TimeSpan.Zero, 1, static () => true);
        ended.Dispose();
        Assert.Equal((100, null, 0L), (holds, ended.Failure, ended.PageCount));
    }

    /// <summary>Maps pages, touches them and unmaps them: their frames wait for the other thread.</summary>
    private static void GiveUp(ThreadedEngine world)
    {
        VirtualAddress at = world.Map(Pages);
        for (uint page = 0; page < Pages; page++) world.Mmu.Write(at + (page << 12), page);
        Assert.Equal(Errno.None, world.Memory.Unmap(at, Pages << 12));
    }

    /// <summary>An engine in whose process another thread runs, and polls or not.</summary>
    private sealed class Polling : IDisposable
    {
        private readonly Thread _thread;
        private readonly ManualResetEventSlim _end = new();

        public Polling(EngineOptions options, bool polls = true)
        {
            World = new(options);
            using ManualResetEventSlim ready = new();
            _thread = new(() =>
            {
                using VirtualProcessor processor = World.Engine.Threads.CreateProcessor();
                processor.Run(World.Process);
                ready.Set();
                while (!_end.Wait(1))
                    if (polls) processor.Poll();
                processor.Rest();
            });
            _thread.Start();
            ready.Wait();
        }

        public ThreadedEngine World { get; }

        public FrameLimbo Limbo => World.Engine.Parts.Machine.Callers.Shared!.Shootdown.Limbo;

        public void Dispose()
        {
            _end.Set();
            _thread.Join();
            _end.Dispose();
            World.Dispose();
        }
    }

    /// <summary>A slow store that asks to be notified of discarded slots.</summary>
    private sealed class DiscardingSlowStore(Gate gate) : ISwapStore
    {
        private readonly SlowStore _inner = new(gate);

        public string Name => "discarding";
        public uint SlotCount => _inner.SlotCount;
        public bool AllowsConcurrentReads => true;

        public Errno Read(uint slot, Span<byte> page) => _inner.Read(slot, page);

        public Errno Write(uint slot, ReadOnlySpan<byte> page) => _inner.Write(slot, page);

        public void Discard(uint slot) => _ = _inner.Write(slot, new byte[4096]);    // what it held is gone

        public void Dispose() => _inner.Dispose();
    }
}
