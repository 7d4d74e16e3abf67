using Xunit;

namespace Paging.Core.Tests;

/// <summary>remap_file_pages(2): the ranges that it accepts, and the pages that it maps. Linux: mm/mmap.c remap_file_pages.</summary>
public sealed class RemapFilePagesTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose()
    {
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    /// <summary>
    /// Pages 0 to 3 and 4 to 7 are one shared file with other rights for the second half; 8 to 11 the same file again; 12 to 15
    /// another file; 16 to 19 a private mapping; 20 to 21 nothing.
    /// </summary>
    private void MapAll()
    {
        int file = _world.OpenFile("one", 40), other = _world.OpenFile("two", 40);
        _world.MapFile(file, 0, 4, type: MapFlags.Shared);
        _world.MapFile(file, 4, 4, filePage: 20, type: MapFlags.Shared, protection: MemoryProtection.Read);
        _world.MapFile(file, 8, 4, filePage: 30, type: MapFlags.Shared, protection: MemoryProtection.Read);
        _world.MapFile(other, 12, 4, type: MapFlags.Shared);
        _world.MapFile(other, 16, 4, filePage: 10);
    }

    [Theory]
    [InlineData(0, 4, Errno.None)]     // all of an area
    [InlineData(1, 2, Errno.None)]     // its middle
    [InlineData(2, 3, Errno.EINVAL)]   // into an area with other rights
    [InlineData(6, 4, Errno.None)]     // two areas that agree, of other places in the file
    [InlineData(10, 3, Errno.EINVAL)]  // into another file
    [InlineData(14, 3, Errno.EINVAL)]  // into a private mapping
    [InlineData(17, 1, Errno.EINVAL)]  // private
    [InlineData(20, 1, Errno.EINVAL)]  // nothing there
    [InlineData(0, 0, Errno.EINVAL)]
    public void OnlyASharedMappingOfOneFileIsMappedAnew(int page, int count, Errno expected)
    {
        World world = _world;
        MapAll();
        string before = World.AreasOf(world.First);
        Assert.Equal(expected, world.Memory.RemapFilePages(World.At(page), World.Bytes(count), new(35), MapFlags.None));
        if (expected != Errno.None) Assert.Equal(before, World.AreasOf(world.First));
        else
        {
            for (int i = 0; i < count; i++) Assert.Equal((byte)(0x10 + 35 + i), world.Peek(page + i));
            Assert.Equal(page is 6, !world.Mmu.TryWrite(World.At(page), (byte)1));    // the rights are those of before
        }

    }

    [Fact]
    public void TheLastAreaEndsTheRange()
    {
        World world = _world;
        world.MapFile(world.OpenFile("one", 8), 0, 4, type: MapFlags.Shared);
        Assert.Equal(Errno.EINVAL, world.Memory.RemapFilePages(World.At(2), World.Bytes(3), new(0), MapFlags.None));
        world.Map(10, 1);
        Assert.Equal(Errno.EINVAL, world.Memory.RemapFilePages(World.At(2), World.Bytes(3), new(0), MapFlags.None));
    }

    /// <summary>Two files side by side, and one file beside itself with other rights, are no one mapping.</summary>
    [Fact]
    public void AnotherFileIsAnotherMapping()
    {
        World world = _world;
        int one = world.OpenFile("one", 8), two = world.OpenFile("two", 8, first: 0x40);
        world.MapFile(one, 0, 2, type: MapFlags.Shared);
        world.MapFile(two, 2, 2, filePage: 2, type: MapFlags.Shared);
        Assert.Equal(Errno.EINVAL, world.Memory.RemapFilePages(World.At(0), World.Bytes(4), new(0), MapFlags.None));
        world.MapFile(one, 2, 2, filePage: 4, type: MapFlags.Shared, protection: MemoryProtection.Read);
        Assert.Equal(Errno.EINVAL, world.Memory.RemapFilePages(World.At(0), World.Bytes(4), new(0), MapFlags.None));
        Assert.Equal((0x10, 0x14), (world.Peek(0), world.Peek(2)));
        world.MapFile(one, 2, 2, filePage: 4, type: MapFlags.Shared);
        World.Succeeds(world.Memory.RemapFilePages(World.At(0), World.Bytes(4), new(3), MapFlags.None));
        for (int page = 0; page < 4; page++) Assert.Equal(0x13 + page, world.Peek(page));
    }

    /// <summary>The pages are filled at once unless MAP_NONBLOCK is given, and a locked area stays locked.</summary>
    [Theory]
    [InlineData(MapFlags.None, false, true)]
    [InlineData(MapFlags.NonBlock, false, false)]
    [InlineData(MapFlags.NonBlock, true, true)]
    public void ThePagesAreThereAtOnce(MapFlags flags, bool isLocked, bool arePresent)
    {
        World world = _world;
        world.MapFile(world.OpenFile("one", 8), 0, 4, type: MapFlags.Shared);
        if (isLocked) World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(4)));
        World.Succeeds(world.Memory.RemapFilePages(World.At(0), World.Bytes(2), new(6), flags));
        Assert.Equal(arePresent, world.Memory.Space.Tables.Read(World.At(1).Page).IsPresent);
        Assert.Equal(isLocked ? 4u : 0u, world.Memory.Usage.Locked.Value);
        Assert.Equal((6ul * 4096, isLocked), world.Memory.Areas.Snapshot().Where(static area => area.Range.Contains(World.At(0).Page))
            .Select(static area => (area.ByteOffset, area.IsLocked)).Single());
    }
}
