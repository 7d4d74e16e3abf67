using Paging.Core;
using Paging.Core.Files;
using Paging.Windows.Caching;

namespace Paging.Windows.Tests;

/// <summary>Files are read and written through views of 256 KB; two reads foretell a third.</summary>
public sealed class CacheManagerTests : IDisposable
{
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 16 << 20 });
    private readonly WindowsMachine _machine;

    public CacheManagerTests() => _machine = WindowsMachine.Of(_engine);

    public void Dispose()
    {
        Assert.True(_machine.Audit().IsClean);
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void AReadOverABorderUsesTwoViewsAndTheOnePageCache()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("a", 1 << 20);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        byte[] written = [1, 2, 3, 4], read = new byte[4];
        Assert.Equal(Win32Error.Success, opened.WriteFile(CacheViews.ByteLength - 2, written, out int count));
        Assert.Equal(4, count);
        Assert.Equal([0L, CacheViews.ByteLength], _machine.Cache.TakeSnapshot().Select(static view => view.Offset));
        Assert.Equal(Errno.None, file.Read(CacheViews.ByteLength - 2, read, out _));
        Assert.Equal(written, read);
        Assert.Equal(Win32Error.Success, opened.ReadFile(CacheViews.ByteLength - 2, read, out _));
        Assert.Equal(2, _machine.Cache.Hits);
        Assert.Equal(Win32Error.InvalidParameter, opened.ReadFile(-1, read, out _));
    }

    [Fact]
    public void TheViewThatWasUsedLongestAgoIsTakenAnew()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("long", (CacheViews.Count + 1L) * CacheViews.ByteLength);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read);
        byte[] one = new byte[1];
        for (long piece = 0; piece <= CacheViews.Count; piece++) opened.ReadFile(piece * CacheViews.ByteLength, one, out _);
        Assert.Equal(1, _machine.Cache.Remapped);
        Assert.Equal(CacheViews.Count * (long)CacheViews.ByteLength, _machine.Cache.TakeSnapshot()[0].Offset);
    }

    [Fact]
    public void TwoReadsForetellAThird()
    {
        ReadPattern pattern = default;
        Assert.False(pattern.TryPredict(0, 0x1000, out _));
        Assert.False(pattern.TryPredict(0x1000, 0x2000, out _));
        Assert.True(pattern.TryPredict(0x2000, 0x3000, out (long Begin, long End) ahead));    // one after the other
        Assert.Equal((0x3000L, 0x2_0000L), ahead);
        Assert.False(pattern.TryPredict(0x9_0000, 0x9_1000, out _));
        Assert.False(pattern.TryPredict(0xB_0000, 0xB_1000, out _));
        Assert.True(pattern.TryPredict(0xD_0000, 0xD_1000, out ahead));    // equally far apart
        Assert.Equal((0xF_0000L, 0xF_1000L), ahead);
    }

    /// <summary>Three reads, and the fourth that they foretell; 0 to 0: none.</summary>
    [Theory]
    [InlineData(0x0_0000, 0x1000, 0x2_0000, 0x1000, 0x4_0000, 0x1000, 0x6_0000, 0x6_1000)]
    [InlineData(0x0_0000, 0x1000, 0x2_0000, 0x1000, 0x4_0000, 0x0FFF, 0, 0)]    // as far apart, and not as long
    [InlineData(0x0_0000, 0x1000, 0x2_0000, 0x1000, 0x4_0000, 0x1001, 0, 0)]
    [InlineData(0x0_0000, 0x1000, 0x2_0000, 0x1000, 0x4_0001, 0x1000, 0, 0)]    // not as far apart
    [InlineData(0x4_0000, 0x1000, 0x2_0000, 0x1000, 0x0_0000, 0x1000, 0, 0)]    // backwards
    [InlineData(0x2_0000, 0x1000, 0x2_0000, 0x1000, 0x2_0000, 0x1000, 0, 0)]    // the same bytes
    [InlineData(0x0_0000, 0x0800, 0x0_0800, 0x1000, 0x0_1800, 0x0100, 0x1900, 0x2_0000)]    // one after the other, of any length
    [InlineData(0x0_0000, 0x1000, 0x0_1000, 0x1000, 0x0_2000, 0xDFFF, 0xFFFF, 0x2_0000)]
    [InlineData(0x0_0000, 0x1000, 0x0_1000, 0x1000, 0x0_2000, 0xE000, 0x1_0000, 0x3_0000)]
    [InlineData(0x0_0000, 0x1000, 0x0_1001, 0x1000, 0x0_2001, 0x1000, 0, 0)]    // a byte between the first two
    [InlineData(0x0_0000, 0x1000, 0x0_1000, 0x1000, 0x0_2001, 0x1000, 0, 0)]
    public void ReadsOfOneLengthAtOneDistanceOrInARowForetellTheNext(
        long first, long firstLength, long second, long secondLength, long third, long thirdLength, long begin, long end)
    {
        ReadPattern pattern = default;
        Assert.False(pattern.TryPredict(first, first + firstLength, out _));
        Assert.False(pattern.TryPredict(second, second + secondLength, out _));
        Assert.Equal(end != 0, pattern.TryPredict(third, third + thirdLength, out (long Begin, long End) ahead));
        Assert.Equal((begin, end), ahead);
    }

    [Fact]
    public void SequentialReadsOfAFileBringItsNextPagesIn()
    {
        using GuestFile file = _engine.Files.CreateFile("disk", new MemoryBacking(new byte[1 << 20]));
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read);
        byte[] page = new byte[0x1000];
        for (long at = 0; at < 3; at++) Assert.Equal(Win32Error.Success, opened.ReadFile(at << 12, page, out _));
        Assert.True(_machine.Cache.ReadAheadPages > 0);
        Assert.True(file.IsCached(new(16)));
    }

    /// <summary>The same three reads: a hint doubles what is read ahead, the other one leaves it out.</summary>
    [Theory]
    [InlineData(FileCaching.None, 29)]    // from page 3 to the end of the next 64 KB
    [InlineData(FileCaching.SequentialScan, 58)]
    [InlineData(FileCaching.RandomAccess, 0)]
    public void HintsChangeWhatIsReadAhead(FileCaching caching, long pages)
    {
        using GuestFile file = _engine.Files.CreateFile("disk", new MemoryBacking(new byte[1 << 20]));
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read, caching);
        byte[] page = new byte[0x1000];
        for (long at = 0; at < 3; at++) Assert.Equal(Win32Error.Success, opened.ReadFile(at << 12, page, out _));
        Assert.Equal(pages, _machine.Cache.ReadAheadPages);
    }

    [Theory]
    [InlineData(0, 512, Win32Error.Success)]
    [InlineData(512, 1024, Win32Error.Success)]
    [InlineData(1, 512, Win32Error.InvalidParameter)]
    [InlineData(0, 511, Win32Error.InvalidParameter)]
    [InlineData(-512, 512, Win32Error.InvalidParameter)]
    public void WithoutBufferingOffsetsAndLengthsAreWholeSectors(long offset, int length, Win32Error expected)
    {
        MemoryBacking backing = new(new byte[1 << 16]);
        using GuestFile file = _engine.Files.CreateFile("disk", backing);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write, FileCaching.NoBuffering);
        byte[] bytes = new byte[length];
        Array.Fill(bytes, (byte)7);
        Assert.Equal(expected, opened.WriteFile(offset, bytes, out int written));
        Assert.Equal(expected, opened.ReadFile(offset, bytes, out int read));
        bool isDone = expected == Win32Error.Success;
        Assert.Equal((isDone ? length : 0, isDone ? length : 0), (written, read));
        Assert.Equal(isDone ? length : 0, backing.Content.Count((byte)7));    // at once
        Assert.Equal(0u, _engine.Files.CachedPages.Value);
        Assert.Empty(_machine.Cache.TakeSnapshot());
    }

    /// <summary>One set of bytes: what was written through the cache is seen past it, and the other way round.</summary>
    [Fact]
    public void WithAndWithoutBufferingAgree()
    {
        using GuestFile file = _engine.Files.CreateFile("disk", new MemoryBacking(new byte[1 << 16]));
        WindowsFile cached = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write);
        WindowsFile direct = _machine.OpenFile(file, FileAccessRights.Read | FileAccessRights.Write, FileCaching.NoBuffering);
        byte[] sector = new byte[512];
        cached.WriteFile(100, [1, 2, 3], out _);
        Assert.Equal(Win32Error.Success, direct.ReadFile(0, sector, out int count));
        Assert.Equal((512, 2), (count, sector[101]));
        sector[101] = 9;
        Assert.Equal(Win32Error.Success, direct.WriteFile(0, sector, out _));
        Assert.Equal(Win32Error.Success, cached.ReadFile(101, sector.AsSpan(0, 1), out _));
        Assert.Equal(9, sector[0]);
        Assert.Equal(Win32Error.Success, direct.ReadFile(1 << 16, sector, out count));
        Assert.Equal(0, count);    // the end
    }

    [Theory]
    [InlineData(FileCaching.None, 2)]
    [InlineData(FileCaching.WriteThrough, 0)]
    public void AWriteThroughReturnsWhenTheDiskHasIt(FileCaching caching, uint dirty)
    {
        MemoryBacking backing = new(new byte[1 << 16]);
        using GuestFile file = _engine.Files.CreateFile("disk", backing);
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Write, caching);
        Assert.Equal(Win32Error.Success, opened.WriteFile(4095, [5, 6], out int count));
        Assert.Equal((2, dirty), (count, _engine.Files.DirtyPages.Value));
        Assert.Equal(dirty == 0 ? 5 : 0, backing.Content[4095]);
        Assert.True(file.IsCached(new(1)));
    }

    [Fact]
    public void OtherFlagsAreNoneOfCaching()
    {
        using GuestFile file = _engine.Files.CreateMemoryFile("a", 4096);
        Assert.Throws<ArgumentOutOfRangeException>(() => _machine.OpenFile(file, FileAccessRights.Read, (FileCaching)0x0400_0000));
    }

    [Fact]
    public void TheLazyWriterWritesAnEighthOfTheDirtyPages()
    {
        using GuestFile file = _engine.Files.CreateFile("disk", new MemoryBacking(new byte[1 << 20]));
        WindowsFile opened = _machine.OpenFile(file, FileAccessRights.Write);
        Assert.Equal(Win32Error.Success, opened.WriteFile(0, new byte[64 << 12], out _));
        Assert.Equal(64u, _engine.Files.DirtyPages.Value);
        Assert.Equal(8, _machine.Threads.RunLazyWriter());
        Assert.Equal(56u, _engine.Files.DirtyPages.Value);
        Assert.Equal(56, _machine.Threads.RunMappedPageWriter(1000));
        Assert.Equal(100, _machine.Threads.RunZeroPageThread(100));
    }
}
