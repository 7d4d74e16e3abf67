using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// All processes go back together, with the memory that they share. The fuzz target <c>engine-snapshot</c> does the same at random.
/// </summary>
public sealed class EngineSnapshotTests
{
    [Fact]
    public void ProcessesAndSharedMemoryAreRestored()
    {
        using World world = new(16);
        world.Map(0, 8);
        world.MapShared(20, 8);
        world.Touch(0, 1);
        world.Touch(20, 2);
        UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(World.At(1), (byte)3);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        string before = Describe(world);
        for (int round = 0; round < 3; round++)
        {
            world.Touch(0, 11);
            world.Touch(20, 12);
            world.Touch(21, 13);
            child.Memory.Mmu.Write(World.At(20), (byte)14);
            child.Memory.Mmu.Write(World.At(1), (byte)15);
            World.Succeeds(child.Memory.Unmap(World.At(22), World.Bytes(2)));
            world.Verify();
            Assert.True(snapshot.DirtyPageCount > 0);
            World.Succeeds(snapshot.Restore());
            world.Verify();
            Assert.Equal(before, Describe(world));
            Assert.Equal(0, snapshot.DirtyPageCount);
            Assert.Equal(2, world.Peek(20));
            Assert.Equal(2, child.Memory.Mmu.Read<byte>(World.At(20)));
            World.Succeeds(snapshot.Restore());
            Assert.Equal(before, Describe(world));
        }

        child.Dispose();
        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>A snapshot that is refused halfway gives back the parts of running processes; ended ones have none.</summary>
    [Fact]
    public void ARefusedSnapshotPassesOverEndedProcesses()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0);
        UserProcess zombie = world.First.Fork(), last = world.First.Fork();
        zombie.Exit(7);
        int refusals = 0;
        for (bool isTaken = false; !isTaken;)
        {
            world.Machine.Injection.FailAtAllocation = refusals + 1;
            try
            {
                world.Engine.TakeSnapshot().Dispose();
                isTaken = true;
            }
            catch (InvalidOperationException)
            {
                refusals++;
            }

            world.Machine.Injection.FailAtAllocation = 0;
            world.Verify();
        }

        Assert.InRange(refusals, 2, 1000);    // for the first process, and for one after the ended one
        last.Dispose();
        zombie.Dispose();
    }

    [Fact]
    public void EndedProcessesComeBackAndNewOnesGo()
    {
        using World world = new(16);
        world.Map(0, 8);
        world.Touch(0, 1);
        int descriptor = world.OpenFile("f", 4);
        UserProcess exited = world.First.Fork(), reaped = world.First.Fork(), zombie = world.First.Fork();
        exited.Memory.Mmu.Write(World.At(0), (byte)2);
        reaped.Memory.Mmu.Write(World.At(0), (byte)3);
        zombie.Exit(7);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        string before = Describe(world);
        for (int round = 0; round < 3; round++)
        {
            UserProcess late = exited.Fork();
            late.Memory.Mmu.Write(World.At(0), (byte)4);
            Assert.Equal(5, late.Id);
            exited.Exit(1);
            reaped.Dispose();
            zombie.Dispose();
            world.Verify();
            Assert.Equal(3, world.Engine.ProcessCount);
            Assert.Throws<ObjectDisposedException>(() => reaped.Memory.FormatMaps());
            Assert.Throws<ObjectDisposedException>(() => exited.Memory.Unmap(World.At(0), World.Bytes(1)));
            World.Succeeds(snapshot.Restore());
            world.Verify();
            Assert.Equal(before, Describe(world));
            Assert.Throws<ObjectDisposedException>(() => late.Memory.FormatMaps());
            Assert.Equal(2, exited.Memory.Mmu.Read<byte>(World.At(0)));
            Assert.Equal(3, reaped.Memory.Mmu.Read<byte>(World.At(0)));
            Assert.Equal((true, 7), (zombie.HasExited, zombie.ExitCode));
            World.Succeeds(reaped.FileDescriptors.Seek(descriptor, 0, SeekOrigin.Current, out _));
        }

        exited.Exit();
        reaped.Dispose();
        world.Verify();
        snapshot.Dispose();
        world.Verify();
        exited.Dispose();
        zombie.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AReapedProcessIsGivenUpWithItsLastSnapshot()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0, 1);
        UserProcess child = world.First.Fork();
        EngineSnapshot one = world.Engine.TakeSnapshot(), two = world.Engine.TakeSnapshot();
        Assert.Equal(one, two.Parent);
        child.Dispose();
        one.Dispose();
        world.Verify();
        Assert.Null(two.Parent);
        World.Succeeds(two.Restore());
        Assert.Equal(1, child.Memory.Mmu.Read<byte>(World.At(0)));
        child.Dispose();
        two.Dispose();
        world.Verify();
        Assert.Throws<ObjectDisposedException>(() => two.Restore());
        Assert.Throws<ObjectDisposedException>(() => two.DirtyPageCount);
        world.AssertNothingIsLeft();
    }

    /// <summary>Pages of each process and of shared memory written since are counted; their kept copies go with the snapshot.</summary>
    [Fact]
    public void DirtyPagesAreCountedInAllProcessesAndGivenUpWithTheSnapshot()
    {
        using World world = new();
        world.Map(0, 16);
        world.MapShared(20, 16);
        for (int page = 0; page < 8; page++) world.Touch(page, 1);
        for (int page = 20; page < 28; page++) world.Touch(page, 1);
        UserProcess child = world.First.Fork(), zombie = world.First.Fork();
        foreach (int page in (int[])[0, 1, 2, 3, 4, 5, 6, 7]) child.Memory.Mmu.Write(World.At(page), (byte)2);
        zombie.Exit(1);
        Balance before = Balance.Of(world.Engine);
        EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        Assert.Equal(0, snapshot.DirtyPageCount);
        for (int page = 0; page < 3; page++) world.Touch(page, 9);
        Assert.Equal(3, snapshot.DirtyPageCount);
        for (int page = 3; page < 8; page++) child.Memory.Mmu.Write(World.At(page), (byte)9);
        Assert.Equal(8, snapshot.DirtyPageCount);
        world.Touch(20, 9);
        child.Memory.Mmu.Write(World.At(21), (byte)9);
        Assert.Equal(10 + 2, snapshot.DirtyPageCount);    // the entries through which shared pages were written are looked at as well
        snapshot.Dispose();
        world.Verify();
        Assert.Empty(world.First.Snapshots!.Nodes);
        Assert.Empty(child.Snapshots!.Nodes);
        Assert.Equal(before, Balance.Of(world.Engine));
        child.Dispose();
        zombie.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheEngineGoesToAnyNodeOfATree()
    {
        using World world = new(16);
        world.Map(0, 8);
        world.MapShared(10, 8);
        GuestFile file = world.Engine.Files.CreateMemoryFile("m", 4 << 12);
        EngineSnapshot[] nodes = new EngineSnapshot[5];
        string[] pictures = new string[5];
        Step(0, null, 1);
        Step(1, 0, 2);
        Step(2, 1, 3);
        Step(3, 0, 4);
        Step(4, 3, 5);
        foreach (int target in new[] { 2, 4, 0, 3, 1, 4, 2, 2, 0 })
        {
            world.Touch(11, 0xFF);
            World.Succeeds(file.Write(0, [0xEE], out _));
            World.Succeeds(nodes[target].Restore());
            Assert.Equal(pictures[target], Describe(world) + Text(file));
            world.Verify();
        }

        int[] order = [3, 0, 4, 1, 2];
        foreach (int next in order)
        {
            nodes[next].Dispose();
            world.Verify();
            foreach (int other in order.Where(other => nodes[other].IsValid))
            {
                World.Succeeds(nodes[other].Restore());
                Assert.Equal(pictures[other], Describe(world) + Text(file));
                world.Verify();
            }
        }

        file.Dispose();
        foreach (UserProcess process in world.Engine.Processes.Where(process => process != world.First).ToArray()) process.Dispose();
        world.AssertNothingIsLeft();

        void Step(int node, int? from, byte value)
        {
            if (from is { } parent) World.Succeeds(nodes[parent].Restore());
            world.Touch(0, value);
            world.Touch(10, value);
            world.Touch(10 + value, value);
            World.Succeeds(file.SetLength(value << 12));
            World.Succeeds(file.Write((value - 1) << 12, [value], out _));
            UserProcess child = world.First.Fork();
            child.Memory.Mmu.Write(World.At(1), value);
            world.MapShared(20 + (node * 3), 2);
            world.Touch(20 + (node * 3), value);
            nodes[node] = world.Engine.TakeSnapshot();
            pictures[node] = Describe(world) + Text(file);
        }
    }

    [Fact]
    public void MemoryFilesGoBackFromWritesHolesAndTruncation()
    {
        using World world = new(8);
        using GuestFile file = world.Engine.Files.CreateMemoryFile("m", 8 << 12);
        for (int page = 0; page < 6; page++) World.Succeeds(file.Write(page << 12, [(byte)(page + 1), 9], out _));
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        string before = Text(file);
        World.Succeeds(file.Write(100, [1, 2, 3], out _));
        World.Succeeds(file.SetLength((3 << 12) + 1));
        World.Succeeds(file.SetLength(20 << 12));
        World.Succeeds(file.Write(19 << 12, [7], out _));
        World.Succeeds(file.Write(7 << 12, [7], out _));
        World.Succeeds(file.Write(4 << 12, [7], out _));
        world.Verify();
        World.Succeeds(snapshot.Restore());
        world.Verify();
        Assert.Equal(before, Text(file));
        Assert.Equal(6u, world.Engine.Files.CachedPages.Value);
        World.Succeeds(snapshot.Restore());
        Assert.Equal(before, Text(file));
    }

    [Fact]
    public void SwappedSharedMemoryGoesBack()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        world.MapShared(0, 8);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.PageOut));
        EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        world.Touch(1, 0xAA);
        World.Succeeds(world.Memory.Advise(World.At(2), World.Bytes(4), MemoryAdvice.Remove));    // two of them lie on the device
        world.Touch(3, 0xBB);
        World.Succeeds(world.Memory.Advise(World.At(6), World.Bytes(2), MemoryAdvice.PageOut));
        world.Verify();
        World.Succeeds(world.Engine.Swap.SwitchOff(device!));
        World.Succeeds(snapshot.Restore());
        world.Verify();
        for (int page = 0; page < 8; page++) Assert.Equal(page + 1, world.Peek(page));
        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void SnapshotsOfAProcessAndOfTheEngineShareATree()
    {
        using World world = new();
        world.Map(0, 4);
        world.MapShared(10, 2);
        Snapshot first = Own(1);
        EngineSnapshot second = Whole(2);
        Snapshot third = Own(3);
        EngineSnapshot fourth = Whole(4);
        Assert.Equal(first, third.Parent);    // skips the engine's
        World.Succeeds(second.Restore());
        Assert.Equal((2, 2), (world.Peek(0), world.Peek(10)));
        World.Succeeds(third.Restore());
        Assert.Equal((3, 2), (world.Peek(0), world.Peek(10)));
        World.Succeeds(fourth.Restore());
        Assert.Equal((4, 4), (world.Peek(0), world.Peek(10)));
        World.Succeeds(first.Restore());
        Assert.Equal((1, 4), (world.Peek(0), world.Peek(10)));
        world.Verify();
        world.First.Exit();
        Assert.False(first.IsValid);
        World.Succeeds(second.Restore());
        Assert.Equal((2, 2), (world.Peek(0), world.Peek(10)));
        world.Verify();
        fourth.Dispose();
        second.Dispose();
        third.Dispose();
        world.AssertNothingIsLeft();

        Snapshot Own(byte value)
        {
            Touch(value);
            return world.First.TakeSnapshot();
        }

        EngineSnapshot Whole(byte value)
        {
            Touch(value);
            return world.Engine.TakeSnapshot();
        }

        void Touch(byte value)
        {
            world.Touch(0, value);
            world.Touch(10, value);
        }
    }

    [Fact]
    public void PinnedSharedMemoryGoesBack()
    {
        using World world = new();
        world.Map(0, 2);
        world.MapShared(4, 2);
        world.Touch(0, 1);
        EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        WritablePin pin = world.First.PinForWriting(World.At(4), 10);
        pin.WritableParts[0].Span[0] = 4;
        EngineSnapshot second = world.Engine.TakeSnapshot();
        pin.WritableParts[0].Span[0] = 5;
        World.Succeeds(second.Restore());
        Assert.Equal((4, 4), (world.Peek(4), pin.WritableParts[0].Span[0]));
        second.Dispose();
        pin.WritableParts[0].Span[0] = 5;
        World.Succeeds(snapshot.Restore());
        Assert.Equal(0, world.Peek(4));
        world.Verify();
        pin.Dispose();
        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AnIterationAllocatesNoManagedMemory()
    {
        using World world = new(16);
        world.Map(0, 100);
        world.MapShared(200, 100);
        for (int page = 0; page < 100; page++) world.Touch(page, 1);
        for (int page = 200; page < 250; page++) world.Touch(page, 1);
        UserProcess child = world.First.Fork();
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int iteration = 0; iteration < 200; iteration++)
            {
                for (int page = iteration % 7; page < 100; page += 17) world.Touch(page, 2);
                for (int page = 200; page < 300; page += 17) child.Memory.Mmu.Write(World.At(page), (byte)iteration);
                World.Succeeds(snapshot.Restore());
            }
        }));
        world.Verify();
    }

    private static string Text(GuestFile file)
    {
        byte[] bytes = new byte[file.ByteLength];
        World.Succeeds(file.Read(0, bytes, out int count));
        return $"{file.ByteLength} {count} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))}";
    }

    private static string Describe(World world) => string.Join('\n', world.Engine.Processes.Select(Describe));

    private static string Describe(UserProcess process)
    {
        IEnumerable<string> pages = Enumerable.Range(0, 120).Select(page =>
            Shown(process.Memory.ReadPagemap(World.At(page).Page)).ToString("x"));
        string smaps = string.Join('\n',
            process.Memory.FormatSmaps().Split('\n').Where(static line => !line.StartsWith("Referenced", StringComparison.Ordinal)));
        return $"{process.Id} {process.Name} {process.HasExited} {process.ExitCode} " + process.Memory.FormatMaps() + smaps
            + process.FormatStatus() + process.Memory.Usage.Faults + string.Join(' ', pages);
    }

    // A page of shared memory that was dropped comes back in another frame.
    private static ulong Shown(PagemapWord word) => word.IsFile && word.IsPresent ? word.Word >> 55 << 55 : word.Word;
}
