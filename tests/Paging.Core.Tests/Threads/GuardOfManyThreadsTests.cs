using Paging.Core.Accounting;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Who may look and call while another thread has a turn: during a callback, after one has thrown, and after the end.</summary>
public sealed class GuardOfManyThreadsTests
{
    [Fact]
    public void OthersLookWhileACallbackRunsAndTheThreadOfTheTurnDoesNot()
    {
        using ThreadedEngine world = new();
        ThreadGuard guard = world.Engine.Parts.Machine.Guard;
        world.Engine.Enter();    // outside a turn: a look
        using (world.Engine.EnterSlowPath())
        {
            world.Engine.Enter();
            guard.BeginCallback();
            Assert.Throws<InvalidOperationException>(world.Engine.Enter);
            Assert.Throws<InvalidOperationException>(() => world.Engine.CountFrames(FrameState.Free));
            Assert.Null(OfAnotherThread(world.Engine.Enter));
            guard.EndCallback();
            world.Engine.Enter();
            NotSupportedException failure = new("of the host");
            guard.Fail(failure);
            Assert.Null(OfAnotherThread(world.Engine.Enter));
            Assert.Same(failure, Assert.Throws<NotSupportedException>(world.Engine.Enter));
            world.Engine.Enter();    // thrown once
        }

        Assert.IsType<InvalidOperationException>(Record.Exception(guard.Enter));    // a call that needs a turn around it
    }

    [Fact]
    public void AnEngineThatIsGoneIsToldToWhoeverLooks()
    {
        PagingEngine engine = new(World.Options() with { AllowThreads = true });
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(engine.Enter);
        Assert.IsType<ObjectDisposedException>(OfAnotherThread(engine.Enter));
    }

    /// <summary>A thread without a processor waits for its turn in the order that is followed, as one with a processor does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TurnsAreFollowedByThreadsWithoutAProcessorToo(bool isOtherFirst)
    {
        using ThreadedEngine world = new();
        using ManualResetEventSlim ready = new(), go = new();
        VirtualAddress ofOther = default;
        Exception? thrown = null;
        Thread other = new(() => thrown = Record.Exception(() =>
        {
            using VirtualProcessor processor = world.Engine.CreateProcessor();
            processor.Run(world.Process);
            ready.Set();
            go.Wait();
            if (isOtherFirst) Thread.Sleep(60);    // the one that is not next waits, and looks again meanwhile
            ofOther = world.Map(1);
            world.Mmu.Write(ofOther, 1u);    // it runs again after the wait
            processor.Rest();
        }));
        other.Start();
        ready.Wait();
        world.Engine.ReplayTurns(isOtherFirst ? [1, 0] : [0, 1]);
        go.Set();
        if (!isOtherFirst) Thread.Sleep(60);
        VirtualAddress here = world.Map(1);
        Assert.True(other.Join(30_000));
        Assert.Null(thrown);
        Assert.Equal(isOtherFirst, here < ofOther);    // each area lies below the one that was mapped before
        Assert.Equal(isOtherFirst ? [1, 0] : [0, 1], world.Engine.StopTurns());
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
