using Paging.Core.Frames;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Huge pages of the pool made beside a snapshot, pinned ones, and how many there may be beyond its size.</summary>
/// <remarks>Linux: mm/hugetlb.c hugetlb_overcommit_handler, gather_surplus_pages. Snapshots are the engine's own.</remarks>
public sealed class PoolAndSnapshotTests
{
    private const uint Huge = 4 << 20;
    private const MapFlags OfPool = World.PrivateFixed | MapFlags.HugeTlb;

    private static Errno Map(World world, int which, uint count = 1) =>
        world.Memory.Map(new(0x3000_0000 + ((uint)which * Huge)), count * Huge, MemoryProtection.ReadWrite, OfPool, out _);

    /// <summary>Pages of the pool are mapped, written and inherited beside a snapshot, and go when the process goes back.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void MemoryOfThePoolIsMappedBesideASnapshot(bool ofEngine)
    {
        using World world = new(World.Options(32) with { HugePages = 4 });
        world.Map(0, 2);
        world.Touch(0, 7);
        using IDisposable taken = ofEngine ? world.Engine.TakeSnapshot() : world.First.TakeSnapshot();
        HugePoolCounters before = world.Engine.CountPool();
        for (int round = 0; round < 3; round++)
        {
            World.Succeeds(Map(world, 0, count: 2));
            World.Succeeds(Map(world, 2));
            for (uint page = 0; page < 3; page++) world.Mmu.Write(new VirtualAddress(0x3000_0000 + (page * Huge)), page + 5);
            UserProcess child = world.First.Fork();
            Assert.True(child.Memory.Mmu.TryWrite(new(0x3000_0000), 9u));
            Assert.Equal(5u, world.Mmu.Read<uint>(new(0x3000_0000)));
            world.Verify();
            if (round == 1) World.Succeeds(world.Memory.Unmap(new(0x3000_0000 + Huge), Huge));
            child.Dispose();
            World.Succeeds(taken is EngineSnapshot whole ? whole.Restore() : ((Snapshot)taken).Restore());
            Assert.Equal(before, world.Engine.CountPool());
            Assert.False(world.Mmu.TryRead(new(0x3000_0000), out uint _));
            Assert.Equal(7, world.Peek(0));
            world.Verify();
        }
    }

    /// <summary>Shared pages of the pool are memory that others see: the areas go back, the bytes do not.</summary>
    [Fact]
    public void SharedMemoryOfThePoolStaysBesideASnapshot()
    {
        using World world = new(World.Options(32) with { HugePages = 4 });
        const MapFlags shared = MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb;
        World.Succeeds(world.Memory.Map(new(0x3000_0000), 2 * Huge, MemoryProtection.ReadWrite, shared, out _));
        world.Mmu.Write(new VirtualAddress(0x3000_0000), 1u);
        using Snapshot snapshot = world.First.TakeSnapshot();
        HugePoolCounters before = world.Engine.CountPool();
        using (Snapshot second = world.First.TakeSnapshot())
        {
            world.Mmu.Write(new VirtualAddress(0x3000_0000), 2u);
            World.Succeeds(world.Memory.Protect(new(0x3000_0000), Huge, MemoryProtection.Read));
            World.Succeeds(world.Memory.Unmap(new(0x3000_0000 + Huge), Huge));
            World.Succeeds(Map(world, 3));
            world.Mmu.Write(new VirtualAddress(0x3000_0000 + (3 * Huge)), 3u);
            world.Verify();
            World.Succeeds(second.Restore());
            world.Verify();
            World.Succeeds(snapshot.Restore());
        }

        Assert.Equal(before, world.Engine.CountPool());
        Assert.Equal(2u, world.Mmu.Read<uint>(new(0x3000_0000)));
        world.Mmu.Write(new VirtualAddress(0x3000_0000 + Huge), 4u);
        world.Verify();
    }

    /// <summary>A pin holds the huge page around it: unmapped, it comes back to the pool when the last pin goes.</summary>
    [Theory, InlineData(AccessKind.Read), InlineData(AccessKind.Write)]
    public void APageOfThePoolIsPinned(AccessKind access)
    {
        using World world = new(World.Options(24) with { HugePages = 2 });
        World.Succeeds(Map(world, 0));
        VirtualAddress at = new(0x3000_0000 + Huge - 4096);
        world.Mmu.Write(at, 0x1122_3344u);
        Assert.True(world.First.TryPin(at, 8, access, out PinnedMemory? pin, out _));
        Assert.True(world.First.TryPin(new(0x3000_0000), 8192, access, out PinnedMemory? other, out _));
        Assert.Equal(0x1122_3344u, BitConverter.ToUInt32(pin!.Parts[0].Span));
        if (pin is WritablePin writable) writable.WritableParts[0].Span[0] = 0x55;
        Assert.Equal(access == AccessKind.Write ? 0x1122_3355u : 0x1122_3344u, world.Mmu.Read<uint>(at));
        world.Verify();
        World.Succeeds(world.Memory.Unmap(new(0x3000_0000), Huge));
        world.Verify();
        Assert.Equal(1, world.Engine.CountPool().Free);
        pin.Dispose();
        Assert.Equal(1, world.Engine.CountPool().Free);
        other!.Dispose();
        Assert.Equal(2, world.Engine.CountPool().Free);
        world.AssertNothingIsLeft();
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
