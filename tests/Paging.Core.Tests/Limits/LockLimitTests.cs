using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>RLIMIT_MEMLOCK: how much may be locked, how it is counted, and the error beyond it.</summary>
public sealed class LockLimitTests
{
    private const MapFlags Locked = World.PrivateFixed | MapFlags.Locked;

    private static World WithLimit(int pages, bool isPrivileged = false)
    {
        World world = new(process: new ProcessOptions { IsPrivileged = isPrivileged });
        world.Memory.SetLimit(ResourceLimit.LockedMemory, World.Bytes(pages));
        return world;
    }

    private static Errno Map(World world, int page, int count, MapFlags flags = Locked) =>
        world.Memory.Map(World.At(page), World.Bytes(count), MemoryProtection.ReadWrite, flags, out _);

    [Fact]
    public void EachCallHasItsOwnErrorOverTheLimit()
    {
        using World world = WithLimit(4);
        world.Map(0, 10);
        Assert.Equal(Errno.ENOMEM, world.Memory.Lock(World.At(0), World.Bytes(5)));
        Assert.Equal(Errno.None, world.Memory.Lock(World.At(0), World.Bytes(4)));
        Assert.Equal(Errno.EAGAIN, Map(world, 20, 1));
        Assert.Equal(Errno.EAGAIN, world.Memory.Remap(World.At(0), World.Bytes(4), World.Bytes(5), RemapFlags.MayMove, out _));
        Assert.Equal(Errno.ENOMEM, world.Memory.LockAll(LockAllFlags.Current));
        Assert.Equal(new PageCount(4), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    /// <summary>Linux, mm/mlock.c: mlockall compares all of the memory with the limit, which it may reach.</summary>
    [Theory]
    [InlineData(4, Errno.ENOMEM, 0)]
    [InlineData(5, Errno.None, 5)]
    [InlineData(6, Errno.None, 5)]
    public void AllMayBeLockedUpToTheLimit(int limit, Errno expected, uint locked)
    {
        using World world = WithLimit(limit);
        world.Map(0, 3);
        world.Map(7, 2);
        Assert.Equal(expected, world.Memory.LockAll(LockAllFlags.Current | LockAllFlags.Future));
        Assert.Equal(new PageCount(locked), world.Memory.Usage.Locked);
        Assert.Equal(limit == 6 ? Errno.None : limit == 5 ? Errno.EAGAIN : Errno.None, Map(world, 20, 1, World.PrivateFixed));
        Assert.Equal(new PageCount(limit == 6 ? 6u : locked), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ALimitOfNothingForbidsLockingAltogether()
    {
        using World world = WithLimit(0);
        world.Map(0, 1);
        Assert.Equal(Errno.EPERM, world.Memory.Lock(World.At(0), 4096));
        Assert.Equal(Errno.EPERM, Map(world, 2, 1));
        Assert.Equal(Errno.EPERM, world.Memory.LockAll(LockAllFlags.Current));
        Assert.Equal(Errno.None, world.Memory.Unlock(World.At(0), 4096));
        Assert.Equal(Errno.None, world.Memory.UnlockAll());
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ARangeLockedTwiceCountsOnce()
    {
        using World world = WithLimit(4);
        world.Map(0, 10);
        World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(3)));
        Assert.Equal(Errno.None, world.Memory.Lock(World.At(0), World.Bytes(4)));
        Assert.Equal(Errno.ENOMEM, world.Memory.Lock(World.At(1), World.Bytes(4)));
        Assert.Equal(new PageCount(4), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesThatAFixedMappingReplacesAreNotDeducted()
    {
        using World world = WithLimit(4);
        Assert.Equal(Errno.None, Map(world, 0, 3));
        Assert.Equal(Errno.EAGAIN, Map(world, 0, 2));
        Assert.Equal(Errno.None, Map(world, 0, 1));
        Assert.Equal(new PageCount(3), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockingTheFutureHoldsForMapsAndTheBreakUntilTheNextCall()
    {
        using World world = WithLimit(4);
        World.Succeeds(world.Memory.LockAll(LockAllFlags.Future));
        Assert.Equal(Errno.None, Map(world, 0, 3, World.PrivateFixed));
        Assert.True(world.Memory.HasOwnPage(World.At(2).Page));
        Assert.Equal(Errno.EAGAIN, Map(world, 10, 2, World.PrivateFixed));
        VirtualAddress start = world.Memory.Break;
        Assert.Equal(start, world.Memory.SetBreak(start + World.Bytes(2)));
        UserProcess child = world.First.Fork();
        // not inherited
        World.Succeeds(child.Memory.Map(World.At(10), World.Bytes(9), MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        Assert.Equal(PageCount.Zero, child.Memory.Usage.Locked);
        World.Succeeds(world.Memory.LockAll(LockAllFlags.Current));    // ends it
        Assert.Equal(Errno.None, Map(world, 20, 9, World.PrivateFixed));
        Assert.Equal(new PageCount(3), world.Memory.Usage.Locked);
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(LockAllFlags.None)]
    [InlineData(LockAllFlags.OnFault)]
    [InlineData((LockAllFlags)8)]
    [InlineData(LockAllFlags.Current | (LockAllFlags)16)]
    public void SomeFlagsAreNone(LockAllFlags flags)
    {
        using World world = new();
        Assert.Equal(Errno.EINVAL, world.Memory.LockAll(flags));
        Assert.Equal(Errno.EINVAL, world.Memory.Lock(World.At(0), 4096, (LockFlags)2));
    }

    [Fact]
    public void ThePrivilegedAreNotBound()
    {
        using World world = WithLimit(0, isPrivileged: true);
        Assert.Equal(Errno.None, Map(world, 0, 3));
        Assert.Equal(Errno.None, world.Memory.LockAll(LockAllFlags.Current | LockAllFlags.Future));
        UserProcess child = world.First.Fork();
        Assert.Equal(Errno.None, child.Memory.Lock(World.At(0), World.Bytes(3)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void LockRoundsItsRangeOutwards()
    {
        using World world = new();
        world.Map(0, 3);
        World.Succeeds(world.Memory.Lock(World.At(0, 4095), 2));
        Assert.Equal(new PageCount(2), world.Memory.Usage.Locked);
        World.Succeeds(world.Memory.Unlock(World.At(1, 1), 1));
        Assert.Equal(PageCount.One, world.Memory.Usage.Locked);
        Assert.Equal(Errno.EINVAL, world.Memory.Lock(new(0xFFFF_F000), 8192));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesUnmappedTruncatedOrMovedAreCountedOnce()
    {
        using World world = new();
        world.Map(0, 6, more: MapFlags.Locked);
        World.Succeeds(world.Memory.Unmap(World.At(4), 8192));
        Assert.Equal(new PageCount(4), world.Memory.Usage.Locked);
        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(4), World.Bytes(6), RemapFlags.MayMove | RemapFlags.Fixed, World.At(20),
            out _));
        Assert.Equal(new PageCount(6), world.Memory.Usage.Locked);
        Assert.True(world.Memory.HasOwnPage(World.At(25).Page));    // growing locked memory fills the new part
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void MovingLockedMemoryWithoutUnmappingKeepsTheBooks()
    {
        using World world = new();
        world.Map(0, 2, more: MapFlags.Locked);
        World.Succeeds(world.Memory.Remap(World.At(0), 8192, 8192, RemapFlags.MayMove | RemapFlags.DontUnmap, World.At(10), out _));
        world.AssertNothingIsLeft();
    }
}
