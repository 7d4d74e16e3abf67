using Paging.Native;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>MAP_SHARED|MAP_ANONYMOUS: an object of its own, of the mapping's size, for the process and its descendants.</summary>
public sealed class SharedAnonymousTests
{
    [Fact]
    public void ParentAndChildSeeEachOthersWrites()
    {
        using World world = new();
        world.MapShared(0, 2);
        world.Touch(0, 1);
        UserProcess child = world.First.Fork();
        child.Memory.Mmu.Write(World.At(1), (byte)2);
        Assert.Equal((1, 2), (child.Memory.Mmu.Read<byte>(World.At(0)), world.Peek(1)));
        world.First.Exit();
        Assert.Equal(1, child.Memory.Mmu.Read<byte>(World.At(0)));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void PagesAreMadeOnceAndMappedByEachProcessWithAFaultOfItsOwn()
    {
        using World world = new();
        world.MapShared(0, 1);
        Assert.Equal("Minor 1, File 1", FaultStory.Of(world.First, () => Assert.Equal(0, world.Peek(0))));
        UserProcess child = world.First.Fork();
        uint cached = world.Engine.Parts.Files.Cache.PageCount;
        Assert.Equal("Minor 1, File 1", FaultStory.Of(child, () => child.Memory.Mmu.Write(World.At(0), (byte)1)));
        Assert.Equal(cached, world.Engine.Parts.Files.Cache.PageCount);
        Assert.Equal("", FaultStory.Of(world.First, () => world.Touch(0, 2)));    // in memory there is nothing to notice
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void DiscardingUnmapsPagesAndKeepsTheObject()
    {
        using World world = new();
        world.MapShared(0, 2);
        world.Touch(0, 5);
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        Assert.Equal(PageCount.Zero, world.Memory.Usage.Resident);
        Assert.Equal(5, world.Peek(0));
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.Remove));
        Assert.Equal(0, world.Peek(0));
        Assert.Equal(Errno.EINVAL, world.Memory.Advise(World.At(0), 4096, MemoryAdvice.Free));
        Assert.Equal(Errno.EINVAL, world.Memory.Advise(World.At(0), 4096, MemoryAdvice.WipeOnFork));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheObjectDoesNotGrowWithItsMapping()
    {
        using World world = new();
        world.MapShared(0, 2);
        World.Succeeds(world.Memory.Remap(World.At(0), 8192, 16384, RemapFlags.None, out _));
        world.Touch(1);
        world.Mmu.TryWrite(World.At(2), (byte)1, out MemoryFault fault);
        Assert.Equal(new(MemoryFaultKind.BusError, World.At(2)), fault);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void TheObjectGoesWithItsLastMapping()
    {
        using World world = new();
        world.MapShared(0, 4);
        for (int page = 0; page < 4; page++) world.Touch(page);
        UserProcess child = world.First.Fork();
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(4)));
        Assert.Equal(4u, world.Engine.Parts.Files.Cache.PageCount);
        World.Succeeds(child.Memory.Unmap(World.At(0), World.Bytes(3)));
        Assert.Equal(4u, world.Engine.Parts.Files.Cache.PageCount);    // a piece holds all of it
        World.Succeeds(child.Memory.Unmap(World.At(3), World.Bytes(1)));
        Assert.Equal(0u, world.Engine.Parts.Files.Cache.PageCount);
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void MapsCallItDevZero()
    {
        using World world = new();
        world.MapShared(0, 2);
        World.Succeeds(world.Memory.Unmap(World.At(0), 4096));
        AreaSnapshot area = Assert.Single(world.Memory.Areas.Snapshot());
        Assert.Equal((true, "/dev/zero", 4096ul, "rw-s"), (area.IsSharedAnonymous, area.Name, area.ByteOffset, area.Rights));
        Assert.Contains("/dev/zero (deleted)", world.Memory.FormatMaps(), StringComparison.Ordinal);
    }
}
