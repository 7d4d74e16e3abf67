using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Threads share spaces, wait for pages, work in the background, and can be replayed.</summary>
public sealed class ManyThreadsTests
{
    [Fact]
    public void ThreadsTouchOneSpaceAndEachPageIsMadeOnce()
    {
        const int Pages = 500;
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(Pages);
        world.Run(4, (thread, processor) =>
        {
            for (uint page = 0; page < Pages; page++)
            {
                world.Mmu.Add(at + (page << 12), 1u);
                processor.Poll();
            }
        });
        using EngineHold hold = world.Engine.EnterSlowPath();
        for (uint page = 0; page < Pages; page++) Assert.Equal(4u, world.Mmu.Read<uint>(at + (page << 12)));
        Assert.Equal((uint)Pages, (uint)world.Memory.Faults.Anonymous);
    }

    [Fact]
    public void CallsOfManyThreadsNeedNoProcessor()
    {
        using ThreadedEngine world = new();
        ThreadTeam.Run(4, _ =>
        {
            for (int i = 0; i < 500; i++) Assert.Equal(Errno.None, world.Memory.Unmap(world.Map(2), 8192));
        });
        Assert.Equal(0, world.Memory.Areas.Count);
    }

    [Fact]
    public void AWaitingAccessLeavesTheOthersAloneAndGoesOnWhenThePageIsThere()
    {
        using ThreadedEngine world = new();
        Pager pager = world.Engine.Files.CreatePager("far", PageCount.One, new FarSource());
        Assert.Equal(Errno.None, pager.File.Open(world.Process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None,
            world.Memory.Map(default, 4096, MemoryProtection.Read, MapFlags.Shared, descriptor, 0, out VirtualAddress at));
        VirtualAddress near = world.Map(1);
        using ManualResetEventSlim starts = new();
        byte read = 0;
        Thread waiter = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.PendingWait = TimeSpan.FromSeconds(30);
            processor.Run(world.Process);
            starts.Set();
            read = world.Mmu.Read<byte>(at);
            processor.Rest();
        });
        waiter.Start();
        starts.Wait();
        FilePage page;
        while (!pager.TryTakeRequest(out page)) Thread.Yield();
        world.Run(1, (_, _) => world.Mmu.Write(near, 1u));    // others go on
        byte[] bytes = new byte[4096];
        bytes[0] = 77;
        Assert.Equal(Errno.None, pager.Supply(page, bytes));
        waiter.Join();
        Assert.Equal(77, read);
    }

    [Fact]
    public void WithoutPatienceAnAccessIsPending()
    {
        using ThreadedEngine world = new();
        Pager pager = world.Engine.Files.CreatePager("far", PageCount.One, new FarSource());
        Assert.Equal(Errno.None, pager.File.Open(world.Process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None,
            world.Memory.Map(default, 4096, MemoryProtection.Read, MapFlags.Shared, descriptor, 0, out VirtualAddress at));
        world.Run(1, (_, _) =>
        {
            Assert.False(world.Mmu.TryRead(at, out byte _, out MemoryFault fault));
            Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        });
    }

    [Fact]
    public void BackgroundWorkFreesFramesWhileThreadsRun()
    {
        using ThreadedEngine world = new(new() { RamBytes = 4 << 20, ZeroedFrames = 16 });
        Assert.Equal(Errno.None, world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        using BackgroundWork work = world.Engine.Threads.StartBackground(TimeSpan.FromMilliseconds(1));
        VirtualAddress at = world.Map(1_200);    // of 1,024 frames
        world.Run(2, (thread, processor) =>
        {
            for (uint page = (uint)thread; page < 1_200; page += 2)
            {
                world.Mmu.Write(at + (page << 12), page);
                processor.Poll();
            }

            for (uint page = (uint)thread; page < 1_200; page += 2)
            {
                Assert.Equal(page, world.Mmu.Read<uint>(at + (page << 12)));
                processor.Poll();
            }
        });
        work.Dispose();
        Assert.Null(work.Failure);
        Assert.True(work.PageCount > 0);
    }

    /// <summary>The address of each thread's page depends on the order of their calls; the replay repeats that order.</summary>
    [Fact]
    public void AReplayGivesTheSameAddresses()
    {
        IReadOnlyList<int> holds = [];
        VirtualAddress[] first = Placed(static engine => engine.Threads.RecordOrder(), engine => holds = engine.Threads.StopOrder());
        Assert.True(holds.Count >= 120);
        for (int i = 0; i < 3; i++)
        {
            VirtualAddress[] again = Placed(engine => engine.Threads.ReplayOrder(holds), static engine => engine.Threads.StopOrder());
            Assert.Equal(first, again);
        }

        static VirtualAddress[] Placed(Action<PagingEngine> begin, Action<PagingEngine> end)
        {
            using ThreadedEngine world = new();
            VirtualAddress[] places = new VirtualAddress[60];
            Thread[] threads = new Thread[2];
            using ManualResetEventSlim go = new();
            for (int i = 0; i < threads.Length; i++)
            {
                int number = i;
                using ManualResetEventSlim made = new();
                threads[i] = new(() =>
                {
                    using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
                    made.Set();
                    go.Wait();
                    processor.Run(world.Process);
                    for (int hold = 0; hold < 30; hold++)
                    {
                        VirtualAddress at = world.Map(1, ThreadedEngine.Shared);
                        places[(hold * 2) + number] = at;
                        world.Mmu.Write(at, 1u);
                        processor.Poll();
                    }

                    processor.Rest();
                });
                threads[i].Start();
                made.Wait();
            }

            begin(world.Engine);
            go.Set();
            foreach (Thread thread in threads) thread.Join();
            end(world.Engine);
            return places;
        }
    }

    private sealed class FarSource : IPageSource
    {
        public PageAnswer Request(FilePage page, Span<byte> destination) => PageAnswer.Later;
        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes) => Errno.None;
    }
}
