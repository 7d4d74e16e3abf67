using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Which pages a pager's source is asked for, and which it is given, for parts of pages and at the end of the file.</summary>
public sealed class PagerBackingTests : IDisposable
{
    private const int ByteLength = 3 * 4096;

    private readonly Source _source = new();
    private readonly PagerBacking _backing;

    public PagerBackingTests() => _backing = new(_source, ByteLength);

    public void Dispose() => _backing.Dispose();

    /// <summary>A read returns one page at most: the page cache asks for each page.</summary>
    [Theory]
    [InlineData(0, 0, 0, "")]          // nothing is asked for nothing
    [InlineData(100, 0, 0, "")]
    [InlineData(0, 1, 1, "0")]
    [InlineData(0, 4095, 4095, "0")]
    [InlineData(0, 4096, 4096, "0")]
    [InlineData(0, 4097, 4096, "0")]
    [InlineData(4096, 8192, 4096, "1")]
    [InlineData(1, 4096, 4095, "0")]
    [InlineData(4095, 2, 1, "0")]
    [InlineData(8000, 100, 100, "1")]
    [InlineData(8191, 1, 1, "1")]
    [InlineData(8192, 1, 1, "2")]
    [InlineData(ByteLength - 1, 5, 1, "2")]
    [InlineData(ByteLength, 5, 0, "")]
    [InlineData(ByteLength + 4096, 5, 0, "")]
    public void APartIsReadFromItsPage(long offset, int wanted, int expected, string asked)
    {
        byte[] bytes = new byte[wanted + 1];
        bytes.AsSpan().Fill(0xEE);
        Assert.Equal(Errno.None, _backing.Read(offset, bytes.AsSpan(0, wanted), out int count));
        Assert.Equal((expected, asked), (count, string.Join(' ', _source.Asked)));
        for (int i = 0; i < expected; i++) Assert.Equal(Source.ByteAt(offset + i), bytes[i]);
        Assert.All(bytes[expected..], static one => Assert.Equal(0xEE, one));
    }

    [Theory]
    [InlineData(PageAnswer.Later, Errno.EAGAIN, 1)]
    [InlineData(PageAnswer.Failed, Errno.EIO, 0)]
    [InlineData((PageAnswer)99, Errno.EIO, 0)]
    public void AMissingPageIsAnErrorOfAPartToo(PageAnswer answer, Errno error, int pending)
    {
        _source.Answer = answer;
        foreach (int length in (int[])[10, 4096])
        {
            Assert.Equal(error, _backing.Read(0, new byte[length], out int count));
            Assert.Equal((0, pending), (count, _backing.PendingCount));
        }

        Assert.Equal(pending == 1 ? 1 : 2, _source.Asked.Count);    // what is pending is not asked for twice
        Assert.Equal(pending == 1, _backing.IsPending(default));
        _backing.Fail(default);
        Assert.Equal((Errno.EIO, 0), (_backing.Read(0, new byte[10], out _), _backing.PendingCount));
    }

    [Fact]
    public void ZerosReplaceTheOldBytes()
    {
        _source.Answer = PageAnswer.Zeros;
        byte[] bytes = new byte[4096];
        bytes.AsSpan().Fill(0xEE);
        Assert.Equal(Errno.None, _backing.Read(0, bytes, out int count));
        Assert.Equal(4096, count);
        Assert.All(bytes, static one => Assert.Equal(0, one));
    }

    /// <summary>Pages are stored one by one, and only whole ones; the count includes those stored before an error.</summary>
    [Theory]
    [InlineData(0, 0, Errno.None, 0, "")]
    [InlineData(0, 4096, Errno.None, 4096, "0")]
    [InlineData(4096, 8192, Errno.None, 8192, "1 2")]
    [InlineData(0, 4095, Errno.EINVAL, 0, "")]
    [InlineData(0, 4097, Errno.EINVAL, 4096, "0")]
    [InlineData(0, 8191, Errno.EINVAL, 4096, "0")]
    [InlineData(1, 4096, Errno.EINVAL, 0, "")]
    public void WholePagesAreStored(long offset, int length, Errno error, int expected, string stored)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(at => Source.ByteAt(offset + at))];
        Assert.Equal(error, _backing.Write(offset, bytes, out int count));
        Assert.Equal((expected, stored), (count, string.Join(' ', _source.Stored)));
    }

    /// <summary>Pages stored before a refusal make a short write; the next write reports the error.</summary>
    [Theory]
    [InlineData(0, Errno.ENOSPC, 0)]
    [InlineData(1, Errno.None, 4096)]
    [InlineData(2, Errno.None, 8192)]
    public void ASourceThatRefusesEndsTheWrite(int room, Errno error, int expected)
    {
        _source.Room = room;
        byte[] bytes = [.. Enumerable.Range(0, ByteLength).Select(static at => Source.ByteAt(at))];
        Assert.Equal(error, _backing.Write(0, bytes, out int count));
        Assert.Equal((expected, room), (count, _source.Stored.Count));
    }

    [Fact]
    public void ItsLengthIsFixed()
    {
        Assert.Equal(Errno.None, _backing.SetLength(ByteLength));
        Assert.Equal(Errno.EPERM, _backing.SetLength(ByteLength - 1));
        Assert.Equal(Errno.EPERM, _backing.SetLength(ByteLength + 1));
        Assert.Equal(Errno.EOPNOTSUPP, _backing.PunchHole(0, 4096));
        Assert.Equal(ByteLength, _backing.ByteLength);
    }

    [Fact]
    public async Task WaitersAreCompletedOnceAndCanceledAtTheEnd()
    {
        Assert.True(_backing.WhenSettled(default).IsCompletedSuccessfully);    // it is not pending
        _source.Answer = PageAnswer.Later;
        for (uint page = 0; page < 3; page++) _backing.Read(page * 4096, new byte[4096], out _);
        Task first = _backing.WhenSettled(default), again = _backing.WhenSettled(default), last = _backing.WhenSettled(new(2));
        Assert.Same(first, again);
        Assert.False(first.IsCompleted || last.IsCompleted);
        _backing.Settle(default);
        _backing.Settle(default);
        Assert.True(first.IsCompletedSuccessfully);
        await first;
        Assert.True(_backing.TryTakeRequest(out FilePage page1));    // page 0 is not pending any more
        Assert.Equal(new FilePage(1), page1);
        _backing.Dispose();
        Assert.True(last.IsCanceled);
        Assert.Equal(0, _backing.PendingCount);
        Assert.False(_backing.TryTakeRequest(out _));
    }

    private sealed class Source : IPageSource
    {
        public PageAnswer Answer { get; set; }
        public int Room { get; set; } = int.MaxValue;
        public List<uint> Asked { get; } = [];
        public List<uint> Stored { get; } = [];

        public static byte ByteAt(long offset) => (byte)(offset * 7 % 253);

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            Asked.Add(page.Value);
            Assert.Equal(4096, destination.Length);
            if (Answer == PageAnswer.Supplied)
                for (int i = 0; i < 4096; i++) destination[i] = ByteAt(page.ByteOffset + i);
            return Answer;
        }

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes)
        {
            Assert.Equal((4096, ByteAt(page.ByteOffset), ByteAt(page.ByteOffset + 4095)), (bytes.Length, bytes[0], bytes[4095]));
            if (Stored.Count == Room) return Errno.ENOSPC;
            Stored.Add(page.Value);
            return Errno.None;
        }
    }
}
