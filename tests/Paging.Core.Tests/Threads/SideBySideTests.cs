using Paging.Core.Faults;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>First touches beside each other: a later call sees the state that as many holds would have left.</summary>
public sealed class SideBySideTests
{
    private const uint Pages = 600;

    /// <summary>T16: each count, list and table is exact when the gate has closed. The audit at the end recounts them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void EveryTouchIsCountedOnce(int threads)
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(Pages * (uint)threads);
        TouchGate gate = world.Gate;
        FaultCounters before = world.Memory.Faults;
        world.Run(threads, (number, processor) =>
        {
            VirtualAddress mine = at + (uint)number * Pages * 4096;
            for (uint page = 0; page < Pages; page++)
            {
                if (page % 3 == 0) Assert.Equal(0u, world.Mmu.Read<uint>(mine + page * 4096));
                else world.Mmu.Write(mine + page * 4096, page);
                processor.Poll();
            }
        });
        Assert.NotEqual(0, gate.CloseCount);
        Assert.False(gate.IsOpen);    // disposing of a processor is a hold
        FaultCounters after = world.Memory.Faults;
        Assert.Equal(Pages * threads, after.Minor - before.Minor);
        Assert.Equal(Pages / 3 * threads, after.ZeroPage - before.ZeroPage);
        Assert.Equal((Pages - Pages / 3) * threads, after.Anonymous - before.Anonymous);
        for (uint page = 0; page < Pages * threads; page++)
            Assert.Equal(page % Pages % 3 == 0 ? 0 : page % Pages, ReadAlone(world, at + page * 4096));
    }

    /// <summary>T17, T18: no frame of a stock is lost, and each page of a chain is mapped once and on a list.</summary>
    [Fact]
    public void NoFrameIsLostAndEachIsListed()
    {
        using ThreadedEngine world = new();
        FrameCount first = TouchAndUnmap(world), second = TouchAndUnmap(world);
        Assert.True(first == second, $"T17: {first} frames are free after the first run and {second} after the next");
    }

    /// <summary>A4: an area that was only read gets its root before its first private page, for every level of the stock.</summary>
    [Fact]
    public void AnAreaThatWasReadGetsItsRootBeforeItIsWritten()
    {
        using ThreadedEngine world = new();
        VirtualAddress written = world.Map(8);
        world.Memory.Map(default, 4096, MemoryProtection.None, ThreadedEngine.Private, out _);    // keeps the two apart
        VirtualAddress read = world.Map(8);
        world.Run(1, (_, _) =>
        {
            for (uint page = 0; page < 3; page++) world.Mmu.Write(written + page * 4096, page);
            for (uint page = 0; page < 4; page++) Assert.Equal(0u, world.Mmu.Read<uint>(read + page * 4096));
            for (uint page = 4; page < 8; page++) world.Mmu.Write(read + page * 4096, page);
        });
    }

    /// <summary>T10: a thread at rest or in another space makes no touch without a hold, though its pass is valid.</summary>
    [Fact]
    public void OnlyAThreadThatRunsInTheSpaceTouchesWithoutAHold()
    {
        using ThreadedEngine world = new();
        world.Gate.NeededMax = 1;
        UserProcess other = world.Engine.CreateProcess("other");
        VirtualAddress at = world.Map(8);
        world.Run(1, (_, processor) =>
        {
            for (uint page = 0; page < 3; page++) world.Mmu.Write(at + page * 4096, page);
            Assert.True(TryTouch(3));
            processor.Rest();
            Assert.True(world.Gate.IsOpen);
            Assert.False(TryTouch(4));
            processor.Run(other);
            Assert.False(TryTouch(4));
            processor.Run(world.Process);
            Assert.False(TryTouch(4));    // a hold finds the pass again
            world.Mmu.Write(at + 4 * 4096, 4u);
            Assert.True(TryTouch(5));
        });

        bool TryTouch(uint page) => FirstTouches.TryResolve(world.Memory.Space, (at + page * 4096).Page, isWrite: true, out _);
    }

    /// <summary>Two threads that touch the same pages: one of them makes each page, and no word of either is lost.</summary>
    [Fact]
    public void OfTwoTouchesOfAPageOneMakesIt()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(Pages);
        long before = world.Memory.Faults.Anonymous;
        world.Run(2, (number, processor) =>
        {
            for (uint page = 0; page < Pages; page++)
            {
                world.Mmu.Write(at + page * 4096 + (uint)number * 4, page + 1);
                processor.Poll();
            }
        });
        Assert.Equal(Pages, world.Memory.Faults.Anonymous - before);
        for (uint page = 0; page < Pages; page++)
            Assert.Equal((page + 1, page + 1), (ReadAlone(world, at + page * 4096), ReadAlone(world, at + page * 4096 + 4)));
    }

    /// <summary>A count that is read without a hold includes the touches so far.</summary>
    [Fact]
    public void ACountIncludesEveryTouch()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(Pages);
        world.Run(1, (_, _) =>
        {
            long before = world.Memory.Faults.Minor;
            for (uint page = 0; page < Pages; page++)
            {
                world.Mmu.Write(at + page * 4096, page);
                if (page % 100 == 99) Assert.Equal(page + 1, world.Memory.Faults.Minor - before);
            }
        });
    }

    /// <summary>The order of holds that is recorded has every fault, so that no pass is granted meanwhile.</summary>
    [Fact]
    public void WhileHoldsAreRecordedEachTouchTakesOne()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(Pages);
        world.Engine.Threads.RecordOrder();
        long closes = world.Gate.CloseCount;
        world.Run(1, (_, _) =>
        {
            for (uint page = 0; page < Pages; page++) world.Mmu.Write(at + page * 4096, page);
        });
        Assert.Equal(closes, world.Gate.CloseCount);
        Assert.True(world.Engine.Threads.StopOrder().Count >= Pages);
    }

    /// <summary>An observer of single faults keeps the gate closed.</summary>
    [Theory]
    [InlineData("log")]
    [InlineData("events")]
    public void ObservedSpacesTakeTurns(string observer)
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(Pages);
        using IDisposable observing = Observe(world, observer);
        long closes = world.Gate.CloseCount;
        world.Run(2, (number, processor) =>
        {
            for (uint page = (uint)number; page < Pages; page += 2)
            {
                world.Mmu.Write(at + page * 4096, page);
                processor.Poll();
            }
        });
        Assert.Equal(closes, world.Gate.CloseCount);
    }

    /// <summary>A touch that needs a page table makes it in a hold, and the gate stays open for the threads beside it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ATableThatIsMadeLeavesTheGateOpen(bool writes)
    {
        const uint Tables = 20;
        using ThreadedEngine world = new(new() { RamBytes = 16 << 20, Overcommit = OvercommitMode.Always });
        VirtualAddress at = world.Map(Tables * 1024);
        world.Run(1, (_, _) =>
        {
            long closes = world.Gate.CloseCount;
            for (uint table = 0; table < Tables; table++)
            {
                if (writes) world.Mmu.Write(at + (table << 22), table);
                else Assert.Equal(0u, world.Mmu.Read<uint>(at + (table << 22)));
            }

            Assert.True(world.Gate.IsOpen);
            Assert.Equal(closes, world.Gate.CloseCount);
        });
    }

    /// <summary>Loads in which a call follows each touch soon stop to open the gate.</summary>
    [Fact]
    public void CallsBetweenTouchesKeepTheGateClosed()
    {
        using ThreadedEngine world = new();
        TouchGate gate = world.Gate;
        world.Run(1, (_, _) =>
        {
            for (int hold = 0; hold < 200; hold++)
            {
                VirtualAddress at = world.Map(1);
                world.Mmu.Write(at, 1u);
                world.Memory.Unmap(at, 4096);
            }
        });
        Assert.InRange(gate.CloseCount, 0, 3);
    }

    /// <summary>The same where a copy on write follows each touch: the fault closes the gate, and counts as no touch.</summary>
    [Fact]
    public void FaultsBetweenTouchesKeepTheGateClosed()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(3000);
        world.Run(1, (_, _) =>
        {
            for (uint page = 0; page < 3000; page++)
            {
                Assert.Equal(0u, world.Mmu.Read<uint>(at + page * 4096));
                world.Mmu.Write(at + page * 4096, page);
            }
        });
        Assert.InRange(world.Gate.CloseCount, 1, 20);
    }

    /// <summary>Touches of a space that the thread has left since count for the opening, so the next touch opens again.</summary>
    [Fact]
    public void TouchesOfAnotherSpaceCountForTheOpening()
    {
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(201);
        UserProcess elsewhere = world.Engine.CreateProcess("elsewhere");
        World.Succeeds(elsewhere.Memory.Map(default, 8192, MemoryProtection.ReadWrite, ThreadedEngine.Private, out VirtualAddress there));
        world.Run(1, (_, processor) =>
        {
            processor.Run(elsewhere);
            elsewhere.Memory.Mmu.Write(there, 1u);    // in a hold, which attaches the cache
            processor.Run(world.Process);
            for (uint page = 0; page < 200; page++) world.Mmu.Write(at + page * 4096, page);
            processor.Run(elsewhere);
            elsewhere.Memory.Mmu.Write(there + 4096, 1u);
            Assert.True(world.Gate.IsOpen);
            world.Engine.MaxMapCount = 1000;
            Assert.False(world.Gate.IsOpen);
            processor.Run(world.Process);
            world.Mmu.Write(at + 200 * 4096, 1u);
            Assert.True(world.Gate.IsOpen);
        });
    }

    /// <summary>A hold that takes the passes of another thread away makes no object.</summary>
    [Fact]
    public void ClosingTheGateBesideAnotherThreadAllocatesNothing()
    {
        const int Rounds = 8;
        using ThreadedEngine world = new();
        VirtualAddress at = world.Map(Rounds * 8);
        world.Gate.NeededMax = 1;
        using SemaphoreSlim go = new(0), touched = new(0);
        Thread other = new(() =>
        {
            using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
            processor.Run(world.Process);
            for (uint round = 0; round < Rounds; round++)
            {
                for (uint page = 0; page < 8; page++) world.Mmu.Write(at + ((round * 8) + page) * 4096, 1u);
                touched.Release();
                go.Wait();
            }
        });
        other.Start();
        int opened = 0;
        long most = 0;
        for (int round = 0; round < Rounds; round++)
        {
            touched.Wait();
            if (world.Gate.IsOpen) opened++;
            long before = GC.GetAllocatedBytesForCurrentThread();
            world.Engine.MaxMapCount = 1000;
            if (round > 0) most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
            go.Release();
        }

        other.Join();
        Assert.InRange(opened, 2, Rounds);
        Assert.Equal(0, most);
    }

    private static FrameCount TouchAndUnmap(ThreadedEngine world)
    {
        VirtualAddress at = world.Map(Pages);
        world.Run(2, (number, processor) =>
        {
            for (uint page = (uint)number; page < Pages; page += 2) world.Mmu.Write(at + page * 4096, page);
        });
        using EngineHold hold = world.Engine.EnterSlowPath();
        for (uint page = 0; page < Pages; page++)
        {
            FrameNumber frame = world.Memory.Space.Tables.Read((at + page * 4096).Page).Frame;
            FrameDescriptor descriptor = world.Engine.Parts.Machine.Frames.Describe(frame);
            bool isListed = (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None;
            Assert.True(isListed && descriptor is { MapCount: 1, ReferenceCount: 1 }, $"T18: page {page} has {descriptor.Header}");
        }

        Assert.Equal(Errno.None, world.Memory.Unmap(at, Pages * 4096));
        return world.Engine.Parts.Machine.Allocator.FreeFrames;
    }

    private static uint ReadAlone(ThreadedEngine world, VirtualAddress at)
    {
        using EngineHold hold = world.Engine.EnterSlowPath();
        return world.Mmu.Read<uint>(at);
    }

    private static IDisposable Observe(ThreadedEngine world, string observer) =>
        observer is "log" ? world.Memory.OpenDirtyLog() : world.Engine.RecordEvents();
}
