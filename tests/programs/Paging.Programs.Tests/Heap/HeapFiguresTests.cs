using Paging.Core;
using Paging.Native;
using Paging.Programs.Heap;

namespace Paging.Programs.Tests;

/// <summary>The heap's own figures, recounted from its chunks; and the edges of its calls.</summary>
public sealed class HeapFiguresTests : IDisposable
{
    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 16 << 20, RequestHostHugePages = false });
    private readonly GuestHeap _heap;

    public HeapFiguresTests() => Assert.True(GuestHeap.TryCreate(_engine.CreateProcess("p"), out _heap));

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(1, 10, 100)]
    [InlineData(2, 60, 900)]
    [InlineData(3, 300, 3000)]
    [InlineData(4, 200, 60_000)]
    public void FiguresAreThoseOfTheChunks(int seed, int blockCount, int byteLengthMax)
    {
        Random random = new(seed);
        List<VirtualAddress> blocks = [];
        for (int i = 0; i < blockCount; i++)
        {
            blocks.Add(_heap.Allocate((uint)random.Next(byteLengthMax)));
            if (random.Next(3) != 0) continue;
            int gone = random.Next(blocks.Count);
            Assert.Equal(HeapError.None, _heap.Free(blocks[gone]));
            blocks.RemoveAt(gone);
        }

        _ = _heap.Allocate(200 << 10);
        Verify();
        foreach (VirtualAddress block in blocks) Assert.Equal(HeapError.None, _heap.Free(block));
        Verify();
    }

    /// <summary>A new mapping is zeroed already, so calloc(3) touches only the page of its header.</summary>
    [Fact]
    public void ZeroedMemoryOfAMappingIsNotTouched()
    {
        uint before = _heap.Space.Usage.Resident.Value;
        VirtualAddress block = _heap.AllocateZeroed(50, 4096);
        Assert.NotEqual(VirtualAddress.Zero, block);
        Assert.InRange(_heap.Space.Usage.Resident.Value - before, 0u, 2u);
        Assert.Equal(VirtualAddress.Zero, _heap.AllocateZeroed(0x10001, 0xFFFF));    // 2^32 - 1 bytes
        Assert.Equal(VirtualAddress.Zero, _heap.AllocateZeroed(0x10000, 0x10001));    // the product overflows
    }

    [Fact]
    public void ARequestThatIsTooLargeLeavesTheOldBlock()
    {
        VirtualAddress small = _heap.Allocate(100), mapped = _heap.Allocate(200 << 10);
        foreach (VirtualAddress block in (VirtualAddress[])[small, mapped])
        {
            _heap.Space.Mmu.Write(block, 0x1234u);
            uint usable = _heap.UsableBytes(block);
            foreach (uint byteLength in (uint[])[0x8000_0000, 0xFFFF_FFF0, uint.MaxValue])
            {
                Assert.Equal(VirtualAddress.Zero, _heap.Reallocate(block, byteLength, out HeapError error));
                Assert.Equal(HeapError.None, error);
                Assert.Equal(VirtualAddress.Zero, _heap.Allocate(byteLength));
            }

            Assert.Equal((usable, 0x1234u), (_heap.UsableBytes(block), _heap.Space.Mmu.Read<uint>(block)));
        }

        Assert.Equal(VirtualAddress.Zero, _heap.Reallocate(small + 8, 10, out HeapError wrong));
        Assert.Equal(HeapError.InvalidPointer, wrong);
        Verify();
    }

    /// <summary>The threshold follows the largest mapping freed, and no smaller one. glibc: munmap_chunk, mp_.mmap_threshold.</summary>
    [Fact]
    public void ASmallerMappingDoesNotLowerTheThreshold()
    {
        VirtualAddress large = _heap.Allocate(300 << 10), smaller = _heap.Allocate(200 << 10);
        Assert.Equal(HeapError.None, _heap.Free(large));
        uint threshold = _heap.GetOption(HeapOption.MmapThreshold);
        Assert.InRange(threshold, 300u << 10, 304u << 10);
        Assert.Equal(2 * threshold, _heap.GetOption(HeapOption.TrimThreshold));
        Assert.Equal(HeapError.None, _heap.Free(smaller));
        Assert.Equal(threshold, _heap.GetOption(HeapOption.MmapThreshold));
    }

    /// <summary>Memory after the heap is not the heap's: a program has moved the break by itself. glibc: systrim.</summary>
    [Fact]
    public void NothingIsTrimmedBelowABreakMovedByTheProgram()
    {
        VirtualAddress block = _heap.Allocate(100_000);
        Assert.Equal(HeapError.None, _heap.Free(block));
        VirtualAddress moved = _heap.Space.Break + 4096;
        Assert.Equal(moved, _heap.Space.SetBreak(moved));
        Assert.False(_heap.Trim(0));
        Assert.Equal(moved, _heap.Space.Break);
        Verify();
    }

    private void Verify()
    {
        IReadOnlyList<HeapChunkSnapshot> chunks = _heap.SnapshotChunks();
        HeapStatistics statistics = _heap.Statistics;
        HeapChunkSnapshot[] inUse = [.. chunks.Where(static one => one.IsInUse)];
        HeapChunkSnapshot[] free = [.. chunks.SkipLast(1).Where(static one => !one.IsInUse)];
        Assert.Equal(((uint)inUse.Sum(static one => one.ByteLength), (uint)inUse.Length), (statistics.InUseBytes, statistics.InUseCount));
        Assert.Equal(((uint)free.Sum(static one => one.ByteLength), (uint)free.Length), (statistics.FreeBytes, statistics.FreeCount));
        uint largest = free.Length == 0 ? 0 : free.Max(static one => one.ByteLength);
        Assert.Equal((largest, chunks[^1].ByteLength), (statistics.LargestFreeBytes, statistics.TopBytes));
        Assert.Equal(_heap.Arena.End.Value - _heap.Arena.Start.Value, statistics.HeapBytes);
        Assert.Equal((ulong)statistics.HeapBytes + statistics.MappedBytes, _heap.HeldBytes);
        Assert.Equal(free.Length == 0 ? 0 : 1 - ((double)largest / statistics.FreeBytes), statistics.Fragmentation);
        Assert.Equal(chunks[0].Start.Value + chunks.Sum(static one => one.ByteLength), _heap.Arena.End.Value);
    }
}
