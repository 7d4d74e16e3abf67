using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>How far an area grows down: RLIMIT_STACK, the other limits, the lowest page, the area below, its position.</summary>
public sealed class StackGrowthTests
{
    private static World WithStack(int page, int pageCount, MemoryProtection protection = MemoryProtection.ReadWrite,
        ProcessOptions? options = null)
    {
        World world = new(16, options);
        world.Map(page, pageCount, protection, MapFlags.GrowsDown);
        return world;
    }

    private static MemoryFault Write(World world, int page, int offset = 0)
    {
        world.Mmu.TryWrite(World.At(page, offset), (byte)1, out MemoryFault fault);
        return fault;
    }

    [Fact]
    public void TheStackGrowsToThePageAccessedAndOnlyThatOneIsThere()
    {
        using World world = WithStack(1000, 1);
        Assert.Equal("Minor 1, Anonymous 1, StackGrown 1", FaultStory.Of(world.First, () => Write(world, 900, 4095)));
        Assert.Equal("900-1001 rw-p", World.AreasOf(world.First));
        Assert.Equal((new PageCount(101), PageCount.One), (world.Memory.Usage.Stack, world.Memory.Usage.Resident));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ItGrowsToTheLimitInPagesAndNotOneFurther()
    {
        using World world = WithStack(3000, 1);    // 8 MiB are 2048 pages
        Assert.Equal(new(MemoryFaultKind.NotMapped, World.At(3000 - 2048, 4095)), Write(world, 3000 - 2048, 4095));
        Assert.Equal(MemoryFault.None, Write(world, 3000 - 2047));
        Assert.Equal(new PageCount(2048), world.Memory.Usage.Stack);
        Assert.Equal("Refused 1", FaultStory.Of(world.First, () => Write(world, 3000 - 2048)));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(ResourceLimit.Stack, 4u)]
    [InlineData(ResourceLimit.AddressSpace, 4u)]
    public void EachLimitStopsGrowthExactly(ResourceLimit limit, uint pages)
    {
        using World world = WithStack(1000, 1);
        world.Memory.SetLimit(limit, (pages * 4096) + 4095);
        Assert.Equal(MemoryFaultKind.NotMapped, Write(world, 996).Kind);
        Assert.Equal(MemoryFault.None, Write(world, 997));
        Assert.Equal(MemoryFaultKind.NotMapped, Write(world, 996).Kind);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ALockedStackGrowsWithinTheLimitOfLockedMemoryAndOnlyByThePageAccessed()
    {
        using World world = WithStack(1000, 1);
        World.Succeeds(world.Memory.Lock(World.At(1000), 4096));
        world.Memory.SetLimit(ResourceLimit.LockedMemory, World.Bytes(3));
        Assert.Equal(MemoryFaultKind.NotMapped, Write(world, 997).Kind);
        Assert.Equal(MemoryFault.None, Write(world, 998));
        Assert.Equal(new PageCount(3), world.Memory.Usage.Locked);
        Assert.False(world.Memory.HasOwnPage(World.At(999).Page));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(255, false)]
    public void BetweenItAndTheAreaBelowAGuardGapStaysFree(int distance, bool grows)
    {
        using World world = WithStack(1000, 1);
        world.Map(400, 10);
        Assert.Equal(grows ? MemoryFaultKind.None : MemoryFaultKind.NotMapped, Write(world, 410 + distance).Kind);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AReservedRangeHasAGuardGapToo()
    {
        using World world = WithStack(1000, 1);
        World.Succeeds(world.Memory.Reserve(new(World.At(900).Page, new(10))));
        Assert.Equal(MemoryFaultKind.NotMapped, Write(world, 950).Kind);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ItDoesNotGrowBelowTheLowestPage()
    {
        using World world = new();
        World.Succeeds(world.Memory.Map(new(0x2_0000), 4096, MemoryProtection.ReadWrite, World.PrivateFixed | MapFlags.GrowsDown, out _));
        Assert.False(world.Mmu.TryWrite(new(0xFFFF), (byte)1, out MemoryFault fault));
        Assert.Equal(new(MemoryFaultKind.NotMapped, new(0xFFFF)), fault);
        Assert.True(world.Mmu.TryWrite(new(0x1_0000), (byte)1));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheAreaGrowsBeforeItsRightsAreAskedFor()
    {
        using World world = WithStack(1000, 1, MemoryProtection.Read);
        Assert.Equal(new(MemoryFaultKind.NotAllowed, World.At(990, 5)), Write(world, 990, 5));
        Assert.Equal("990-1001 r--p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void CopiesByTheKernelGrowItAsTheProgramsAccessesDo()
    {
        using World world = WithStack(1000, 1);
        Assert.Equal(6000, world.Mmu.CopyIn(World.At(990), new byte[6000], out _));
        Assert.Equal("990-1001 rw-p", World.AreasOf(world.First));
        Assert.Equal(10, world.Mmu.CopyOut(World.At(980), new byte[10], out _));
        Assert.Equal("980-1001 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void OtherCallsJustSeeAHole()
    {
        using World world = WithStack(1000, 1);
        Assert.Equal(Errno.ENOMEM, world.Memory.Protect(World.At(999), 4096, MemoryProtection.Read));
        Assert.Equal(Errno.ENOMEM, world.Memory.Advise(World.At(999), 4096, MemoryAdvice.WillNeed));
        Assert.Equal(Errno.ENOMEM, world.Memory.Lock(World.At(999), 4096));
        Assert.Equal(Errno.ENOMEM, world.Memory.Synchronize(World.At(999), 4096, SyncFlags.Async));
        Assert.Equal(Errno.ENOMEM, world.Memory.InCore(World.At(999), 4096, new byte[1]));
        Assert.Equal(Errno.ENOMEM, world.Memory.Advise(World.At(999), 4096, MemoryAdvice.PopulateRead));
        Assert.Equal("1000-1001 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ProtectGrowsDownBeginsAtTheStartOfTheGrowingArea()
    {
        using World world = WithStack(1000, 4);
        Assert.Equal(Errno.None, world.Memory.Protect(World.At(1002), 4096, MemoryProtection.Read | MemoryProtection.GrowsDown));
        Assert.Equal("1000-1003 r--p, 1003-1004 rw-p", World.AreasOf(world.First));
        Assert.Equal(Errno.None, world.Memory.Protect(World.At(990), World.Bytes(14),
            MemoryProtection.ReadWrite | MemoryProtection.GrowsDown));
        Assert.Equal("1000-1004 rw-p", World.AreasOf(world.First));
        Assert.Equal(Errno.EINVAL, world.Memory.Protect(World.At(1000), 4096, MemoryProtection.Read | MemoryProtection.GrowsUp));
        Assert.Equal(Errno.EINVAL, world.Memory.Protect(World.At(1000), 4096,
            MemoryProtection.Read | MemoryProtection.GrowsUp | MemoryProtection.GrowsDown));
        world.Map(2000, 1);
        Assert.Equal(Errno.EINVAL, world.Memory.Protect(World.At(2000), 4096, MemoryProtection.Read | MemoryProtection.GrowsDown));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AWrittenAreaMovedUpwardsGrowsNoFurtherThanItsPosition()
    {
        using World world = new();
        World.Succeeds(world.Memory.Map(new(0x1_2000), 4096, MemoryProtection.ReadWrite, World.PrivateFixed | MapFlags.GrowsDown, out _));
        world.Mmu.Write(new(0x1_2000), (byte)1);
        World.Succeeds(world.Memory.Remap(new(0x1_2000), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, World.At(1000), out _));
        Assert.Equal(MemoryFaultKind.NotMapped, Write(world, 1000 - 0x13).Kind);
        Assert.Equal(MemoryFault.None, Write(world, 1000 - 0x12));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ItGrowsInTheChildAsInTheParent()
    {
        using World world = WithStack(1000, 1);
        UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(World.At(995), (byte)3);
        Assert.Equal("995-1001 rw-p", World.AreasOf(child));
        Assert.Equal("1000-1001 rw-p", World.AreasOf(world.First));
        world.AssertNothingIsLeft();
    }
}
