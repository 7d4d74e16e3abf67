using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>RLIMIT_AS and RLIMIT_DATA. Linux: may_expand_vm.</summary>
public sealed class AddressSpaceLimitTests
{
    private static World WithLimit(ResourceLimit limit, int pages)
    {
        World world = new();
        world.Memory.SetLimit(limit, World.Bytes(pages) + 4095u);    // rounded down to pages
        return world;
    }

    private static Errno Map(World world, int page, int count, MemoryProtection protection = MemoryProtection.ReadWrite,
        MapFlags flags = World.PrivateFixed) =>
        world.Memory.Map(World.At(page), World.Bytes(count), protection, flags, out _);

    [Fact]
    public void TheAddressSpaceGrowsToItsLimitAndNotBeyond()
    {
        using World world = WithLimit(ResourceLimit.AddressSpace, 10);
        Assert.Equal(Errno.None, Map(world, 0, 6));
        Assert.Equal(Errno.ENOMEM, Map(world, 10, 5));
        Assert.Equal(Errno.None, Map(world, 10, 4, MemoryProtection.None));
        Assert.Equal(Errno.ENOMEM, Map(world, 20, 1, flags: World.SharedFixed));
        Assert.Equal(Errno.ENOMEM, world.Memory.Remap(World.At(0), World.Bytes(6), World.Bytes(7), RemapFlags.MayMove, out _));
        Assert.Equal(world.Memory.Break, world.Memory.SetBreak(world.Memory.Break + 1));
        Assert.Equal(new PageCount(10), world.Memory.Usage.Total);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void AFixedMappingDeductsThePagesItReplacesAndAMoveDoesNot()
    {
        using World world = WithLimit(ResourceLimit.AddressSpace, 10);
        Assert.Equal(Errno.None, Map(world, 0, 6));
        Assert.Equal(Errno.None, Map(world, 6, 4, MemoryProtection.Read));
        Assert.Equal(Errno.None, Map(world, 5, 5, MemoryProtection.None));
        const RemapFlags toPlace = RemapFlags.MayMove | RemapFlags.Fixed;
        Assert.Equal(Errno.ENOMEM, world.Memory.Remap(World.At(0), 4096, 8192, toPlace, World.At(5), out _));
        Assert.Equal(Errno.None, world.Memory.Remap(World.At(0), 4096, 4096, toPlace, World.At(5), out _));
        Assert.Equal(Errno.ENOMEM, world.Memory.Remap(World.At(1), 8192, 8192, RemapFlags.MayMove | RemapFlags.DontUnmap, World.At(20),
            out _));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void DataIsPrivateWritableAndNotGrowing()
    {
        using World world = WithLimit(ResourceLimit.Data, 4);
        Assert.Equal(Errno.None, Map(world, 0, 3));
        Assert.Equal(Errno.ENOMEM, Map(world, 10, 2));
        Assert.Equal(Errno.None, Map(world, 10, 2, MemoryProtection.Read));
        Assert.Equal(Errno.None, Map(world, 20, 9, flags: World.SharedFixed));
        Assert.Equal(Errno.None, Map(world, 1000, 9, flags: World.PrivateFixed | MapFlags.GrowsDown));
        Assert.Equal(Errno.ENOMEM, world.Memory.Protect(World.At(10), 8192, MemoryProtection.ReadWrite));
        Assert.Equal(Errno.None, world.Memory.Protect(World.At(10), 4096, MemoryProtection.ReadWrite));
        Assert.Equal((new PageCount(4), new PageCount(9)), (world.Memory.Usage.Data, world.Memory.Usage.Stack));
        Assert.Equal(Errno.None, world.Memory.Protect(World.At(0), 4096, MemoryProtection.Read));
        Assert.Equal(new PageCount(3), world.Memory.Usage.Data);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ProtectPassesWhereTheAddressSpaceIsOverItsLimitAsWell()
    {
        using World world = new();
        world.Map(0, 4, MemoryProtection.Read);
        world.Memory.SetLimit(ResourceLimit.Data, 4096);
        Assert.Equal(Errno.ENOMEM, world.Memory.Protect(World.At(0), 8192, MemoryProtection.ReadWrite));
        world.Memory.SetLimit(ResourceLimit.AddressSpace, 4096);
        Assert.Equal(Errno.None, world.Memory.Protect(World.At(0), 8192, MemoryProtection.ReadWrite));    // a peculiarity of the kernel's
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheBreakIsBoundByDataFromItsFirstPlaceOn()
    {
        using World world = WithLimit(ResourceLimit.Data, 3);
        VirtualAddress start = world.Memory.Break;
        Assert.Equal(start + World.Bytes(3), world.Memory.SetBreak(start + World.Bytes(3)));
        Assert.Equal(start + World.Bytes(3), world.Memory.SetBreak(start + World.Bytes(4)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void ALimitBelowThePresentUseOnlyStopsGrowth()
    {
        using World world = new();
        world.Map(0, 10);
        world.Memory.SetLimit(ResourceLimit.AddressSpace, 4096);
        world.Touch(9);
        Assert.Equal(Errno.ENOMEM, Map(world, 20, 1));
        Assert.Equal(Errno.None, world.Memory.Unmap(World.At(0), World.Bytes(5)));
        UserProcess child = world.First.Fork();
        Assert.Equal((4096ul, new PageCount(5)), (child.Memory.GetLimit(ResourceLimit.AddressSpace), child.Memory.Usage.Total));
        world.AssertNothingIsLeft();
    }
}
