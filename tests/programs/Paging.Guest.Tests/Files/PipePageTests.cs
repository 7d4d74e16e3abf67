using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tests;

/// <summary>How writes fill a pipe's sixteen pages. Linux: fs/pipe.c pipe_write, pipe_read, pipe_set_size.</summary>
public sealed class PipePageTests : IDisposable
{
    private const int Page = 4096;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20, RequestHostHugePages = false });
    private readonly Pipe _pipe;

    public PipePageTests() => _pipe = new(new PipePages(_engine));

    public void Dispose() => _engine.Dispose();

    /// <summary>A write that just fills the last page joins it; a byte more begins a new one.</summary>
    [Theory]
    [InlineData(96, 15)]
    [InlineData(97, 14)]
    public void AWriteJoinsTheLastPageIfItFits(int second, int wholePagesThatFollow)
    {
        Put(4000);
        Put(second);
        Assert.Equal(wholePagesThatFollow, WholePages());
        Assert.True(_pipe.IsFull);
    }

    [Fact]
    public void SixteenPagesAreFull()
    {
        Assert.Equal(16, WholePages());
        Assert.Equal(0, _pipe.Put(new byte[1]).Count);
    }

    /// <summary>A page whose bytes were all read is free, however many they were.</summary>
    [Fact]
    public void APageThatWasReadMakesRoom()
    {
        for (int i = 0; i < 16; i++) Put(Page - 100);
        Assert.True(_pipe.IsFull);
        Assert.Equal(Page - 101, Take(Page - 101));
        Assert.True(_pipe.IsFull);
        Assert.Equal(1, Take(1));
        Assert.False(_pipe.IsFull);
        Assert.Equal(1, WholePages());
    }

    /// <summary>Not below the pages that are in use; as many as those, or the most that a user gets, are enough.</summary>
    [Theory]
    [InlineData(3, 4, Errno.None)]
    [InlineData(3, 2, Errno.EBUSY)]
    [InlineData(3, 1, Errno.EBUSY)]
    [InlineData(4, 4, Errno.None)]
    [InlineData(5, 4, Errno.EBUSY)]
    [InlineData(16, 16, Errno.None)]
    [InlineData(16, 8, Errno.EBUSY)]
    [InlineData(1, 1, Errno.None)]
    [InlineData(0, 1, Errno.None)]
    [InlineData(0, 256, Errno.None)]
    [InlineData(0, 257, Errno.EPERM)]
    public void AResizeKeepsThePagesInUse(int inUse, int pages, Errno expected)
    {
        for (int i = 0; i < inUse; i++) Put(Page);
        Assert.Equal(expected, _pipe.Resize((uint)(pages * Page), mayExceedLimit: false).Error);
    }

    /// <summary>A loaded pipe has the bytes, their pages and counts, the size and the owner of the saved one.</summary>
    [Fact]
    public void ASavedPipeGoesOn()
    {
        Assert.Equal(Errno.None, _pipe.Resize(4 * Page, mayExceedLimit: false).Error);
        (_pipe.Mode, _pipe.Owner, _pipe.Opens) = (FileModes.Fifo | FileModes.OwnerRead, (5, 6), (7, 8));
        byte[] bytes = new byte[Page + 300];
        new Random(9).NextBytes(bytes);
        Assert.Equal(bytes.Length, _pipe.Put(bytes).Count);
        Assert.Equal(100, Take(100));
        RecordWriter writer = new();
        _pipe.Save(writer);
        Pipe loaded = new(new PipePages(_engine));
        loaded.Load(new(writer.ToMemory()));
        Assert.Equal(Describe(_pipe), Describe(loaded));
        byte[] rest = new byte[2 * Page];
        Assert.Equal(Errno.None, loaded.Peek(rest, out int count));
        Assert.True(rest.AsSpan(0, count).SequenceEqual(bytes.AsSpan(100)));
        loaded.Drop(count);
        Assert.Equal((0, Describe(loaded)), (loaded.Count, Emptied()));

        string Emptied()
        {
            Take(_pipe.Count);
            return Describe(_pipe);
        }

        static string Describe(Pipe pipe) =>
            $"{pipe.Mode} {pipe.Owner} {pipe.Count} {pipe.Capacity} {pipe.Opens} {pipe.Wakes} {pipe.IsFull} {pipe.HasRoomFor(1)}";
    }

    private void Put(int byteLength) => Assert.Equal(byteLength, _pipe.Put(new byte[byteLength]).Count);

    private int Take(int byteLength)
    {
        Assert.Equal(Errno.None, _pipe.Peek(new byte[byteLength], out int count));
        _pipe.Drop(count);
        return count;
    }

    private int WholePages()
    {
        int count = 0;
        while (_pipe.Put(new byte[Page]).Count == Page) count++;
        return count;
    }
}
