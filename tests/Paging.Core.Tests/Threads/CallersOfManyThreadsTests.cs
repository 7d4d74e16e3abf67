using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Looks and calls while another thread has a hold: during a callback, after one has thrown, and after the end.</summary>
public sealed class CallersOfManyThreadsTests
{
    [Fact]
    public void OthersLookWhileACallbackRunsAndTheThreadOfTheHoldDoesNot()
    {
        using ThreadedEngine world = new();
        CallerCheck callers = world.Engine.Parts.Machine.Callers;
        world.Engine.CheckCaller();    // outside a hold: a look
        using (world.Engine.EnterSlowPath())
        {
            world.Engine.CheckCaller();
            callers.Callbacks.Begin();
            Assert.Throws<InvalidOperationException>(world.Engine.CheckCaller);
            Assert.Throws<InvalidOperationException>(() => world.Engine.Frames.CountOf(FrameState.Free));
            Assert.Null(OfAnotherThread(world.Engine.CheckCaller));
            callers.Callbacks.End();
            world.Engine.CheckCaller();
            NotSupportedException failure = new("of the host");
            callers.Keep(failure);
            Assert.Null(OfAnotherThread(world.Engine.CheckCaller));
            Assert.Same(failure, Assert.Throws<NotSupportedException>(world.Engine.CheckCaller));
            world.Engine.CheckCaller();    // thrown once
        }

        Assert.IsType<InvalidOperationException>(Record.Exception(callers.Enter));    // a call that needs a turn around it
    }

    /// <summary>An exception of a callback is thrown at the end of the hold, once, for any call.</summary>
    [Fact]
    public void AnExceptionOfACallbackIsThrownAtTheEndOfTheHold()
    {
        using ThreadedEngine world = new();
        CallerCheck callers = world.Engine.Parts.Machine.Callers;
        NotSupportedException failure = new("of the host");
        Assert.Same(failure, Assert.Throws<NotSupportedException>(() =>
        {
            using EngineHold hold = world.Engine.EnterSlowPath();
            callers.Keep(failure);
            Assert.True(callers.HasFailure);
        }));
        Assert.False(callers.HasFailure);
        Assert.Null(OfAnotherThread(() => world.Map(1)));    // the hold has ended all the same
        world.Map(1);
    }

    /// <summary>A fault is a hold; a miss that finds its page, and a hit, are none: they change nothing.</summary>
    [Fact]
    public void OnlyACallThatChangesTheEngineIsAHold()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(2);
        using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
        processor.Run(world.Process);
        world.Engine.Threads.RecordOrder();
        world.Mmu.Write(at, 1u);                                    // 1
        Assert.Equal(1, world.Mmu.CopyIn(at + 4096, [1], out _));    // 2
        world.Engine.Files.DropCaches();                                  // 3
        world.Process.Memory.Space.Translations.ForgetWrites();
        world.Mmu.Write(at, 2u);
        Assert.Equal(1, world.Mmu.CopyIn(at + 4096, [2], out _));
        Assert.Equal(2u, world.Mmu.Read<uint>(at));
        world.Mmu.Add(at, 1u);
        Assert.Equal(3, world.Engine.Threads.StopOrder().Count);
        processor.Rest();
    }

    /// <summary>A thread that has a processor has its place in the queue: it makes none when it waits for the first time.</summary>
    [Fact]
    public void TheFirstWaitOfAProcessorsThreadMakesNoPlace()
    {
        FirstWait();    // runs the code for the first time
        Assert.InRange(FirstWait(), 0, 64);    // .NET makes what a sleeping thread is woken by
    }

    /// <summary>Returns how many bytes a new thread's first wait for the slow path allocates.</summary>
    private static long FirstWait()
    {
        using ThreadedEngine world = new();
        using ManualResetEventSlim ready = new(), go = new();
        long allocated = 0;
        bool waits = false;
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            world.Engine.MaxMapCount = 1000;
            ready.Set();
            go.Wait();
            Volatile.Write(ref waits, true);
            long before = GC.GetAllocatedBytesForCurrentThread();
            world.Engine.MaxMapCount = 1001;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        other.Start();
        ready.Wait();
        using (world.Engine.EnterSlowPath())
        {
            go.Set();
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref waits) && other.IsBlocked(), BlockedThread.PatienceMilliseconds));
        }

        Assert.True(other.Join(30_000));
        return allocated;
    }

    [Fact]
    public void ALookAtADisposedEngineThrows()
    {
        PagingEngine engine = new(World.Options() with { AllowThreads = true });
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(engine.CheckCaller);
        Assert.IsType<ObjectDisposedException>(OfAnotherThread(engine.CheckCaller));
    }

    /// <summary>A thread without a processor waits for its hold in the order that is followed, as one with a processor does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HoldsAreFollowedByThreadsWithoutAProcessorToo(bool isOtherFirst)
    {
        using ThreadedEngine world = new();
        using ManualResetEventSlim ready = new(), go = new();
        VirtualAddress ofOther = default;
        Exception? thrown = null;
        Thread other = new(() => thrown = Record.Exception(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            ready.Set();
            go.Wait();
            if (isOtherFirst) world.AwaitWaits(2);
            ofOther = world.Map(1);
            world.Mmu.Write(ofOther, 1u);    // it runs again after the wait
            processor.Rest();
        }));
        other.Start();
        ready.Wait();
        world.Engine.Threads.ReplayOrder(isOtherFirst ? [1, 0] : [0, 1]);
        go.Set();
        if (!isOtherFirst) world.AwaitWaits(2);
        VirtualAddress here = world.Map(1);
        Assert.True(other.Join(30_000));
        Assert.Null(thrown);
        Assert.Equal(isOtherFirst, here < ofOther);    // each area lies below the one that was mapped before
        Assert.Equal(isOtherFirst ? [1, 0] : [0, 1], world.Engine.Threads.StopOrder());
    }

    private static Exception? OfAnotherThread(Action call)
    {
        Exception? thrown = null;
        Thread thread = new(() => thrown = Record.Exception(call));
        thread.Start();
        Assert.True(thread.Join(30_000));
        return thrown;
    }
}
