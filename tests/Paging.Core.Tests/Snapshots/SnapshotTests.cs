using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A process returns to its earlier state: bytes, areas, texts and words. The fuzz target <c>snapshot</c> does the same at random.
/// </summary>
public sealed class SnapshotTests
{
    private const MemoryProtection Write = MemoryProtection.ReadWrite;

    [Fact]
    public void BytesAndTextsAreRestored()
    {
        using World world = new();
        world.Map(0, 20);
        for (int page = 0; page < 10; page++) world.Touch(page, (byte)(0x40 + page));
        using Snapshot snapshot = world.First.TakeSnapshot();
        string before = Describe(world);
        for (int round = 0; round < 3; round++)
        {
            for (int page = 0; page < 15; page++) world.Touch(page, 0xEE);
            World.Succeeds(world.Memory.Unmap(World.At(2), World.Bytes(3)));
            World.Succeeds(world.Memory.Protect(World.At(6), World.Bytes(2), MemoryProtection.Read));
            world.Map(100, 4);
            world.Touch(100);
            world.Verify();
            World.Succeeds(snapshot.Restore());
            Assert.Equal(before, Describe(world));
            Assert.Equal(0x44, world.Peek(4));
            Assert.Equal(0, world.Peek(12));
            World.Succeeds(snapshot.Restore());
            world.Verify();
        }

        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void APrivilegeGoesBack(bool isPrivileged)
    {
        using World world = new();
        world.Memory.IsPrivileged = isPrivileged;
        using Snapshot snapshot = world.First.TakeSnapshot();
        world.Memory.IsPrivileged = !isPrivileged;
        World.Succeeds(snapshot.Restore());
        Assert.Equal(isPrivileged, world.Memory.IsPrivileged);
    }

    [Fact]
    public void TakingCopiesNoPageAndAWriteCopiesOne()
    {
        using World world = new();
        world.Map(0, 20);
        for (int page = 0; page < 20; page++) world.Touch(page, 1);
        uint free = world.Engine.Frames.CountOf(FrameState.Free).Value;
        using Snapshot snapshot = world.First.TakeSnapshot();
        Assert.Equal(free, world.Engine.Frames.CountOf(FrameState.Free).Value);
        Assert.Equal(PageCount.Zero, snapshot.DirtyPages);
        world.Touch(7, 2);
        world.Touch(7, 3);
        Assert.Equal(free - 1, world.Engine.Frames.CountOf(FrameState.Free).Value);
        Assert.Equal(PageCount.One, snapshot.DirtyPages);
        World.Succeeds(snapshot.Restore());
        Assert.Equal(free, world.Engine.Frames.CountOf(FrameState.Free).Value);
    }

    [Fact]
    public void AnAreaThatHasGrownAndShrunkAgainComesBackInItsPlace()
    {
        using World world = new();
        world.Map(10, 10);
        world.Touch(10, 0x41);
        using Snapshot snapshot = world.First.TakeSnapshot();
        string before = Describe(world);
        AreaIndex index = Damage.IndexAt(world, 10);
        for (int round = 0; round < 3; round++)
        {
            world.Map(6, 4);
            world.Touch(7, 0x42);
            Assert.Equal(index, Damage.IndexAt(world, 7));    // joined
            World.Succeeds(world.Memory.Unmap(World.At(6), World.Bytes(4)));
            world.Verify();
            World.Succeeds(snapshot.Restore());
            Assert.Equal((before, index), (Describe(world), Damage.IndexAt(world, 10)));
            world.Verify();
        }

        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheProcessGoesToAnyNodeOfATree()
    {
        using World world = new();
        world.Map(0, 8);
        Snapshot[] nodes = new Snapshot[5];
        string[] pictures = new string[5];
        Step(0, null, 1);
        Step(1, 0, 2);
        Step(2, 1, 3);
        Step(3, 0, 4);
        Step(4, 3, 5);
        Assert.Equal(nodes[1], nodes[2].Parent);
        Assert.Null(nodes[0].Parent);
        foreach (int target in new[] { 2, 4, 0, 3, 1, 4, 2, 2, 0 })
        {
            world.Touch(6, 0xFF);
            World.Succeeds(nodes[target].Restore());
            Assert.Equal(pictures[target], Describe(world));
            Assert.Equal(target + 1, world.Peek(0));
            world.Verify();
        }

        foreach (Snapshot node in nodes) node.Dispose();
        world.AssertNothingIsLeft();

        void Step(int node, int? from, byte value)
        {
            if (from is { } parent) World.Succeeds(nodes[parent].Restore());
            world.Touch(0, value);
            world.Touch(value, value);
            world.Map(20 + (node * 3), 2);
            world.Touch(20 + (node * 3));
            nodes[node] = world.First.TakeSnapshot();
            pictures[node] = Describe(world);
        }
    }

    [Theory]
    [InlineData(0, 1, 2, 3)]
    [InlineData(3, 2, 1, 0)]
    [InlineData(1, 3, 0, 2)]
    [InlineData(2, 0, 3, 1)]
    public void SnapshotsAreDroppedInAnyOrder(int first, int second, int third, int last)
    {
        using World world = new();
        world.Map(0, 8);
        Snapshot[] chain = new Snapshot[4];
        for (int i = 0; i < chain.Length; i++)
        {
            world.Touch(0, (byte)(i + 1));
            World.Succeeds(world.Memory.Protect(World.At(i), World.Bytes(1), MemoryProtection.Read));
            World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(1), Write));
            chain[i] = world.First.TakeSnapshot();
        }

        List<int> left = [0, 1, 2, 3];
        foreach (int next in new[] { first, second, third, last })
        {
            chain[next].Dispose();
            Assert.False(chain[next].IsValid);
            left.Remove(next);
            world.Verify();
            foreach (int other in left)
            {
                World.Succeeds(chain[other].Restore());
                Assert.Equal(other + 1, world.Peek(0));
                world.Verify();
            }
        }

        world.AssertNothingIsLeft();
    }

    [Fact]
    public void BreakLimitsNamesAndPositionsGoBack()
    {
        using World world = new();
        int descriptor = world.OpenFile("f", 4);
        using Snapshot snapshot = world.First.TakeSnapshot();
        VirtualAddress at = world.Memory.Break;
        _ = world.Memory.SetBreak(at + 0x5000);
        world.Memory.SetLimit(ResourceLimit.Stack, 1 << 20);
        world.First.Name = "other";
        World.Succeeds(world.First.FileDescriptors.Seek(descriptor, 100, SeekOrigin.Begin, out _));
        World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        World.Succeeds(snapshot.Restore());
        Assert.Equal(at, world.Memory.Break);
        Assert.Equal(8UL << 20, world.Memory.GetLimit(ResourceLimit.Stack));
        Assert.Equal("first", world.First.Name);
        World.Succeeds(world.First.FileDescriptors.Seek(descriptor, 0, SeekOrigin.Current, out long position));
        Assert.Equal(0, position);
        world.Verify();
    }

    [Fact]
    public void SharedMemoryAndFilesAreNotPartOfASnapshot()
    {
        using World world = new();
        world.MapShared(0, 2);
        world.MapFile(world.OpenFile("f", 2), 4, 2, type: MapFlags.Shared);
        world.Touch(0, 1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        world.Touch(0, 2);
        world.Touch(4, 3);
        World.Succeeds(snapshot.Restore());
        Assert.Equal(2, world.Peek(0));
        Assert.Equal(3, world.Peek(4));
        world.Verify();
    }

    [Fact]
    public void AChildHasNoSnapshotAndKeepsItsPages()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0, 1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        world.Touch(0, 2);
        UserProcess child = world.First.Fork();
        world.Touch(0, 3);
        World.Succeeds(snapshot.Restore());
        Assert.Equal(1, world.Peek(0));
        Assert.Equal(2, child.Memory.Mmu.Read<byte>(World.At(0)));
        child.Memory.Mmu.Write(World.At(0), (byte)9);
        Assert.Equal(1, world.Peek(0));
        world.Verify();
        child.Dispose();
        world.Verify();
    }

    [Fact]
    public void AnEndedProcessHasNoSnapshots()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0, 1);
        Snapshot first = world.First.TakeSnapshot();
        world.Touch(0, 2);
        Snapshot second = world.First.TakeSnapshot();
        world.First.Exit();
        Assert.False(first.IsValid);
        foreach (bool isReaped in new[] { false, true })
        {
            if (isReaped) world.First.Dispose();
            ObjectDisposedException gone = Assert.Throws<ObjectDisposedException>(() => second.Restore());
            Assert.StartsWith(
                "The snapshot is gone: its process has exited, executed a program or was reaped.", gone.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ObjectDisposedException>(() => second.DirtyPages);
        Assert.Throws<ObjectDisposedException>(() => world.First.TakeSnapshot());
        second.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ADisposedSnapshotSaysSo()
    {
        using World world = new();
        Snapshot snapshot = world.First.TakeSnapshot();
        snapshot.Dispose();
        snapshot.Dispose();
        ObjectDisposedException gone = Assert.Throws<ObjectDisposedException>(() => snapshot.Restore());
        Assert.StartsWith("The snapshot was disposed.", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SwappedPagesGoBackToTheirSlots()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        world.Map(0, 8);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.PageOut));
        Snapshot snapshot = world.First.TakeSnapshot();
        string before = Describe(world);
        for (int page = 0; page < 8; page++) world.Touch(page, 0xAA);
        world.Verify();
        World.Succeeds(snapshot.Restore());
        Assert.Equal(before, Describe(world));
        for (int page = 0; page < 8; page++) world.Touch(page, 0xAA);
        World.Succeeds(world.Engine.Swap.SwitchOff(device!));    // the pages that only the snapshot has are read as well
        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < 8; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AdviceToGiveUpIsFollowedForPagesOfASnapshot()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 4);
        world.Touch(0, 7);
        world.Touch(1, 8);
        using Snapshot snapshot = world.First.TakeSnapshot();
        string before = Describe(world);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(1), MemoryAdvice.Free));
        World.Succeeds(world.Memory.Advise(World.At(1), World.Bytes(1), MemoryAdvice.PageOut));
        Assert.NotEqual(before, Describe(world), StringComparer.Ordinal);
        World.Succeeds(snapshot.Restore());
        Assert.Equal((7, 8), (world.Peek(0), world.Peek(1)));    // the restore leaves a page on the device where it is
        world.Verify();
    }

    [Fact]
    public void AProcessorThatWalksTheTablesFaultsAtTheFirstWrite()
    {
        using World world = new();
        world.Map(0, 2);
        world.Touch(0, 1);
        ulong epoch = world.Mmu.Epoch;
        using Snapshot snapshot = world.First.TakeSnapshot();
        Assert.True(world.Mmu.Epoch > epoch);    // it drops what it has translated
        WalkResult Walk(AccessKind access) =>
            Walker.Walk(world.Engine.Ram, TableFormat.Classic, world.Memory.PrepareWalk(), World.At(0), access, ProcessorMode.User);
        Assert.True(Walk(AccessKind.Read).Succeeded);
        Assert.False(Walk(AccessKind.Write).Succeeded);
        Assert.Equal(MemoryFault.None, world.Mmu.ResolveFault(World.At(0), PageFaultErrorCode.Write | PageFaultErrorCode.Protection));
        Assert.True(Walk(AccessKind.Write).Succeeded);
        world.Verify();
    }

    [Fact]
    public void AnIterationAllocatesNoManagedMemory()
    {
        using World world = new(16);
        world.Map(0, 1000);
        for (int page = 0; page < 1000; page++) world.Touch(page, 1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (int iteration = 0; iteration < 1000; iteration++)
            {
                for (int page = iteration % 7; page < 1000; page += 97) world.Touch(page, 2);
                World.Succeeds(world.Memory.Map(default, World.Bytes(8), Write, MapFlags.Private | MapFlags.Anonymous,
                    out VirtualAddress at));
                world.Mmu.Write(at, iteration);
                World.Succeeds(world.Memory.Unmap(at, World.Bytes(8)));
                World.Succeeds(snapshot.Restore());
            }
        }));
        world.Verify();
    }

    [Fact]
    public void ReclaimKeepsThePagesOfASnapshot()
    {
        using World world = new(1);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        world.Map(0, 600);
        for (int page = 0; page < 100; page++) world.Touch(page, (byte)page);
        using Snapshot snapshot = world.First.TakeSnapshot();
        for (int iteration = 0; iteration < 3; iteration++)
        {
            for (int page = 0; page < 20; page++) world.Touch(page, 0xEE);
            for (int page = 100; page < 600; page++) world.Touch(page, 0xEE);    // more than RAM
            world.Verify();
            World.Succeeds(snapshot.Restore());
            world.Verify();
            for (int page = 0; page < 100; page++) Assert.Equal(page, world.Peek(page));
            Assert.Equal(0, world.Peek(300));
        }
    }

    private static string Describe(World world)
    {
        IEnumerable<string> pages = Enumerable.Range(0, 120).Select(page =>
            world.Memory.ReadPagemap(World.At(page).Page).Word.ToString("x"));
        string smaps = string.Join('\n',
            world.Memory.FormatSmaps().Split('\n').Where(static line => !line.StartsWith("Referenced", StringComparison.Ordinal)));
        return world.Memory.FormatMaps() + smaps + world.First.FormatStatus() + world.Memory.Usage.Faults + string.Join(' ', pages);
    }
}
