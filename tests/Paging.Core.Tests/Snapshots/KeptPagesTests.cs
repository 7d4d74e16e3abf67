using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Pages that a process keeps when it goes back (<see cref="Snapshot.KeepsWrittenPages"/>): fewer faults, and every byte as without it.
/// The fuzz targets <c>snapshot</c> and <c>engine-snapshot</c> do the same at random.
/// </summary>
public sealed class KeptPagesTests
{
    private const int Pages = 20;

    [Fact]
    public void APageIsKeptFromItsSecondIterationOn()
    {
        using World world = Filled(out Snapshot snapshot);
        uint frames = Free(world);
        for (int iteration = 0; iteration < 40; iteration++)
        {
            long copies = world.Memory.Faults.Copied, faults = world.Memory.Faults.Minor;
            world.Touch(7, (byte)iteration);
            bool isKept = iteration >= 2;
            Assert.Equal(isKept ? 0 : 1, world.Memory.Faults.Copied - copies);
            Assert.Equal(isKept ? 0 : 1, world.Memory.Faults.Minor - faults);
            Assert.Equal(PageCount.One, snapshot.DirtyPages);
            GoBack(world, snapshot);
            Assert.Equal(PageCount.Zero, snapshot.DirtyPages);
            Assert.Equal(iteration >= 1 ? frames - 1 : frames, Free(world));
        }

        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageThatIsNoLongerWrittenIsGivenBack()
    {
        using World world = Filled(out Snapshot snapshot);
        uint frames = Free(world);
        Iterations(world, snapshot, 4, 3);
        Iterations(world, snapshot, 10, 5);
        Assert.Equal(frames - 2, Free(world));
        for (int iteration = 0; iteration < 16; iteration++) GoBack(world, snapshot);
        Assert.Equal(frames, Free(world));
        world.Touch(3, 0xEE);    // one write in many iterations is no reason to keep it
        GoBack(world, snapshot);
        Assert.Equal(frames, Free(world));
    }

    [Fact]
    public void SwitchedOffEveryPageGoesBackByItsEntry()
    {
        using World world = Filled(out Snapshot snapshot);
        uint frames = Free(world);
        Assert.True(snapshot.KeepsWrittenPages);
        FrameNumber before = FrameOf(world, 3);
        Iterations(world, snapshot, 4, 3);
        Assert.NotEqual(before, FrameOf(world, 3));
        snapshot.KeepsWrittenPages = false;
        GoBack(world, snapshot);
        Assert.Equal((frames, before), (Free(world), FrameOf(world, 3)));
        snapshot.Dispose();
        Assert.Throws<ObjectDisposedException>(() => snapshot.KeepsWrittenPages = true);
        Assert.Throws<ObjectDisposedException>(() => snapshot.KeepsWrittenPages);
    }

    /// <summary>What happens to a kept page does not last: bytes, rights, marks and place are those of the snapshot.</summary>
    [Theory]
    [InlineData("madvise free"), InlineData("madvise dontneed"), InlineData("protect"), InlineData("protect and back")]
    [InlineData("unmap"), InlineData("unmap and map"), InlineData("move away"), InlineData("move there and back")]
    [InlineData("swap with 4")]
    [InlineData("clear refs"), InlineData("clear refs and write"), InlineData("fork"), InlineData("fork and write"), InlineData("page out")]
    [InlineData("lock"), InlineData("grow"), InlineData("cut"), InlineData("no copy")]
    public void AnIterationMayDoAnythingToAKeptPage(string what)
    {
        using World world = Filled(out Snapshot snapshot);
        Assert.Equal(Errno.None, world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        string maps = World.AreasOf(world.First);
        Iterations(world, snapshot, 4, 3);
        for (int round = 0; round < 3; round++)
        {
            if (round != 1) world.Touch(3, 0xEE);
            using UserProcess? child = Do(world, what);
            GoBack(world, snapshot);
            Assert.Equal(maps, World.AreasOf(world.First));
            Assert.True(world.Memory.ReadPagemap(World.At(3).Page).IsSoftDirty);
            if (child is not null) Assert.Equal(round == 1 ? 3 : 0xEE, child.Memory.Mmu.Read<byte>(World.At(3)));
            Iterations(world, snapshot, 2, 3);
        }

        snapshot.Dispose();
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(200)));
        world.Verify();
    }

    [Fact]
    public void APinnedPageGetsItsBytesBack()
    {
        using World world = Filled(out Snapshot snapshot);
        Iterations(world, snapshot, 4, 3);
        Assert.True(world.First.TryPinForWriting(World.At(3), 1, out WritablePin? pin, out _));
        pin!.WritableParts[0].Span[0] = 0x99;
        GoBack(world, snapshot);
        Assert.Equal((3, 3), (world.Peek(3), pin.WritableParts[0].Span[0]));
        pin.WritableParts[0].Span[0] = 0x98;
        Assert.Equal(0x98, world.Peek(3));
        pin.Dispose();
        Iterations(world, snapshot, 3, 3);
    }

    [Fact]
    public void LogsLearnOfAPageThatGoesBack()
    {
        using World world = Filled(out Snapshot snapshot);
        Iterations(world, snapshot, 4, 3);
        using DirtyLog log = world.Memory.OpenDirtyLog();
        using FrameDirtyLog frames = world.Engine.OpenDirtyLog();
        world.Touch(3, 0xEE);
        Assert.Equal([World.At(3).Page], log.CollectDirty().ToArray());
        _ = frames.CollectDirty();
        GoBack(world, snapshot);
        Assert.Equal([World.At(3).Page], log.CollectDirty().ToArray());
        Assert.Contains(FrameOf(world, 3), frames.CollectDirty().ToArray());
        world.Touch(3, 0xEE);
        Assert.Equal([World.At(3).Page], log.CollectDirty().ToArray());
        Assert.Contains(FrameOf(world, 3), frames.CollectDirty().ToArray());
        GoBack(world, snapshot);
    }

    [Fact]
    public void AProtectedPageIsReportedAgain()
    {
        using World world = Filled(out Snapshot snapshot);
        Iterations(world, snapshot, 4, 3);
        Userfaultfd fd = world.Memory.Userfaultfds.Open();
        World.Succeeds(fd.Register(World.At(3), 4096, UserfaultModes.WriteProtect));
        World.Succeeds(fd.WriteProtect(World.At(3), 4096, protect: true));
        Assert.False(world.Mmu.TryWrite(World.At(3), (byte)1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        GoBack(world, snapshot);
        fd.Dispose();
        GoBack(world, snapshot);
        Iterations(world, snapshot, 3, 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AHeapThatGrowsInEachIterationKeepsItsPages(bool isPae)
    {
        using World world = new(World.Options(8) with { Tables = isPae ? TableFormat.Pae : TableFormat.Classic });
        VirtualAddress start = world.Memory.StartBreak;
        world.Memory.SetBreak(start + World.Bytes(4));
        for (uint page = 0; page < 4; page++) world.Mmu.Write(start + (page << 12), 10 + page);
        using Snapshot snapshot = world.First.TakeSnapshot();
        snapshot.KeepsWrittenPages = true;
        for (uint iteration = 0; iteration < 20; iteration++)
        {
            long copies = world.Memory.Faults.Copied;
            world.Memory.SetBreak(start + World.Bytes(6));
            for (uint page = 0; page < 6; page++) world.Mmu.Write(start + (page << 12), iteration);
            Assert.Equal(iteration < 2 ? 4 : 0, world.Memory.Faults.Copied - copies);
            GoBack(world, snapshot, first: -1);
            for (uint page = 0; page < 4; page++) Assert.Equal(10 + page, world.Mmu.Read<uint>(start + (page << 12)));
            Assert.Equal(start + World.Bytes(4), world.Memory.Break);
        }
    }

    [Fact]
    public void ACloneKeepsPagesOfItsImage()
    {
        using World world = Filled(out Snapshot snapshot);
        ProcessImage image = ProcessImage.Of(snapshot);
        using World other = new(2);
        using UserProcess clone = other.Engine.CloneProcess(image);
        using Snapshot start = clone.TakeSnapshot();
        start.KeepsWrittenPages = true;
        for (int iteration = 0; iteration < 30; iteration++)
        {
            long copies = clone.Memory.Faults.Copied;
            for (int page = 1; page < 9; page++) clone.Memory.Mmu.Write(World.At(page), 0xEE);    // page 0 is the zero page, and stays it
            Assert.Equal(iteration < 2 ? 8 : 0, clone.Memory.Faults.Copied - copies);
            World.Succeeds(start.Restore());
            for (int page = 0; page < Pages; page++) Assert.Equal(page, clone.Memory.Mmu.Read<byte>(World.At(page)));
            other.Verify();
        }
    }

    /// <summary>Snapshots of snapshots: each has its own bytes, whichever keeps pages.</summary>
    [Fact]
    public void ATreeGoesBackToEachOfItsSnapshots()
    {
        using World world = Filled(out Snapshot first);
        Iterations(world, first, 4, 3);
        world.Touch(3, 0x33);
        Snapshot second = world.First.TakeSnapshot();
        second.KeepsWrittenPages = true;
        for (int iteration = 0; iteration < 6; iteration++)
        {
            world.Touch(3, 0x34);
            world.Touch(4, 0x44);
            World.Succeeds(second.Restore());
            Assert.Equal((0x33, 4), (world.Peek(3), world.Peek(4)));
            world.Verify();
        }

        GoBack(world, first);
        Iterations(world, first, 4, 4);
        World.Succeeds(second.Restore());
        Assert.Equal((0x33, 4), (world.Peek(3), world.Peek(4)));
        second.Dispose();
        GoBack(world, first);
        Iterations(world, first, 4, 3);
        first.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ASnapshotOfTheEngineKeepsThePagesOfEachProcess()
    {
        using World world = Filled(out Snapshot own);
        own.Dispose();
        using UserProcess child = world.First.Fork();
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        Assert.False(snapshot.KeepsWrittenPages);
        snapshot.KeepsWrittenPages = true;
        Assert.True(snapshot.KeepsWrittenPages);
        for (int iteration = 0; iteration < 20; iteration++)
        {
            long copies = child.Memory.Faults.Copied;
            world.Touch(3, 0xEE);
            child.Memory.Mmu.Write(World.At(3), (byte)0xEF);
            Assert.Equal(iteration < 2 ? 1 : 0, child.Memory.Faults.Copied - copies);
            Assert.Equal(2, snapshot.DirtyPageCount);
            if (iteration == 10) child.Exit();
            World.Succeeds(snapshot.Restore());
            Assert.Equal((3, 3), (world.Peek(3), child.Memory.Mmu.Read<byte>(World.At(3))));
            world.Verify();
            if (iteration == 10) break;
        }
    }

    [Fact]
    public void WithManyThreadsNothingIsKept()
    {
        using World world = new(World.Options() with { AllowThreads = true });
        world.Map(0, Pages);
        using VirtualProcessor processor = world.Engine.Threads.CreateProcessor();
        processor.Run(world.First);
        world.Touch(3, 3);
        using Snapshot snapshot = world.First.TakeSnapshot();
        snapshot.KeepsWrittenPages = true;
        FrameNumber before = FrameOf(world, 3);
        for (int iteration = 0; iteration < 5; iteration++)
        {
            world.Touch(3, 0xEE);
            World.Succeeds(snapshot.Restore());
            Assert.Equal((3, before), (world.Peek(3), FrameOf(world, 3)));
        }
    }

    [Fact]
    public void AnIterationAllocatesNothing()
    {
        using World world = Filled(out Snapshot snapshot);
        for (int iteration = 0; iteration < 50; iteration++) Iteration();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int iteration = 0; iteration < 50; iteration++) Iteration();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Iteration()
        {
            for (int page = 0; page < Pages; page++) world.Touch(page, 0xEE);
            World.Succeeds(snapshot.Restore());
        }
    }

    /// <summary>More pages in one iteration than are copied at once, in several tables.</summary>
    [Fact]
    public void ManyPagesAreKept()
    {
        using World world = new(16);
        for (int part = 0; part < 3; part++) world.Map(part * 1000, 100);
        for (int page = 0; page < 300; page++) world.Touch((page / 100 * 1000) + (page % 100), (byte)page);
        using Snapshot snapshot = world.First.TakeSnapshot();
        snapshot.KeepsWrittenPages = true;
        for (int iteration = 0; iteration < 10; iteration++)
        {
            for (int page = iteration % 2; page < 300; page += 2) world.Touch((page / 100 * 1000) + (page % 100), 0xEE);
            Assert.Equal(iteration < 4 ? 150u : 0, (uint)world.Memory.Usage.Faults.Copied);
            World.Succeeds(snapshot.Restore());
            for (int page = 0; page < 300; page++) Assert.Equal((byte)page, world.Peek((page / 100 * 1000) + (page % 100)));
            world.Verify();
        }
    }

    private static UserProcess? Do(World world, string what)
    {
        AddressSpace memory = world.Memory;
        VirtualAddress at = World.At(3);
        switch (what)
        {
            case "madvise free": World.Succeeds(memory.Advise(at, 4096, MemoryAdvice.Free)); break;
            case "madvise dontneed": World.Succeeds(memory.Advise(at, 4096, MemoryAdvice.DontNeed)); break;
            case "protect": World.Succeeds(memory.Protect(at, 4096, MemoryProtection.Read)); break;
            case "protect and back":
                World.Succeeds(memory.Protect(at, 4096, MemoryProtection.None));
                World.Succeeds(memory.Protect(at, 4096, MemoryProtection.ReadWrite));
                break;
            case "unmap": World.Succeeds(memory.Unmap(at, 4096)); break;
            case "unmap and map":
                World.Succeeds(memory.Unmap(World.At(0), World.Bytes(Pages)));
                world.Map(3, 1);
                world.Touch(3, 0x5A);
                break;
            case "move away": Move(3, 100); break;
            case "move there and back": Move(3, 100); Move(100, 3); world.Touch(3, 0x5B); break;
            case "swap with 4": Move(3, 100); Move(4, 3); Move(100, 4); world.Touch(3, 0x5B); break;
            case "clear refs": World.Succeeds(memory.ClearReferences(ReferenceKind.SoftDirty)); break;
            case "clear refs and write":
                World.Succeeds(memory.ClearReferences(ReferenceKind.SoftDirty));
                world.Touch(3, 0x5C);
                break;
            case "fork": return world.First.Fork();
            case "fork and write":
                UserProcess child = world.First.Fork();
                world.Touch(3, 0x5D);
                return child;
            case "page out": World.Succeeds(memory.Advise(at, 4096, MemoryAdvice.PageOut)); break;
            case "lock": World.Succeeds(memory.Lock(at, 4096, LockFlags.None)); break;
            case "grow": world.Map(Pages, 4); world.Touch(Pages); break;
            case "cut": World.Succeeds(memory.Unmap(World.At(10), World.Bytes(Pages - 10))); break;
            default: World.Succeeds(memory.Advise(at, 4096, MemoryAdvice.DontFork)); break;
        }

        return null;

        void Move(int from, int to) => World.Succeeds(memory.Remap(
            World.At(from), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, World.At(to), out _));
    }

    // Each page holds its number.
    private static World Filled(out Snapshot snapshot)
    {
        World world = new();
        world.Map(0, Pages);
        for (int page = 0; page < Pages; page++) world.Touch(page, (byte)page);
        snapshot = world.First.TakeSnapshot();
        snapshot.KeepsWrittenPages = true;
        return world;
    }

    private static void Iterations(World world, Snapshot snapshot, int count, int page)
    {
        for (int iteration = 0; iteration < count; iteration++)
        {
            world.Touch(page, 0xEE);
            GoBack(world, snapshot);
        }
    }

    private static void GoBack(World world, Snapshot snapshot, int first = 0)
    {
        World.Succeeds(snapshot.Restore());
        world.Verify();
        for (int page = first < 0 ? Pages : 0; page < Pages; page++) Assert.Equal(page, world.Peek(page));
    }

    private static uint Free(World world) => world.Engine.Frames.CountOf(FrameState.Free).Value;

    private static FrameNumber FrameOf(World world, int page) => world.Memory.ReadPagemap(World.At(page).Page).Frame;
}
