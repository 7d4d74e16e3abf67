using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The width and the start of each window, and the device's view of it: pinned to the page, as Linux 6.x counts with 32.
/// </summary>
public sealed class ReadAheadTests
{
    private static DeviceWorld Disk(int pages = 256, int readAheadPages = 32) =>
        new(pages, 8, options: World.Options(8) with { ReadAheadPages = readAheadPages });

    /// <summary>How many pages have been read from the device after each page of a reader in sequence.</summary>
    private static string Windows(DeviceWorld disk, int pageCount)
    {
        List<string> steps = [];
        long before = 0;
        for (int page = 0; page < pageCount; page++)
        {
            disk.Read(page * 4096L, 4096);
            if (disk.Counters.PagesRead != before) steps.Add($"{page}:{disk.Counters.PagesRead}");
            before = disk.Counters.PagesRead;
        }

        return string.Join(' ', steps);
    }

    [Fact]
    public void AReaderFromTheStartGetsFourThenEightSixteenAndThirtyTwoAhead()
    {
        using DeviceWorld disk = Disk();
        Assert.Equal("0:4 1:12 4:28 12:60 28:92 60:124 92:156", Windows(disk, 100));
        Assert.Equal(7L, disk.Counters.BackingReads);    // each window in one call
        Assert.Equal((1L, 99L), (disk.Counters.Misses, disk.Counters.Hits));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void TheLastWindowEndsWithTheFile()
    {
        using DeviceWorld disk = new(20, tailBytes: 100);
        Assert.Equal("0:4 1:12 4:21", Windows(disk, 21));
        Assert.Equal(100, disk.Read(20 * 4096, 4096).Length);
        Assert.Equal((20L, 20L, 0L), (disk.Counters.ReadAhead, disk.Counters.ReadAheadUsed, disk.Counters.ReadAheadWasted));
        disk.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 4)]    // 2 > 32/32: doubled
    [InlineData(3, 8)]
    [InlineData(5, 16)]
    [InlineData(8, 16)]
    [InlineData(9, 32)]
    [InlineData(32, 64)]    // the mark of a full window lies within the request
    [InlineData(40, 96)]
    public void TheFirstWindowFollowsFromTheRequest(int pagesAsked, long pagesRead)
    {
        using DeviceWorld disk = Disk();
        disk.Read(0, pagesAsked * 4096);
        Assert.Equal(pagesRead, disk.Counters.PagesRead);
        disk.AssertNothingIsLeft();
    }

    /// <summary>
    /// After a run of cached pages the window is as long as the run and the request. No more than a window of the run is looked at, so a
    /// request of a whole window after a longer run gets what it asks for. Linux: page_cache_sync_ra, page_cache_prev_miss.
    /// </summary>
    [Theory]
    [InlineData(5, 1, 6)]
    [InlineData(5, 4, 9)]
    [InlineData(5, 5, 5)]     // the run is not longer than the request
    [InlineData(5, 6, 6)]
    [InlineData(31, 1, 32)]
    [InlineData(40, 1, 32)]
    [InlineData(40, 31, 32)]
    [InlineData(32, 32, 32)]
    [InlineData(33, 32, 32)]
    [InlineData(40, 32, 32)]
    public void BehindARunOfCachedPagesTheWindowFollowsFromTheRun(int run, int pagesAsked, int pagesRead)
    {
        using DeviceWorld disk = Disk();
        const int first = 100;
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, first * 4096, run * 4096, FileAdvice.WillNeed));
        Assert.Equal(run, disk.Counters.PagesRead);
        disk.Read((first + run) * 4096L, pagesAsked * 4096);
        Assert.Equal(run + pagesRead, disk.Counters.PagesRead);
        disk.AssertNothingIsLeft();
    }

    /// <summary>A run that begins with the file is taken for a long stream, and counts twice.</summary>
    [Theory]
    [InlineData(3, 1, 7)]
    [InlineData(10, 2, 22)]
    [InlineData(16, 1, 32)]
    public void ARunFromTheStartOfTheFileCountsTwice(int run, int pagesAsked, int pagesRead)
    {
        using DeviceWorld disk = Disk();
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, run * 4096, FileAdvice.WillNeed));
        disk.Read(run * 4096L, pagesAsked * 4096);
        Assert.Equal(run + pagesRead, disk.Counters.PagesRead);
        disk.AssertNothingIsLeft();
    }

    /// <summary>Page numbers have 32 bits: an offset beyond them must not wrap to the first pages. Linux: force_page_cache_ra.</summary>
    [Theory]
    [InlineData(8L << 12, 4096)]
    [InlineData(1L << 44, 4096)]
    [InlineData((1L << 44) + 4096, 0)]
    [InlineData(1L << 62, 1L << 62)]
    [InlineData(-4096, 0)]
    [InlineData(-4096, 4096)]
    [InlineData(-4096, 8191)]
    public void PagesBehindTheFileAreNotReadAhead(long offset, long length)
    {
        using DeviceWorld disk = Disk(8);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, offset, length, FileAdvice.WillNeed));
        Assert.Equal(0L, disk.Counters.PagesRead);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, offset, length, FileAdvice.DontNeed));
        disk.AssertNothingIsLeft();
    }

    /// <summary>A hint is worth one request of a device, so that one for a hole of terabytes ends. Linux: force_page_cache_ra.</summary>
    [Fact]
    public void AHintReadsOneRequestOfADeviceAtMost()
    {
        using DeviceWorld disk = Disk(1500);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 4096, 0, FileAdvice.WillNeed));
        Assert.Equal(1024L, disk.Counters.PagesRead);
        Assert.Equal(".#", disk.Cached(1500)[..2]);
        Assert.Equal("#.", disk.Cached(1500)[1024..1026]);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void ASmallReadInTheMiddleReadsOnlyItsPages()
    {
        using DeviceWorld disk = Disk();
        disk.Read(100 * 4096, 4096);
        disk.Read(50 * 4096, 8192);
        disk.Read(200 * 4096, 1);
        Assert.Equal((4L, 0L), (disk.Counters.PagesRead, disk.Counters.ReadAhead));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AReadThatGoesOnWhereTheLastOneEndedStartsAWindow()
    {
        using DeviceWorld disk = Disk();
        disk.Read(100 * 4096, 4096);
        disk.Read(101 * 4096, 4096);
        Assert.Equal(5L, disk.Counters.PagesRead);    // 100, then 101 to 104
        Assert.Equal("#####.", disk.Cached(106)[100..]);
        disk.Read(102 * 4096, 4096);    // the mark
        Assert.Equal(13L, disk.Counters.PagesRead);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AMissBehindCachedPagesContinuesTheirStream()
    {
        using DeviceWorld disk = Disk();
        int other = disk.Open();
        World.Succeeds(disk.Calls.Advise(other, 40 * 4096, 5 * 4096, FileAdvice.WillNeed));
        Assert.Equal(5L, disk.Counters.PagesRead);
        disk.Read(45 * 4096, 4096);
        Assert.Equal(5L + 6, disk.Counters.PagesRead);    // five of history and the one asked for
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void TwoReadersOfOneFileEachHaveTheirOwnWindows()
    {
        using DeviceWorld disk = Disk();
        int other = disk.Open();
        for (int page = 0; page < 16; page++)
        {
            disk.Read(page * 4096L, 4096);
            disk.Read((128 + page) * 4096L, 4096, other);
        }

        Assert.Equal("#", disk.Cached(60)[59..]);
        Assert.True(disk.File.IsCached(new(128 + 16)));
        Assert.Equal(2L, disk.Counters.Misses - 1);    // the second one begins in nowhere, and is a stream with its next page
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void RandomAdviceReadsTheRequestSequentialTwiceAsMuch()
    {
        using DeviceWorld disk = Disk();
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.Random));
        Assert.Equal("0:1 1:2 2:3", Windows(disk, 3));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.Sequential));
        disk.Read(100 * 4096, 4096);
        disk.Read(101 * 4096, 64 * 4096);
        Assert.Equal(3L + 1 + 64 + 64, disk.Counters.PagesRead);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.Normal));
        Assert.Equal(32u, disk.Engine.Parts.Files.OpenFiles[new(1)].ReadAhead.PagesMax);
        disk.AssertNothingIsLeft();
    }

    /// <summary>
    /// A window that was begun with advice goes on, at least as wide, with a limit of one page. Linux: page_cache_async_ra, "ra->size".
    /// </summary>
    [Fact]
    public void ALimitOfOnePageStillFollowsAMark()
    {
        using DeviceWorld disk = Disk(readAheadPages: 1);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.Sequential));
        Assert.Equal(2u, disk.Engine.Parts.Files.OpenFiles[new(1)].ReadAhead.PagesMax);
        disk.Read(0, 4096);
        Assert.Equal("##..", disk.Cached(4));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.Normal));
        disk.Read(4096, 4096);    // the mark
        Assert.Equal("####.", disk.Cached(5));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void WithoutReadAheadEveryPageIsReadAlone()
    {
        using DeviceWorld disk = Disk(readAheadPages: 0);
        disk.Read(0, 10 * 4096);
        Assert.Equal((10L, 10L, 0L), (disk.Counters.BackingReads, disk.Counters.PagesRead, disk.Counters.ReadAhead));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void WillNeedAndReadAheadBringTheRangeAndNothingElseInOneCall()
    {
        using DeviceWorld disk = Disk();
        World.Succeeds(disk.Calls.ReadAhead(disk.Descriptor, (10 * 4096) + 1, 4096));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 20 * 4096, 100 * 4096, FileAdvice.WillNeed));
        Assert.Equal(".##.", disk.Cached(13)[9..]);
        Assert.Equal((2L, 102L), (disk.Counters.BackingReads, disk.Counters.PagesRead));
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 250 * 4096, 0, FileAdvice.WillNeed));    // to the end
        Assert.Equal("......######", disk.Cached(256)[244..]);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void CachedPagesAreSkipped()
    {
        using DeviceWorld disk = Disk();
        disk.Write(5 * 4096, 0xEE);
        disk.Write(9 * 4096, 0xEE, 4096);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 16 * 4096, FileAdvice.WillNeed));
        // page 5 alone for the write; then 0–4, 6–8, 10–15
        Assert.Equal((4L, 15L), (disk.Counters.BackingReads, disk.Counters.PagesRead));
        Assert.Equal((0xEE, 0xEE, 0x16), (disk.Read(5 * 4096, 1)[0], disk.Read(9 * 4096, 1)[0], disk.Read(6 * 4096, 1)[0]));
        disk.AssertNothingIsLeft();
    }

    /// <summary>A page is read before it is written if a byte of it stays: not if all bytes up to the end of the file are new.</summary>
    /// <remarks>Linux: __block_write_begin_int, cont_write_begin.</remarks>
    [Theory]
    [InlineData(0, 4096, 0)]
    [InlineData(0, 4095, 1)]
    [InlineData(1, 4095, 1)]
    [InlineData(4096, 100, 0)]     // the whole tail
    [InlineData(4096, 99, 1)]
    [InlineData(4097, 99, 1)]
    [InlineData(4097, 200, 1)]
    [InlineData(4096, 200, 0)]
    [InlineData(8192, 1, 0)]       // beyond the end
    [InlineData(8193, 1, 0)]
    [InlineData(4000, 5000, 1)]    // the first page; of the second nothing stays
    public void APageIsReadBeforeAWriteIfAByteOfItStays(int offset, int count, long reads)
    {
        using DeviceWorld disk = new(1, tailBytes: 100);
        disk.Write(offset, 0x77, count);
        Assert.Equal((reads, reads, 0L), (disk.Counters.BackingReads, disk.Counters.PagesRead, disk.Counters.Misses));
        byte[] expected = new byte[Math.Max(4196, offset + count)];
        for (int at = 0; at < expected.Length; at++)
            expected[at] = at >= offset && at < offset + count ? (byte)0x77 : at < 4196 ? DeviceWorld.ByteOfPage(at >> 12) : (byte)0;
        Assert.Equal(expected, disk.Read(0, 20_000));
        disk.AssertNothingIsLeft();
    }

    /// <summary>A length that stays as it is cuts nothing, so nothing has to be written before. Linux: ext4_setattr.</summary>
    [Theory]
    [InlineData(4196, 0)]
    [InlineData(4195, 1)]
    [InlineData(4096, 0)]    // whole pages: the last one goes
    [InlineData(4197, 0)]
    public void OnlyACutWritesThePageThatItDivides(long byteLength, long writes)
    {
        using DeviceWorld disk = new(1, tailBytes: 100);
        disk.Write(4096, 0x77);
        World.Succeeds(disk.Calls.SetLength(disk.Descriptor, byteLength));
        Assert.Equal(writes, disk.Counters.BackingWrites);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void UnusedReadAheadIsCountedAsWasted()
    {
        using DeviceWorld disk = Disk();
        disk.Read(0, 4096);
        World.Succeeds(disk.Calls.Advise(disk.Descriptor, 0, 0, FileAdvice.DontNeed));
        Assert.Equal(0u, disk.Engine.Files.CachedPages.Value);
        Assert.Equal((3L, 0L, 3L), (disk.Counters.ReadAhead, disk.Counters.ReadAheadUsed, disk.Counters.ReadAheadWasted));
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void AnErrorInTheWindowIsReportedOnlyForItsPage()
    {
        using DeviceWorld disk = Disk();
        disk.Device.TransferByteLengthMax = 8192;
        disk.Device.FailAt(2, BackingCalls.Read);    // the second half of the first window
        Assert.Equal(0x10, disk.Read(0, 4096)[0]);
        Assert.Equal("##..", disk.Cached(4));
        disk.Device.FailAt(1, BackingCalls.Read, count: long.MaxValue);
        Assert.Equal(0x11, disk.Read(4096, 4096)[0]);
        Assert.Equal(Errno.EIO, disk.Calls.Read(disk.Descriptor, 8192, new byte[4096], out int count));
        Assert.Equal(0, count);
        World.Succeeds(disk.Calls.Read(disk.Descriptor, 4096, new byte[8192], out count));
        Assert.Equal(4096, count);    // what could be had
        disk.Device.Heal();
        Assert.Equal(0x12, disk.Read(8192, 1)[0]);
        disk.AssertNothingIsLeft();
    }

    [Fact]
    public void WithoutABlockOfFramesTheWindowIsReadInPieces()
    {
        using DeviceWorld disk = new(64, 1, options: World.Options(1));
        // RAM in pieces: every other frame belongs to a memory file.
        using GuestFile filler = disk.Engine.Files.CreateMemoryFile("filler");
        int pages = 0;
        while (filler.Write(pages * 4096L, new byte[4096], out _) == Errno.None) pages++;
        for (int page = 0; page < pages; page += 2) World.Succeeds(Punch(disk, filler, page));
        disk.Read(0, 4096);
        Assert.Equal(0x10 + 3, disk.Read(3 * 4096, 1)[0]);
        Assert.Equal((4L, 4L), (disk.Counters.BackingReads, disk.Counters.PagesRead));
        disk.World.Verify();
        filler.Dispose();
        disk.AssertNothingIsLeft();
    }

    private static Errno Punch(DeviceWorld disk, GuestFile file, int page)
    {
        World.Succeeds(file.Open(disk.World.First, FileRights.ReadWrite, out int descriptor));
        Errno error = disk.Calls.PunchHole(descriptor, page * 4096L, 4096);
        World.Succeeds(disk.Calls.Close(descriptor));
        return error;
    }
}
