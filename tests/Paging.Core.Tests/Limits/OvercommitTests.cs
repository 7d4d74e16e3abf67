using Xunit;

namespace Paging.Core.Tests;

/// <summary>vm.overcommit_memory: the requests that are refused, and those that count as committed. Linux: __vm_enough_memory.</summary>
public sealed class OvercommitTests
{
    private const int RamPages = 1024;    // 4 MiB

    private static World With(OvercommitMode mode, int ratio = 50) =>
        new(World.Options() with { Overcommit = mode, OvercommitRatio = ratio });

    private static Errno Map(World world, int page, int count, MapFlags flags = World.PrivateFixed,
        MemoryProtection protection = MemoryProtection.ReadWrite) =>
        world.Memory.Map(World.At(page), World.Bytes(count), protection, flags, out _);

    [Fact]
    public void HeuristicallyOnlyACallForMoreThanAllOfRamIsRefused()
    {
        using World world = With(OvercommitMode.Heuristic);
        Assert.Equal(Errno.None, Map(world, 0, RamPages));
        Assert.Equal(Errno.None, Map(world, 2000, RamPages));
        Assert.Equal(Errno.ENOMEM, Map(world, 4000, RamPages + 1));
        Assert.Equal(Errno.None, Map(world, 4000, RamPages + 1, World.PrivateFixed | MapFlags.NoReserve));
        Assert.Equal(Errno.None, Map(world, 6000, RamPages + 1, protection: MemoryProtection.Read));
        Assert.Equal(Errno.ENOMEM, Map(world, 8000, RamPages + 1, World.SharedFixed));
        Assert.Equal(Errno.ENOMEM, world.Memory.Protect(World.At(6000), World.Bytes(RamPages + 1), MemoryProtection.ReadWrite));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AlwaysRefusesNothing()
    {
        using World world = With(OvercommitMode.Always);
        Assert.Equal(Errno.None, Map(world, 0, 100 * RamPages));
        Assert.Equal(Errno.None, Map(world, 110_000, 100 * RamPages, World.SharedFixed));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void NeverCommitsMoreThanItsShareOfRamToAllProcessesTogether()
    {
        using World world = With(OvercommitMode.Never);
        Assert.Equal(Errno.None, Map(world, 0, 300));
        Assert.Equal(Errno.ENOMEM, world.First.Fork(out _));         // a copy is committed, too
        Assert.Equal(Errno.ENOMEM, Map(world, 400, 212));
        Assert.Equal(Errno.None, Map(world, 400, 211));                 // 511 of 512: the kernel asks for less than the limit
        Assert.Equal(Errno.ENOMEM, Map(world, 800, 1));
        Assert.Equal(Errno.None, Map(world, 800, 500, protection: MemoryProtection.Read));
        Assert.Equal(Errno.ENOMEM, world.Memory.Protect(World.At(800), 4096, MemoryProtection.ReadWrite));
        Assert.Equal(Errno.ENOMEM, Map(world, 2000, 1, World.PrivateFixed | MapFlags.NoReserve));    // not heard in this mode
        Assert.Equal(Errno.ENOMEM, world.Memory.Remap(World.At(400), World.Bytes(211), World.Bytes(212), RemapFlags.None, out _));
        Assert.Equal(world.Memory.Break, world.Memory.SetBreak(world.Memory.Break + 4096));
        Assert.Equal(Errno.None, world.Memory.Unmap(World.At(0), World.Bytes(100)));
        Assert.Equal(Errno.None, Map(world, 3000, 100, World.SharedFixed));
        world.AssertNothingIsLeft();
    }

    /// <summary>An open snapshot is invisible: what only it keeps is committed again when a restore maps it, and no earlier.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SharedMemoryThatOnlyASnapshotKeepsIsNotCommitted(bool isOfEngine)
    {
        using World world = With(OvercommitMode.Never);
        Assert.Equal(Errno.None, Map(world, 0, 100, World.SharedFixed));
        Assert.Equal(Errno.None, Map(world, 1000, 150, World.SharedFixed));
        Assert.Equal(250, world.Engine.Memory.Committed);
        using EngineSnapshot? ofEngine = isOfEngine ? world.Engine.TakeSnapshot() : null;
        Snapshot first = world.First.TakeSnapshot();
        Assert.Equal(Errno.None, world.Memory.Unmap(World.At(0), World.Bytes(40)));      // a part: as in Linux, the object stays whole
        Assert.Equal(250, world.Engine.Memory.Committed);
        Assert.Equal(Errno.None, world.Memory.Unmap(World.At(40), World.Bytes(60)));
        Assert.Equal(150, world.Engine.Memory.Committed);
        Snapshot second = world.First.TakeSnapshot();
        Assert.Equal(Errno.None, world.Memory.Unmap(World.At(1000), World.Bytes(150)));
        Assert.Equal(0, world.Engine.Memory.Committed);
        Assert.Equal(Errno.None, Map(world, 2000, 300, World.SharedFixed));
        Assert.Equal(300, world.Engine.Memory.Committed);
        world.Verify();

        Assert.Equal(Errno.None, first.Restore());
        Assert.Equal(250, world.Engine.Memory.Committed);
        Assert.Equal(Errno.None, second.Restore());
        Assert.Equal(150, world.Engine.Memory.Committed);
        world.Verify();
        first.Dispose();
        Assert.Equal(Errno.None, world.First.Fork(out UserProcess? child));
        Assert.Equal(Errno.None, world.Memory.Unmap(World.At(1000), World.Bytes(150)));    // the child has it still
        Assert.Equal(150, world.Engine.Memory.Committed);
        child!.Exit(0);
        Assert.Equal(0, world.Engine.Memory.Committed);
        world.Verify();
        Assert.Equal(Errno.None, second.Restore());
        Assert.Equal(150, world.Engine.Memory.Committed);
        second.Dispose();
        if (ofEngine is not null)
        {
            Assert.Equal(Errno.None, ofEngine.Restore());
            Assert.Equal(250, world.Engine.Memory.Committed);
            ofEngine.Dispose();
        }

        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AGrowingAreaThatIsCommittedIsCountedAsItGrows()
    {
        using World world = With(OvercommitMode.Never);
        Assert.Equal(Errno.None, Map(world, 1000, 500, World.PrivateFixed | MapFlags.GrowsDown));
        Assert.Equal(511, Grown(world, 989).Committed);
        Assert.Equal(MemoryFaultKind.NotMapped, Grown(world, 988).Kind);
        world.AssertNothingIsLeft();

        static (long Committed, MemoryFaultKind Kind) Grown(World world, int page)
        {
            world.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault);
            return (world.Machine.Commitment.Committed, fault.Kind);
        }
    }

    [Theory]
    [InlineData(OvercommitMode.Heuristic)]
    [InlineData(OvercommitMode.Always)]
    public void PrivatePagesThatAreOrWereWritableAreCommitted(OvercommitMode mode)
    {
        using World world = With(mode);
        long Committed() => world.Machine.Commitment.Committed;
        Map(world, 0, 10);
        Map(world, 100, 10, World.PrivateFixed | MapFlags.NoReserve);
        Map(world, 200, 10, protection: MemoryProtection.Read);
        Assert.Equal(10, Committed());
        World.Succeeds(world.Memory.Protect(World.At(0), World.Bytes(4), MemoryProtection.Read));     // no page was ever made: given back
        Assert.Equal(6, Committed());
        world.Touch(5);
        World.Succeeds(world.Memory.Protect(World.At(4), World.Bytes(6), MemoryProtection.Read));     // kept
        Assert.Equal(6, Committed());
        World.Succeeds(world.Memory.Protect(World.At(200), World.Bytes(10), MemoryProtection.ReadWrite));
        Assert.Equal(16, Committed());
        Map(world, 300, 7, World.SharedFixed);
        Assert.Equal(23, Committed());
        world.First.Fork();
        // the object is one, the copies are two
        Assert.Equal(23 + 16, Committed());
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WithoutCommitmentLeftCallsThatCommitNothingStillWork()
    {
        using World world = With(OvercommitMode.Never, ratio: 0);
        Assert.Equal(Errno.ENOMEM, Map(world, 0, 1));
        Assert.Equal(Errno.None, Map(world, 0, 2, protection: MemoryProtection.Read));
        Assert.Equal(Errno.None, world.Memory.Remap(World.At(0), 8192, 12288, RemapFlags.None, out _));
        Assert.Equal(Errno.None, world.First.Fork(out _));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AnObjectsSizeIsCommittedOnceThroughCutsAndMappings()
    {
        using World world = With(OvercommitMode.Always);
        world.MapShared(0, 8);
        World.Succeeds(world.Memory.Unmap(World.At(2), 8192));
        World.Succeeds(world.Memory.Remap(World.At(0), 0, World.Bytes(8), RemapFlags.MayMove, out _));
        Assert.Equal(8, world.Machine.Commitment.Committed);
        world.AssertNothingIsLeft();
    }
}
