using Xunit;

namespace Paging.Core.Tests;

/// <summary>Descriptors go back with a snapshot of the engine: numbers that were closed, that name another file, or are new.</summary>
public sealed class DescriptorReturnTests
{
    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(7)]
    public void EachNumberIsRestored(int reopened)
    {
        using World world = new();
        GuestFile one = world.CreateFile("one", 1, first: 1), two = world.CreateFile("two", 1, first: 2);
        int[] opened = [world.Open(one), world.Open(one), world.Open(two)];
        World.Succeeds(world.First.FileDescriptors.Seek(opened[1], 5, SeekOrigin.Begin, out _));
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        foreach (int descriptor in opened) World.Succeeds(world.First.FileDescriptors.Close(descriptor));
        for (int i = 0; i < reopened; i++) world.Open(two, FileRights.Read);
        for (int round = 0; round < 2; round++)
        {
            World.Succeeds(snapshot.Restore());
            world.Verify();
            Assert.Equal("1 1 2", string.Join(' ', opened.Select(descriptor => FirstByteOf(world, descriptor))));
            World.Succeeds(world.First.FileDescriptors.Seek(opened[1], 0, SeekOrigin.Current, out long position));
            Assert.Equal(5, position);
            World.Returns(Errno.EBADF, world.First.FileDescriptors.Close(opened[2] + 1));
            World.Succeeds(world.First.FileDescriptors.Write(opened[0], 0, [1], out _));    // open for writing again
            World.Succeeds(world.First.FileDescriptors.Close(opened[0]));
            Assert.Equal(opened[0], world.Open(two));
            Assert.Equal(opened[2] + 1, world.Open(two));
        }

        snapshot.Dispose();
        world.AssertNothingIsLeft();
    }

    /// <summary>A snapshot that is dropped while others hang from it is no parent any more: the one before it is.</summary>
    [Fact]
    public void TheParentIsTheNearestThatIsLeft()
    {
        using World world = new();
        EngineSnapshot first = world.Engine.TakeSnapshot(), middle = world.Engine.TakeSnapshot(), left = world.Engine.TakeSnapshot();
        World.Succeeds(middle.Restore());
        EngineSnapshot right = world.Engine.TakeSnapshot();
        Assert.Equal((middle, middle, first), (left.Parent, right.Parent, middle.Parent));
        middle.Dispose();
        Assert.Equal((first, first), (left.Parent, right.Parent));
        first.Dispose();
        Assert.Equal((null, null), (left.Parent, right.Parent));
        World.Succeeds(left.Restore());
        right.Dispose();
        left.Dispose();
        world.AssertNothingIsLeft();
    }

    private static byte FirstByteOf(World world, int descriptor)
    {
        byte[] bytes = new byte[1];
        World.Succeeds(world.First.FileDescriptors.Read(descriptor, 0, bytes, out _));
        return bytes[0];
    }
}
