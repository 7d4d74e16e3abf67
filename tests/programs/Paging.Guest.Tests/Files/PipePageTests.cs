using Paging.Core;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tests;

/// <summary>How writes fill a pipe's sixteen pages. Linux: fs/pipe.c pipe_write, pipe_read, pipe_set_size.</summary>
public sealed class PipePageTests : IDisposable
{
    private const int Page = 4096;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20, RequestHostHugePages = false });
    private readonly Pipe _pipe;

    public PipePageTests() => _pipe = new(new PipePages(_engine), user: 0, pagesMax: 16);

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
        Assert.Equal(0, _pipe.Put(new byte[1], isPacket: false).Count);
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

    /// <summary>Not below the pages that are in use.</summary>
    [Theory]
    [InlineData(3, Errno.None)]
    [InlineData(2, Errno.EBUSY)]
    [InlineData(1, Errno.EBUSY)]
    public void AResizeKeepsThePagesInUse(int pages, Errno expected)
    {
        for (int i = 0; i < 3; i++) Put(Page);
        Assert.Equal(expected, _pipe.Resize(pages));
    }

    /// <summary>O_DIRECT: a read gets one packet at most, and the rest of the packet is lost.</summary>
    [Fact]
    public void APacketEndsARead()
    {
        foreach (int byteLength in (int[])[10, 20, 30]) Assert.Equal(byteLength, _pipe.Put(new byte[byteLength], isPacket: true).Count);
        Assert.Equal(10, Take(100));
        Assert.Equal(5, Take(5));
        Assert.Equal(30, _pipe.Count);
        Put(40);
        Assert.Equal(14, WholePages());    // the write has not joined the packet
    }

    /// <summary>Bytes from a file are cut at the file's page borders, and no write joins them.</summary>
    [Theory]
    [InlineData(0u, 4096, 15)]
    [InlineData(0u, 10, 15)]
    [InlineData(4000u, 96, 15)]
    [InlineData(4000u, 97, 14)]
    [InlineData(1u, 8192, 13)]
    public void PagesOfAFileStayPages(uint offset, int byteLength, int wholePagesThatFollow)
    {
        Assert.Equal(byteLength, _pipe.PutPages(new byte[byteLength], offset).Count);
        Assert.Equal(wholePagesThatFollow, WholePages());
    }

    private void Put(int byteLength) => Assert.Equal(byteLength, _pipe.Put(new byte[byteLength], isPacket: false).Count);

    private int Take(int byteLength)
    {
        Assert.Equal(Errno.None, _pipe.Peek(new byte[byteLength], out int count));
        _pipe.Drop(count);
        return count;
    }

    private int WholePages()
    {
        int count = 0;
        while (_pipe.Put(new byte[Page], isPacket: false).Count == Page) count++;
        return count;
    }
}
