using Paging.Core;
using Paging.Native;
using Paging.Programs.Heap;

namespace Paging.Programs.Tests;

/// <summary>Chunks with mappings of their own: their links when one moves or goes, and the thresholds that follow their sizes.</summary>
/// <remarks>glibc: malloc/malloc.c, mremap_chunk, munmap_chunk.</remarks>
public sealed class MappedChunkTests : IDisposable
{
    private const uint Large = 200 << 10;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 16 << 20, RequestHostHugePages = false });
    private readonly GuestHeap _heap;

    public MappedChunkTests()
    {
        Assert.True(GuestHeap.TryCreate(_engine.CreateProcess("p"), out _heap));
        const MapFlags here = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;    // a wall above the first, so that it has to move
        Assert.Equal(Errno.None, _heap.Space.Map(new(0xB800_0000), 4096, MemoryProtection.Read, here, out _));
    }

    public void Dispose() => _engine.Dispose();

    /// <summary>Of four, one moves: the first, the last or one between them. Afterwards each can be freed.</summary>
    [Theory]
    [InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void AChunkThatMovesStaysLinkedBothWays(int moving)
    {
        VirtualAddress[] blocks = [.. Enumerable.Range(0, 4).Select(_ => _heap.Allocate(Large))];
        VirtualAddress before = blocks[moving];
        Assert.True(Mmu.TryWrite(before, 0x1234_5678u));
        blocks[moving] = _heap.Reallocate(before, 8 * Large, out HeapError error);
        Assert.Equal(HeapError.None, error);
        Assert.NotEqual(before, blocks[moving]);
        Assert.Equal(0x1234_5678u, Mmu.Read<uint>(blocks[moving]));
        Audit();
        foreach (int index in (ReadOnlySpan<int>)[2, 0, 3, 1])
        {
            Assert.Equal(HeapError.None, _heap.Free(blocks[index]));
            Audit();
        }

        Assert.Equal(0u, _heap.Arena.MappedCount);
    }

    /// <summary>The thresholds follow a freed mapping up to 512 kB, trimming at twice the size; then not any more.</summary>
    [Theory]
    [InlineData(Large, true)]
    [InlineData((512u << 10) - 64, true)]
    [InlineData((512u << 10) + 64, false)]
    public void TheThresholdsFollowAFreedSizeUpToTheirMaximum(uint byteLength, bool follows)
    {
        _heap.Free(_heap.Allocate(byteLength));
        uint mapped = (uint)PageCount.Covering(byteLength + 16ul).Bytes;
        Assert.Equal(follows ? (mapped, 2 * mapped) : (128u << 10, 128u << 10),
            (_heap.GetOption(HeapOption.MmapThreshold), _heap.GetOption(HeapOption.TrimThreshold)));
    }

    [Fact]
    public void AThresholdThatTheProgramSetStays()
    {
        Assert.True(_heap.SetOption(HeapOption.MmapThreshold, 150 << 10));
        _heap.Free(_heap.Allocate(Large));
        Assert.Equal(150u << 10, _heap.GetOption(HeapOption.MmapThreshold));
        Assert.True(_heap.SetOption(HeapOption.MmapThreshold, 512 << 10));
        Assert.False(_heap.SetOption(HeapOption.MmapThreshold, (512 << 10) + 1));
    }

    /// <summary>A chunk of exactly the threshold has a mapping; one of eight bytes less does not.</summary>
    [Theory]
    [InlineData(0u, 1u)]
    [InlineData(16u, 0u)]
    public void AChunkOfTheThresholdIsMapped(uint less, uint mapped)
    {
        uint request = HeapChunk.UsableBytes(HeapChunk.Of(128 << 10, isBelowInUse: true)) - less;
        Assert.Equal((128u << 10) - less, HeapChunk.ByteLengthFor(request));
        _heap.Allocate(request);
        Assert.Equal(mapped, _heap.Arena.MappedCount);
    }

    /// <summary>The top grows by the request, M_TOP_PAD and a smallest chunk, in whole pages. glibc: sysmalloc.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(4096u)]
    [InlineData(128u << 10)]
    public void TheTopGrowsByItsPad(uint pad)
    {
        Assert.True(_heap.SetOption(HeapOption.TopPad, pad));
        VirtualAddress top = _heap.Arena.Top;
        _heap.Allocate(100_000);
        ulong end = top.Value + 100_016ul + pad + 16;    // 100,000 and a word, in multiples of 16
        Assert.Equal(PageCount.Covering(end).Bytes, _heap.Space.Break.Value);
    }

    /// <summary>malloc_trim keeps the bytes it is asked to keep, and a smallest chunk: glibc, systrim.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(1_000u)]
    [InlineData(4_096u)]
    [InlineData(50_000u)]
    public void TrimKeepsTheRequestedPad(uint keep)
    {
        _heap.Allocate(5_000);
        uint top = _heap.Statistics.TopBytes, end = _heap.Space.Break.Value;
        Assert.True(_heap.Trim(keep));
        Assert.InRange(_heap.Statistics.TopBytes, keep + 16, keep + 16 + 4095);
        Assert.Equal(top - _heap.Statistics.TopBytes, end - _heap.Space.Break.Value);
        Audit();
    }

    /// <summary>The top is trimmed as soon as it has reached the threshold, and only after 64 KiB came free at once.</summary>
    [Theory]
    [InlineData(64u << 10, 0, true)]
    [InlineData(64u << 10, 8, false)]
    [InlineData((64u << 10) - 16, 0, false)]
    public void TheTopIsTrimmedFromItsThresholdOn(uint chunkBytes, int more, bool isTrimmed)
    {
        Assert.True(_heap.SetOption(HeapOption.TopPad, 0));
        _heap.Trim(0);
        VirtualAddress block = _heap.Allocate(chunkBytes - 4);
        _ = _heap.Allocate(HeapChunk.UsableBytes(HeapChunk.Of(_heap.Statistics.TopBytes & ~15u, isBelowInUse: true)) - 32);
        _heap.Free(block);    // below a chunk in use: joins nothing, but the free may trim the top
        _ = _heap.Allocate(chunkBytes - 4);
        Assert.True(_heap.SetOption(HeapOption.TopPad, 300_000));
        _ = _heap.Allocate(200);
        Assert.True(_heap.SetOption(HeapOption.TopPad, 0));
        Assert.True(_heap.SetOption(HeapOption.TrimThreshold, _heap.Statistics.TopBytes + (uint)more));
        uint end = _heap.Space.Break.Value;
        _heap.Free(block);
        Assert.Equal(isTrimmed, _heap.Space.Break.Value < end);
        Audit();
    }

    /// <summary>The rest of a chunk becomes a chunk if it is large enough: 16 bytes. glibc: MINSIZE.</summary>
    [Fact]
    public void ARestOfSixteenBytesBecomesAChunk()
    {
        VirtualAddress taken = _heap.Allocate(108);    // a chunk of 112
        _ = _heap.Allocate(12);
        _heap.Free(taken);
        Assert.Equal(taken, _heap.Allocate(92));    // of 96
        Assert.Equal((1u, 16u), (_heap.Statistics.FreeCount, _heap.Statistics.FreeBytes));
        Assert.Equal(taken, _heap.Reallocate(taken, 76, out _));    // of 80: the rest joins the one after it
        Assert.Equal((1u, 32u), (_heap.Statistics.FreeCount, _heap.Statistics.FreeBytes));

        VirtualAddress shrunk = _heap.Allocate(108);
        _ = _heap.Allocate(200);
        Assert.Equal(shrunk, _heap.Reallocate(shrunk, 92, out _));
        Assert.Equal(92u, _heap.UsableBytes(shrunk));
        Assert.Equal((2u, 48u), (_heap.Statistics.FreeCount, _heap.Statistics.FreeBytes));
        Audit();
    }

    /// <summary>A block grows into the free chunk above it if both together are just enough.</summary>
    [Fact]
    public void ABlockGrowsIntoARestThatJustFits()
    {
        VirtualAddress block = _heap.Allocate(28), above = _heap.Allocate(60);
        _ = _heap.Allocate(12);
        _heap.Free(above);
        Assert.Equal(block, _heap.Reallocate(block, 92, out _));    // 32 + 64
        Assert.Equal(0u, _heap.Statistics.FreeCount);
        Audit();
    }

    /// <summary>Nothing of a block is lost when it is copied: from the heap to a mapping, of many pages, to its last byte.</summary>
    [Theory]
    [InlineData(100u)]
    [InlineData(5_000u)]
    [InlineData(20_004u)]
    public void ACopiedBlockKeepsEveryByte(uint byteLength)
    {
        VirtualAddress block = _heap.Allocate(byteLength);
        uint usable = _heap.UsableBytes(block);
        _ = _heap.Allocate(24);    // so that it cannot grow in place
        byte[] bytes = [.. Enumerable.Range(0, (int)usable).Select(static index => (byte)((index * 7) + (index >> 8)))];
        Assert.Equal((int)usable, Mmu.CopyIn(block, bytes, out _));
        block = _heap.Reallocate(block, Large, out _);
        byte[] found = new byte[usable];
        Assert.Equal((int)usable, Mmu.CopyOut(block, found, out _));
        Assert.Equal(bytes, found);
        Audit();
    }

    private Mmu Mmu => _heap.Space.Mmu;

    private void Audit()
    {
        AuditReport report = new();
        _heap.Audit(report);
        report.ThrowIfBroken();
    }
}
