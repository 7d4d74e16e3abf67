using Paging.Core.Files;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Bytes in memory beside a plain array, in any order of calls; and the disks of tests that wrap them.</summary>
public sealed class BackingModelTests
{
    private const int Capacity = 5 * 4096 + 100, PageBytes = 4096;

    [Fact]
    public void ADeviceInMemoryIsAnArrayWithALengthAndACapacity() => Property.ForSeeds(20, seed =>
    {
        Random random = new((int)seed);
        using MemoryBacking backing = new(Capacity);
        byte[] model = new byte[Capacity];
        long length = 0;
        for (int step = 0; step < 200; step++)
        {
            long offset = random.Next(Capacity + 200);
            int count = random.Next(3) == 0 ? random.Next(10) : random.Next(3 * PageBytes);
            switch (random.Next(5))
            {
                case 0:
                    byte[] read = new byte[count];
                    Assert.Equal(Errno.None, backing.Read(offset, read, out int got));
                    Assert.Equal((int)Math.Clamp(length - offset, 0, count), got);
                    if (got != 0) Assert.True(read.AsSpan(0, got).SequenceEqual(model.AsSpan((int)offset, got)));
                    break;
                case 1:
                    byte[] bytes = new byte[count];
                    random.NextBytes(bytes);
                    // What does not fit is cut to whole pages; where nothing fits, the device is full.
                    int fits = offset + count <= Capacity ? count : (int)Math.Max(0, Capacity - offset) / PageBytes * PageBytes;
                    Assert.Equal(fits == 0 && count != 0 ? Errno.ENOSPC : Errno.None, backing.Write(offset, bytes, out int written));
                    Assert.Equal(fits, written);
                    if (fits == 0) break;
                    bytes.AsSpan(0, fits).CopyTo(model.AsSpan((int)offset));
                    length = Math.Max(length, offset + fits);
                    break;
                case 2:
                    Assert.Equal(offset > Capacity ? Errno.ENOSPC : Errno.None, backing.SetLength(offset));
                    if (offset > Capacity) break;
                    length = offset;
                    model.AsSpan((int)length).Clear();
                    break;
                case 3:
                    Assert.Equal(Errno.None, backing.PunchHole(offset, count));
                    long end = Math.Min(length, offset + count);
                    if (offset < end) model.AsSpan((int)offset, (int)(end - offset)).Clear();
                    break;
                default:
                    Assert.Equal(offset + count > Capacity ? Errno.ENOSPC : Errno.None, backing.Allocate(offset, count));
                    break;
            }

            Assert.Equal(length, backing.ByteLength);
            Assert.True(backing.Content.SequenceEqual(model.AsSpan(0, (int)length)));
        }
    });

    [Fact]
    public void AFailingDiskFailsAtTheCallsThatWereChosen()
    {
        Dictionary<BackingCalls, Func<IFileBacking, Errno>> calls = new()
        {
            [BackingCalls.Read] = static disk => disk.Read(0, new byte[1], out _),
            [BackingCalls.Write] = static disk => disk.Write(0, [1], out _),
            [BackingCalls.Flush] = static disk => disk.Flush(),
        };
        Func<IFileBacking, Errno>[] resizes =
        [
            static disk => disk.SetLength(100), static disk => disk.PunchHole(0, 1), static disk => disk.Allocate(0, 1),
        ];
        foreach (BackingCalls counted in Enum.GetValues<BackingCalls>())
        {
            using FaultyBacking disk = new(new MemoryBacking(Capacity));
            disk.FailAt(2, counted, Errno.ENOSPC, count: 3);
            long count = 0;
            for (int round = 0; round < 4; round++)
            {
                foreach ((BackingCalls kind, Func<IFileBacking, Errno> call) in calls) Check(kind, call);
                foreach (Func<IFileBacking, Errno> call in resizes) Check(BackingCalls.Resize, call);
            }

            disk.FailAt(1, counted);
            disk.Heal();
            foreach ((BackingCalls _, Func<IFileBacking, Errno> call) in calls) Assert.Equal(Errno.None, call(disk));

            void Check(BackingCalls kind, Func<IFileBacking, Errno> call)
            {
                bool isCounted = (counted & kind) != 0;
                if (isCounted) count++;
                Assert.Equal(isCounted && count is >= 2 and < 5 ? Errno.ENOSPC : Errno.None, call(disk));
                Assert.Equal(count, disk.CallCount);
            }
        }
    }

    [Theory]
    [InlineData(0, 20_000, 20_000)]
    [InlineData(5_000, 5_000, 4096)]
    [InlineData(8_192, 8_192, 8192)]
    [InlineData(10, 10, 4096)]    // a write is one page at least
    public void ALazyDiskTransfersLessThanItIsAskedTo(int most, int read, int written)
    {
        using FaultyBacking disk = new(new MemoryBacking(new byte[20_000])) { TransferByteLengthMax = most };
        Assert.Equal(Errno.None, disk.Read(0, new byte[20_000], out int count));
        Assert.Equal(read, count);
        Assert.Equal(Errno.None, disk.Write(0, new byte[20_000], out count));
        Assert.Equal(written, count);
        Assert.Equal(Errno.None, disk.Read(0, new byte[5], out count));
        Assert.Equal(5, count);
        Assert.Equal(Errno.None, disk.Write(0, new byte[4096], out count));
        Assert.Equal(4096, count);
    }

    [Fact]
    public void OfACallThatFailsNothingWasTransferred()
    {
        using FaultyBacking disk = new(new MemoryBacking(new byte[10]));
        disk.FailAt(1, count: long.MaxValue);
        int count = 5;
        Assert.Equal(Errno.EIO, disk.Read(0, new byte[4], out count));
        Assert.Equal(0, count);
        Assert.Equal(Errno.EIO, disk.Write(0, new byte[4], out count));
        Assert.Equal(0, count);
    }

    /// <summary>Each unflushed page survives a crash as a whole or not at all; over several crashes both happen to each.</summary>
    [Fact]
    public void APowerFailureKeepsWholePagesOrNone()
    {
        const int pages = 8;
        HashSet<(int, bool)> seen = [];
        HashSet<long> lengths = [];
        for (ulong seed = 0; seed < 40; seed++)
        {
            using CrashingBacking disk = new(Full(pages, 1));
            Assert.Equal(Errno.None, disk.Flush());
            Assert.Equal(Errno.None, disk.Write(0, Full(pages, 2), out _));
            Assert.Equal(Errno.None, disk.Write(pages * PageBytes, [3, 3, 3], out _));
            Assert.Equal(Full(pages, 1), disk.Durable.ToArray());
            disk.Crash(seed);
            byte[] after = disk.Durable.ToArray();
            lengths.Add(after.Length);
            for (int page = 0; page < pages; page++)
            {
                byte first = after[page * PageBytes];
                Assert.True(first is 1 or 2);
                Assert.False(after.AsSpan(page * PageBytes, PageBytes).ContainsAnyExcept(first));
                seen.Add((page, first == 2));
            }

            if (after.Length > pages * PageBytes) Assert.True(after[^1] is 0 or 3 && after[^1] == after[pages * PageBytes]);
            disk.Crash(seed + 1);
            Assert.Equal(after, disk.Durable.ToArray());    // it has failed already
            Assert.True(disk.HasCrashed);
            Assert.Equal(
                [Errno.EIO, Errno.EIO, Errno.EIO, Errno.EIO, Errno.EIO, Errno.EIO],
                new[]
                {
                    disk.Read(0, new byte[1], out _), disk.Write(0, [1], out _), disk.SetLength(1), disk.PunchHole(0, 1),
                    disk.Allocate(0, 1), disk.Flush(),
                });
        }

        Assert.Equal(2 * pages, seen.Count);
        Assert.Equal([pages * PageBytes, (pages * PageBytes) + 3L], lengths.Order());
    }

    [Fact]
    public void APowerFailureOfAFileThatWasCutKeepsNothingBehindItsEndButWholeOldPages()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            using CrashingBacking disk = new(Full(3, 1));
            Assert.Equal(Errno.None, disk.SetLength(PageBytes + 10));
            disk.Crash(seed);
            byte[] after = disk.Durable.ToArray();
            Assert.True(after.Length is 3 * PageBytes or PageBytes + 10);
            Assert.False(after.AsSpan(0, PageBytes + 10).ContainsAnyExcept((byte)1));
            if (after.Length > PageBytes + 10)
            {
                byte tail = after[PageBytes + 10];    // of the page that is cut: as it was, or zeros
                Assert.False(after.AsSpan(PageBytes + 10, PageBytes - 10).ContainsAnyExcept(tail));
                Assert.False(after.AsSpan(2 * PageBytes).ContainsAnyExcept((byte)1));
            }
        }
    }

    [Fact]
    public void APagerGivesPartsOfPages()
    {
        Source source = new();
        using PagerBacking backing = new(source, 3 * PageBytes);
        byte[] bytes = new byte[2 * PageBytes];
        (long Offset, int Length, int Count)[] reads =
        [
            (0, PageBytes, PageBytes), (0, 2 * PageBytes, PageBytes), (0, 100, 100), (100, 200, 200), (100, 5000, 3996),
            (PageBytes + 4000, 200, 96),
            (PageBytes - 1, 1, 1), (3 * PageBytes, 10, 0), (3 * PageBytes - 5, 10, 5), (5, 0, 0),
        ];
        foreach ((long offset, int length, int count) in reads)
        {
            Array.Clear(bytes);
            Assert.Equal(Errno.None, backing.Read(offset, bytes.AsSpan(0, length), out int got));
            Assert.Equal(count, got);
            for (int i = 0; i < got; i++) if (bytes[i] != Source.ByteAt(offset + i)) Assert.Fail($"byte {offset + i}");
            Assert.False(bytes.AsSpan(got).ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void APagerRecordsPendingAndFailedPages()
    {
        Source source = new();
        using PagerBacking backing = new(source, 8 * PageBytes);
        byte[] page = new byte[PageBytes];
        source.Answer = PageAnswer.Later;
        Assert.Equal(Errno.EAGAIN, backing.Read(PageBytes, page, out int count));
        Assert.Equal(Errno.EAGAIN, backing.Read(PageBytes + 5, page.AsSpan(0, 5), out count));
        Assert.Equal((0, 1), (count, backing.PendingCount));
        Assert.Equal([1u], source.Asked);
        source.Answer = PageAnswer.Supplied;
        Assert.Equal(Errno.EAGAIN, backing.Read(PageBytes, page, out _));    // still pending: it is not asked for again
        backing.Fail(new(1));
        Assert.Equal((0, false), (backing.PendingCount, backing.IsPending(new(1))));
        Assert.Equal(Errno.EIO, backing.Read(PageBytes, page, out _));
        Assert.Equal(Errno.None, backing.Read(2 * PageBytes, page, out _));
        backing.Forgive(new(2));
        Assert.Equal(Errno.EIO, backing.Read(PageBytes, page, out _));
        backing.Forgive(new(1));
        Assert.Equal(Errno.None, backing.Read(PageBytes, page, out count));
        Assert.Equal(PageBytes, count);
        Assert.False(backing.TryTakeRequest(out _));    // page 1 is no longer pending
        source.Answer = PageAnswer.Zeros;
        Array.Fill(page, (byte)7);
        Assert.Equal(Errno.None, backing.Read(3 * PageBytes, page, out count));
        Assert.False(page.AsSpan().ContainsAnyExcept((byte)0));
        source.Answer = PageAnswer.Failed;
        Assert.Equal(Errno.EIO, backing.Read(3 * PageBytes, page, out count));
        Assert.Equal(0, count);
    }

    [Fact]
    public void APagerStoresWholePagesAndStopsAtTheFirstRefusal()
    {
        Source source = new();
        using PagerBacking backing = new(source, 8 * PageBytes);
        Assert.Equal(Errno.None, backing.Write(PageBytes, new byte[2 * PageBytes], out int count));
        Assert.Equal(2 * PageBytes, count);
        Assert.Equal([1u, 2u], source.Stored);
        Assert.Equal(Errno.EINVAL, backing.Write(1, new byte[PageBytes], out _));
        Assert.Equal(Errno.EINVAL, backing.Write(0, new byte[PageBytes - 1], out _));
        source.RefusedPage = 5;
        Assert.Equal(Errno.None, backing.Write(4 * PageBytes, new byte[3 * PageBytes], out count));
        Assert.Equal(PageBytes, count);    // what was stored before counts
        Assert.Equal(Errno.ENOSPC, backing.Write(5 * PageBytes, new byte[PageBytes], out count));
        Assert.Equal(0, count);
        Assert.Equal(Errno.None, backing.SetLength(8 * PageBytes));
        Assert.Equal(Errno.EPERM, backing.SetLength(PageBytes));
        Assert.Equal(Errno.EOPNOTSUPP, backing.PunchHole(0, PageBytes));
    }

    [Fact]
    public async Task WaitersForAPageAreCanceledWithThePager()
    {
        Source source = new() { Answer = PageAnswer.Later };
        PagerBacking backing = new(source, 8 * PageBytes);
        Assert.Equal(Errno.EAGAIN, backing.Read(0, new byte[PageBytes], out _));
        Assert.Equal(Errno.EAGAIN, backing.Read(PageBytes, new byte[PageBytes], out _));
        Task first = backing.WhenSettled(new(0)), other = backing.WhenSettled(new(5));
        Assert.Same(first, backing.WhenSettled(new(0)));
        Assert.True(other.IsCompletedSuccessfully);
        backing.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(0, backing.PendingCount);
        Assert.False(backing.TryTakeRequest(out _));
    }

    private static byte[] Full(int pages, byte value)
    {
        byte[] bytes = new byte[pages * PageBytes];
        Array.Fill(bytes, value);
        return bytes;
    }

    private sealed class Source : IPageSource
    {
        public List<uint> Asked { get; } = [];
        public List<uint> Stored { get; } = [];
        public PageAnswer Answer { get; set; } = PageAnswer.Supplied;
        public uint RefusedPage { get; set; } = uint.MaxValue;

        public static byte ByteAt(long offset) => (byte)((offset * 7) + (offset >> 12));

        public PageAnswer Request(FilePage page, Span<byte> destination)
        {
            Asked.Add(page.Value);
            if (Answer != PageAnswer.Supplied) return Answer;
            for (int i = 0; i < destination.Length; i++) destination[i] = ByteAt(page.ByteOffset + i);
            return PageAnswer.Supplied;
        }

        public Errno Store(FilePage page, ReadOnlySpan<byte> bytes)
        {
            if (page.Value == RefusedPage) return Errno.ENOSPC;
            Assert.Equal(PageBytes, bytes.Length);
            Stored.Add(page.Value);
            return Errno.None;
        }
    }
}
