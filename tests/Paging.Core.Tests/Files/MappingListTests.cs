using Xunit;

namespace Paging.Core.Tests;

/// <summary>Which areas map a file, for files of any number, whichever of them is mapped first.</summary>
/// <remarks>Linux: i_mmap of struct address_space.</remarks>
public sealed class MappingListTests
{
    private const int FileCount = 300;

    [Theory]
    [InlineData(299, 0, 128)]
    [InlineData(0, 63, 64)]
    [InlineData(64, 127, 128)]
    [InlineData(200, 65, 201)]
    public void AreasAreListedWithTheirFile(int first, int second, int third)
    {
        using World world = new();
        GuestFile[] files = [.. Enumerable.Range(0, FileCount).Select(number => world.CreateFile($"f{number}", 0))];
        int at = 0;
        foreach (int number in (int[])[first, second, third])
        {
            int descriptor = world.Open(files[number]);
            for (int i = 0; i < 4; i++, at += 2) world.MapFile(descriptor, at, 1);
            Assert.Equal(4, files[number].MappingCount);
            World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        }

        Assert.Equal(12, files.Sum(static file => file.MappingCount));
        foreach (int gone in (int[])[1, 3, 0, 2])    // within the list, its first, its last, the only one
        {
            for (int i = 0; i < 3; i++) World.Succeeds(world.Memory.Unmap(World.At((8 * i) + (2 * gone)), 4096));
            world.Verify();
        }

        Assert.Equal(0, files.Sum(static file => file.MappingCount));
        world.AssertNothingIsLeft();
    }
}
