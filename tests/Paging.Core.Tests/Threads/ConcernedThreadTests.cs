using Paging.Core.Threads;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Whom a call waits for, and which frames wait: only those that a thread that runs may still use.</summary>
/// <remarks>Linux: arch/x86/mm/tlb.c asks the processors in mm_cpumask, and those in lazy mode not at all.</remarks>
public sealed class ConcernedThreadTests
{
    public enum Other { None, AtRest, RunsElsewhere, RunsHere }

    [Theory]
    [InlineData(Other.None, false, false)]
    [InlineData(Other.AtRest, true, false)]    // it could run at any time, so the frames are kept, but no call waits for it
    [InlineData(Other.RunsElsewhere, false, false)]
    [InlineData(Other.RunsHere, true, true)]
    public void OnlyAThreadThatRunsHereIsWaitedFor(Other what, bool keeps, bool waits)
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(4);
        UserProcess elsewhere = world.Engine.CreateProcess("elsewhere");
        using Polling other = new(world, what, elsewhere);
        Shootdown shootdown = world.Engine.Parts.Machine.Callers.Shared!.Shootdown;
        using (world.Engine.EnterSlowPath())
        {
            for (uint page = 0; page < 4; page++) world.Mmu.Write(at + (page << 12), page);
            Assert.False(shootdown.MustKeep);    // nothing was taken away
            FrameNumber frame = world.Memory.Space.Tables.Read(at.Page).Frame;
            Assert.False(shootdown.TryKeep(frame));
            for (uint page = 0; page < 2; page++)
            {
                World.Succeeds(world.Memory.Unmap(at + (page << 12), 4096));
                Assert.Equal((keeps, keeps ? page + 1 : 0), (shootdown.MustKeep, shootdown.Limbo.Count));
            }

            Assert.Equal(keeps ? FrameState.Anonymous : FrameState.Free, world.Engine.Parts.Machine.Frames[frame].State);
            Assert.Equal(0L, shootdown.WaitCount);
        }

        Assert.Equal((waits ? 1L : 0L, 0u), (shootdown.WaitCount, shootdown.Limbo.Count));
        world.Map(1);    // takes nothing away
        Assert.Equal(waits ? 1L : 0L, shootdown.WaitCount);
        using (world.Engine.EnterSlowPath()) Assert.False(shootdown.MustKeep);
        World.Succeeds(world.Memory.Unmap(at + 8192, 4096));
        Assert.Equal(waits ? 2L : 0L, shootdown.WaitCount);
    }

    /// <summary>Two threads run here: one barrier is enough for both.</summary>
    [Fact]
    public void ABarrierIsMadeOnce()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(1);
        using Polling one = new(world, Other.RunsHere, world.Process, at, 1), other = new(world, Other.RunsHere, world.Process, at, 1);
        World.Succeeds(world.Memory.Unmap(at, 4096));
        Assert.Equal(1L, world.Engine.Parts.Machine.Callers.Shared!.Shootdown.WaitCount);
    }

    /// <summary>A thread that waits for the slow path is at rest: the holder takes memory away without waiting for it.</summary>
    [Fact]
    public void AThreadThatWaitsForTheSlowPathRests()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(2);
        using ManualResetEventSlim ready = new(), go = new();
        ProcessorTable processors = world.Engine.Parts.Machine.Callers.Shared!.Processors;
        bool ranAfterwards = false;
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            world.Mmu.Write(at, 1u);
            ready.Set();
            go.Wait();
            world.Map(1);
            ranAfterwards = processors.Here!.Runs;
        });
        other.Start();
        ready.Wait();
        using (world.Engine.EnterSlowPath())
        {
            long word = processors.All[0].Word;
            go.Set();
            Assert.True(SpinWait.SpinUntil(() => processors.All[0].Word != word, BlockedThread.PatienceMilliseconds));
            World.Succeeds(world.Memory.Unmap(at, 4096));
        }

        other.Join();
        Assert.True(ranAfterwards);
        Assert.Equal(0, world.Engine.Threads.Count().Shootdowns);
        Assert.Equal(0u, world.Engine.Threads.Count().WaitingFrames.Value);
    }

    /// <summary>A block that compaction has emptied is there as soon as the other thread has polled.</summary>
    [Fact]
    public void ABlockIsThereWhenItsFramesAreFree()
    {
        const int partOrder = 10;    // a huge page of the classic tables
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(8);
        using (world.Engine.EnterSlowPath()) world.Mmu.Write(at, 1u);    // the table
        List<FrameNumber> taken = world.Engine.TakeAllFrames();
        Return(static frame => frame >> partOrder == 1);
        using (world.Engine.EnterSlowPath())
        {
            for (uint page = 1; page < 8; page++) world.Mmu.Write(at + (page << 12), page);
        }

        Return(static frame => frame >> partOrder == 3 && frame % 2 == 1);    // targets
        using (world.Engine.EnterSlowPath()) world.Engine.Parts.Machine.Allocator.Drain();
        Assert.Equal(0L, world.Engine.Parts.Machine.Allocator.FreeBlocks(partOrder));
        using Polling other = new(world, Other.RunsHere, world.Process, at, 8);
        using (world.Engine.EnterSlowPath())
        {
            Assert.True(world.Engine.Parts.Reclaim.Compactor.TryMakeBlock(partOrder));
            Assert.Equal(7L, world.Engine.HugePages.Counters.Moved);
        }

        for (uint page = 1; page < 8; page++) Assert.Equal((int)page, new Reader(world.Engine, world.Process, at + (page << 12)).Await());

        void Return(Func<uint, bool> isReturned)
        {
            foreach (FrameNumber frame in taken.Where(frame => isReturned(frame.Value))) world.Engine.Frames.Return(frame, 0);
        }
    }

    /// <summary>A thread that polls again and again where it runs; or rests, but has run here before.</summary>
    private sealed class Polling : IDisposable
    {
        private readonly Thread? _thread;
        private readonly ManualResetEventSlim _end = new();

        public Polling(ThreadedEngine world, Other what, UserProcess elsewhere, VirtualAddress at = default, uint pages = 0)
        {
            if (what == Other.None) return;
            using ManualResetEventSlim ready = new();
            _thread = new(() =>
            {
                using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
                processor.Run(world.Process);
                for (uint page = 0; page < pages; page++) _ = world.Mmu.Read<uint>(at + (page << 12));
                if (what == Other.AtRest) processor.Rest();
                if (what == Other.RunsElsewhere) processor.Run(elsewhere);
                ready.Set();
                while (!_end.Wait(1))
                    if (what != Other.AtRest) processor.Poll();
                processor.Rest();
            });
            _thread.Start();
            ready.Wait();
        }

        public void Dispose()
        {
            _end.Set();
            _thread?.Join();
            _end.Dispose();
        }
    }
}
