using Paging.Core.Frames;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Where huge pages of the pool are refused, and how many there may be beyond its size.</summary>
/// <remarks>Linux: mm/hugetlb.c hugetlb_overcommit_handler, gather_surplus_pages. Snapshots are the engine's own.</remarks>
public sealed class PoolAndSnapshotTests
{
    private const uint Huge = 4 << 20;
    private const MapFlags OfPool = World.PrivateFixed | MapFlags.HugeTlb;

    private static Errno Map(World world, int which, uint count = 1) =>
        world.Memory.Map(new(0x3000_0000 + ((uint)which * Huge)), count * Huge, MemoryProtection.ReadWrite, OfPool, out _);

    [Fact]
    public void AProcessWithMemoryOfThePoolHasNoSnapshot()
    {
        using World world = new(World.Options(16) with { HugePages = 1 });
        world.Map(0, 1);
        World.Succeeds(Map(world, 0));
        World.Returns(Errno.EBUSY, world.First.TakeSnapshot(out Snapshot? none));
        World.Returns(Errno.EBUSY, world.Engine.TakeSnapshot(out EngineSnapshot? noneOfAll));
        Assert.Equal((null, null), (none, noneOfAll));
        Assert.Equal("Cannot take a snapshot: process 1 ('first') maps huge pages of the pool.",
            Assert.Throws<InvalidOperationException>(() => world.First.TakeSnapshot()).Message);
        Assert.Equal("Cannot take a snapshot of the engine: process 1 ('first') maps huge pages of the pool.",
            Assert.Throws<InvalidOperationException>(() => world.Engine.TakeSnapshot()).Message);
        Assert.False(world.First.TryPin(new(0x3000_0000), 8, AccessKind.Read, out _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Device, fault.Kind);
        World.Succeeds(world.Memory.Unmap(new(0x3000_0000), Huge));
        World.Succeeds(world.First.TakeSnapshot(out Snapshot? snapshot));
        World.Returns(Errno.ENOMEM, Map(world, 0));
        snapshot!.Dispose();
        World.Succeeds(Map(world, 0));
        world.AssertNothingIsLeft();
    }

    /// <summary>A file of the pool cannot go back, so there is no snapshot of the engine beside one, even if nobody maps it.</summary>
    [Fact]
    public void AnEngineWithAFileOfThePoolHasNoSnapshot()
    {
        using World world = new(World.Options(16) with { HugePages = 1 });
        World.Succeeds(world.Engine.HugePages.CreateFile("rom", 0, out GuestFile? file));
        World.Returns(Errno.EBUSY, world.Engine.TakeSnapshot(out EngineSnapshot? none));
        Assert.Null(none);
        Assert.Equal("Cannot take a snapshot of the engine: the file of huge pages 'rom' cannot go back with it.",
            Assert.Throws<InvalidOperationException>(() => world.Engine.TakeSnapshot()).Message);
        World.Succeeds(world.First.TakeSnapshot(out Snapshot? own));    // files are no part of it
        own!.Dispose();
        file!.Dispose();
        World.Succeeds(world.Engine.TakeSnapshot(out EngineSnapshot? snapshot));
        snapshot!.Dispose();
    }

    /// <summary>The message of a refusal names its reason.</summary>
    [Fact]
    public void APinIsNamedAsThePinThatItIs()
    {
        using World world = new();
        world.Map(0, 1);
        Assert.True(world.First.TryPin(World.At(0), 8, AccessKind.Write, out PinnedMemory? pin, out _));
        Assert.Equal("Cannot take a snapshot: the host has pinned memory of process 1 ('first').",
            Assert.Throws<InvalidOperationException>(() => world.First.TakeSnapshot()).Message);
        pin!.Dispose();
    }

    [Fact]
    public void SurplusPagesComeUpToTheirLimit()
    {
        using World world = new(World.Options(24) with { HugePages = 1 });
        World.Succeeds(Map(world, 0));
        World.Returns(Errno.ENOMEM, Map(world, 1));
        world.Engine.Parts.Machine.HugePool.SurplusMax = 2;
        World.Returns(Errno.ENOMEM, Map(world, 1, count: 3));
        World.Succeeds(Map(world, 1));
        World.Succeeds(Map(world, 2));
        Assert.Equal(new HugePoolCounters(3, 3, 3, 2), world.Engine.CountPool());
        World.Returns(Errno.ENOMEM, Map(world, 3));
        world.Engine.Parts.Machine.HugePool.SurplusMax = 0;    // those that there are stay
        World.Succeeds(world.Memory.Unmap(new(0x3000_0000 + Huge), 2 * Huge));
        Assert.Equal(new HugePoolCounters(1, 1, 1, 0), world.Engine.CountPool());
        World.Returns(Errno.ENOMEM, Map(world, 1));
        World.Succeeds(world.Memory.Unmap(new(0x3000_0000), Huge));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void MemoryOfThePoolIsNotRegistered()
    {
        using World world = new(World.Options(16) with { HugePages = 1 });
        World.Succeeds(Map(world, 0));
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.All & ~UserfaultFeatures.Signal);
        foreach (UserfaultModes modes in (UserfaultModes[])[UserfaultModes.Missing, UserfaultModes.WriteProtect, UserfaultModes.Minor])
            World.Returns(Errno.EINVAL, faults.Register(new(0x3000_0000), Huge, modes));
        world.Mmu.Write(new VirtualAddress(0x3000_0000), 5u);
        Assert.Equal(0, faults.UnreadCount);
        world.Verify();
    }
}
