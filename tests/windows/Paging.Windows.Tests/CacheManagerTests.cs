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
        Assert.True(pattern.TryPredict(0x2000, 0x3000, out (long Begin, long End) ahead));    // one behind the other
        Assert.Equal((0x3000L, 0x2_0000L), ahead);
        Assert.False(pattern.TryPredict(0x9_0000, 0x9_1000, out _));
        Assert.False(pattern.TryPredict(0xB_0000, 0xB_1000, out _));
        Assert.True(pattern.TryPredict(0xD_0000, 0xD_1000, out ahead));    // equally far apart
        Assert.Equal((0xF_0000L, 0xF_1000L), ahead);
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
