using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Translation;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The parts that the shootdown is made of, each by itself: the word of a processor, the table of processors, frames that wait, the order
/// of holds, and the values that one instruction updates.
/// </summary>
public sealed class ProcessorWordTests
{
    /// <summary>Even: at rest. Every change makes the word larger, so that a word that was seen never comes back.</summary>
    [Fact]
    public void TheWordShowsWhetherTheThreadRunsAndNeverRepeats() => Property.ForSeeds(20, seed =>
    {
        Random random = new((int)seed);
        using TranslationPool pool = new();
        TranslationCache[] caches = [new(pool), new(pool)];
        ProcessorState state = new(3, "three", Thread.CurrentThread);
        Assert.Equal((3, "three", Thread.CurrentThread, -1L), (state.Id, state.Name, state.Thread, state.StuckWord));
        bool runs = false;
        TranslationCache? current = null;
        for (int step = 0; step < 60; step++)
        {
            long before = state.Word;
            switch (random.Next(4))
            {
                case 0:
                    current = caches[random.Next(2)];
                    state.Run(current);
                    Assert.Equal(runs ? 2 : 1, state.Word - before);    // it has rested in between
                    runs = true;
                    break;
                case 1:
                    state.RunAgain();
                    Assert.Equal(runs ? 0 : 1, state.Word - before);
                    runs = true;
                    break;
                case 2:
                    state.Rest();
                    Assert.Equal(runs ? 1 : 0, state.Word - before);
                    runs = false;
                    break;
                default:
                    if (!runs) break;    // a thread at rest does not poll
                    state.Poll();
                    Assert.Equal(2, state.Word - before);
                    break;
            }

            Assert.Equal(runs, state.Runs);
            Assert.Equal(!runs, ProcessorState.IsRest(state.Word));
            Assert.Same(current, state.Current);
        }
    });

    [Fact]
    public void TheTableFindsTheThreadsOwnProcessorAndOthersThatRun()
    {
        using TranslationPool pool = new();
        ProcessorTable table = new();
        TranslationCache cache = new(pool), elsewhere = new(pool);
        Assert.Null(table.Here);
        ProcessorState mine = table.Add(null);
        Assert.Equal((1, "processor 1"), (mine.Id, mine.Name));
        Assert.Same(mine, table.Here);
        Assert.False(table.RunsHereIn(cache));
        mine.Run(cache);
        Assert.True(table.RunsHereIn(cache));
        Assert.False(table.RunsHereIn(elsewhere));
        Assert.False(table.TryFindRunning(out _));    // only this thread's own
        mine.Rest();
        Assert.False(table.RunsHereIn(cache));

        using ManualResetEventSlim go = new();
        using Barrier steps = new(2);
        ProcessorState? others = null;
        Thread thread = new(() =>
        {
            others = table.Add("other");
            steps.SignalAndWait();    // at rest
            steps.SignalAndWait();
            others.Run(cache);
            steps.SignalAndWait();    // runs
            steps.SignalAndWait();
            others.Rest();
            others.IsAway = true;
            steps.SignalAndWait();    // in the middle of an access
            steps.SignalAndWait();
            others.IsAway = false;
            others.Run(cache);
        });
        thread.Start();
        steps.SignalAndWait();
        Assert.Equal((2, "other"), (others!.Id, others.Name));
        Assert.False(table.TryFindRunning(out _));
        Assert.Equal([mine, others], table.All.ToArray());
        Assert.Same(mine, table.Here);
        steps.SignalAndWait();
        steps.SignalAndWait();
        Assert.True(table.TryFindRunning(out ProcessorState? running));
        Assert.Same(others, running);
        steps.SignalAndWait();
        steps.SignalAndWait();
        Assert.True(table.TryFindRunning(out running));
        steps.SignalAndWait();
        thread.Join();
        Assert.False(table.TryFindRunning(out _));    // it runs, but its thread has ended
        Assert.False(ProcessorState.IsRest(others.Word));
        table.Remove(others);
        Assert.True(ProcessorState.IsRest(others.Word));
        Assert.Equal([mine], table.All.ToArray());
        Assert.Same(mine, table.Here);
        mine.Run(cache);
        table.Remove(mine);
        Assert.False(mine.Runs);
        Assert.Null(table.Here);
        Assert.Equal(3, table.Add("again").Id);    // numbers are not used again
    }

    [Fact]
    public void FramesInLimboAreFreedTogether()
    {
        using World world = new();
        FrameLimbo limbo = new(world.Machine.Frames, world.Machine.Allocator);
        FrameCount free = world.Engine.Memory.Free;
        List<FrameNumber> kept = [];
        for (uint i = 1; i <= 5; i++)
        {
            Assert.True(world.Machine.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame));
            kept.Add(frame);
        }

        for (int i = 0; i < kept.Count; i++)
        {
            limbo.Add(kept[i]);
            Assert.Equal((uint)(i + 1), limbo.Count);
        }

        Assert.Equal(free.Value - 5, world.Engine.Memory.Free.Value);
        limbo.Free();
        Assert.Equal((0u, free), (limbo.Count, world.Engine.Memory.Free));
        limbo.Free();
        Assert.Equal(free, world.Engine.Memory.Free);
        world.Verify();
    }

    [Fact]
    public void HoldsAreNotedAndFollowed()
    {
        HoldOrder noted = new();
        int[] holds = [1, 2, 2, 0, 1];
        foreach (int hold in holds) Assert.True(noted.TryPass(hold));
        Assert.Equal(holds, noted.Holders);
        noted.ThrowIfStuck(7);    // a recording never waits

        HoldOrder followed = new(noted.Holders);
        Assert.False(followed.TryPass(2));
        Assert.True(followed.TryPass(1));
        Assert.False(followed.TryPass(1));
        foreach (int hold in holds.Skip(1))
        {
            followed.ThrowIfStuck(hold);    // not yet: others have ten seconds
            Assert.False(followed.TryPass(9));
            Assert.True(followed.TryPass(hold));
        }

        Assert.True(followed.TryPass(9));    // all holds were made: any thread may
        Assert.True(followed.TryPass(1));
        followed.ThrowIfStuck(1);
        Assert.Equal(holds, followed.Holders);
    }

    /// <summary>x86: a locked instruction works anywhere in a line or across two; pages are translated one by one.</summary>
    [Theory]
    [InlineData(0x1000)]
    [InlineData(0x1001)]
    [InlineData(0x1FF8)]
    [InlineData(0x1FFC)]
    [InlineData(0x1FFE)]
    [InlineData(0x1FFF)]
    public void OneInstructionUpdatesAValueInOnePage(uint address)
    {
        Check<byte>(1);
        Check<ushort>(2);
        Check<uint>(4);
        Check<ulong>(8);

        void Check<T>(uint size) where T : unmanaged
        {
            bool isAligned = address % size == 0, isInOnePage = (address & 0xFFF) + size <= 4096;
            bool expected = isAligned || (System.Runtime.Intrinsics.X86.X86Base.IsSupported && isInOnePage);
            Assert.Equal(expected, AtomicCell.IsOne<T>(new(address)));
        }
    }

    [Fact]
    public void AFaultThatWaitsGoesOnAfterAHoldOrWhenItsTimeIsOver()
    {
        FaultWaits waits = new();
        long seen = waits.Begin();
        Assert.Equal(1, waits.Count);
        Assert.False(waits.TryAwait(seen, TimeSpan.FromMilliseconds(5)));
        Assert.False(waits.TryAwait(seen, TimeSpan.Zero));
        waits.Wake();
        Assert.Equal(0, waits.Count);
        Assert.True(waits.TryAwait(seen, TimeSpan.Zero));    // the hold was made before it came here
        long again = waits.Begin();
        Assert.NotEqual(seen, again);
        bool went = false;
        Thread thread = new(() => went = waits.TryAwait(again, TimeSpan.FromMinutes(1)));
        thread.Start();
        thread.AwaitBlocked();
        waits.Wake();
        Assert.True(thread.Join(20_000) && went);
    }
}
