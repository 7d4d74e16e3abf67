using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A file's bytes in memory, at the limits of its arguments: negative numbers, holes, the last page of its capacity.</summary>
public sealed class MemoryBackingTests
{
    [Fact]
    public void NegativeNumbersAreRefusedAndChangeNothing()
    {
        using MemoryBacking backing = new();
        Assert.Equal(Errno.None, backing.Write(0, [1, 2, 3], out _));
        Assert.Equal(Errno.EINVAL, backing.Write(-1, [9], out int count));
        Assert.Equal(0, count);
        Assert.Equal(Errno.EINVAL, backing.Read(-1, new byte[1], out count));
        Assert.Equal(0, count);
        Assert.Equal(Errno.EINVAL, backing.SetLength(-1));
        Assert.Equal(Errno.EINVAL, backing.PunchHole(-1, 1));
        Assert.Equal(Errno.EINVAL, backing.PunchHole(0, -1));
        Assert.Equal([1, 2, 3], backing.Content.ToArray());
    }

    [Fact]
    public void AHoleIsZerosFromItsFirstByteToItsLast()
    {
        using MemoryBacking backing = new();
        byte[] model = [.. Enumerable.Range(1, 100).Select(static value => (byte)value)];
        Assert.Equal(Errno.None, backing.Write(0, model, out _));
        (long, long)[] holes = [(0, 1), (10, 0), (20, 5), (99, 1), (98, 50), (100, 5), (500, long.MaxValue)];
        foreach ((long offset, long length) in holes)
        {
            Assert.Equal(Errno.None, backing.PunchHole(offset, length));
            for (int at = 0; at < model.Length; at++)
                if (at >= offset && at - offset < length) model[at] = 0;
            Assert.Equal(model, backing.Content.ToArray());
        }
    }

    /// <summary>The backing takes bytes up to its capacity and not one more, in each way that a file grows.</summary>
    [Fact]
    public void ItIsFullAtItsCapacity()
    {
        using MemoryBacking backing = new(capacityByteLength: 100);
        Assert.Equal(Errno.None, backing.Write(90, new byte[10], out int count));
        Assert.Equal((10, 100L), (count, backing.ByteLength));
        Assert.Equal(Errno.ENOSPC, backing.Write(100, [1], out _));
        Assert.Equal(Errno.ENOSPC, backing.Write(99, [1, 2], out _));
        Assert.Equal(Errno.None, backing.SetLength(100));
        Assert.Equal(Errno.ENOSPC, backing.SetLength(101));
        Assert.Equal(Errno.None, backing.Allocate(60, 40));
        Assert.Equal(Errno.ENOSPC, backing.Allocate(60, 41));
        Assert.Equal(100, backing.ByteLength);
    }

    /// <summary>Bytes after a shorter end read as zeros when the file grows again.</summary>
    [Fact]
    public void BytesThatWereCutOffDoNotComeBack()
    {
        using MemoryBacking backing = new();
        Assert.Equal(Errno.None, backing.Write(0, [1, 2, 3, 4, 5], out _));
        Assert.Equal(Errno.None, backing.SetLength(2));
        Assert.Equal([1, 2], backing.Content.ToArray());
        Assert.Equal(Errno.None, backing.SetLength(5));
        Assert.Equal([1, 2, 0, 0, 0], backing.Content.ToArray());
        byte[] read = new byte[4];
        Assert.Equal(Errno.None, backing.Read(3, read, out int count));
        Assert.Equal(2, count);
        Assert.Equal(Errno.None, backing.Read(6, read, out count));
        Assert.Equal(0, count);
    }
}
