using Xunit;

namespace Paging.Core.Tests;

/// <summary>More areas and files than the tables of a snapshot begin with.</summary>
public sealed class ManyAreasTests
{
    [Theory]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(5000)]    // beyond 64 words of 64 areas
    public void ASnapshotKeepsAsManyAreasAsThereAre(int count)
    {
        using World world = new(8);
        for (int area = 0; area < count; area++) world.Map(area * 2, 1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        string before = World.AreasOf(world.First);
        for (int round = 0; round < 2; round++)
        {
            for (int area = 0; area < count; area += 3) World.Succeeds(world.Memory.Unmap(World.At(area * 2), World.Bytes(1)));
            for (int area = 0; area < count; area += 5) world.Map((area * 2) + 1, 1, MemoryProtection.Read);
            for (int area = 1; area < count; area += 3)
                World.Succeeds(world.Memory.Protect(World.At(area * 2), 4096, MemoryProtection.Read));
            Assert.NotEqual(before, World.AreasOf(world.First), StringComparer.Ordinal);
            World.Succeeds(snapshot.Restore());
            Assert.Equal(before, World.AreasOf(world.First));
            Assert.Equal(count, world.Memory.Areas.Snapshot().Count);
        }

        world.Verify();
        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>Two processes map each of many files: truncating one takes its pages from both, and leaves all others.</summary>
    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(140)]
    public void EachOfManyFilesFindsItsMappings(int count)
    {
        using World world = new(8);
        GuestFile[] files = [.. Enumerable.Range(0, count).Select(number => world.CreateFile($"f{number}", 1, (byte)number))];
        for (int number = 0; number < count; number++)
        {
            int descriptor = world.Open(files[number], FileRights.Read);
            world.MapFile(descriptor, number * 2, 1, protection: MemoryProtection.Read, type: MapFlags.Shared);
            World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        }

        UserProcess child = world.First.Fork();
        for (int number = 0; number < count; number++)
        {
            Assert.Equal(2, files[number].MappingCount);
            Assert.Equal((byte)number, child.Memory.Mmu.Read<byte>(World.At(number * 2)));
        }

        World.Succeeds(files[^1].SetLength(0));
        Assert.False(world.Mmu.TryRead(World.At((count - 1) * 2), out byte _));
        Assert.False(child.Memory.Mmu.TryRead(World.At((count - 1) * 2), out byte _));
        for (int number = 0; number < count - 1; number++) Assert.Equal((byte)number, world.Peek(number * 2));
        World.Succeeds(world.Memory.Unmap(World.At(0), World.Bytes(1)));
        Assert.Equal(1, files[0].MappingCount);
        child.Dispose();
        Assert.Equal(0, files[0].MappingCount);
        world.Verify();
    }
}
