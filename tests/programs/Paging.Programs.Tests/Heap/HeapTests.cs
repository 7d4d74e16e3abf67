using Paging.Core;
using Paging.Native;
using Paging.Programs.Heap;
using Paging.Reports;
using Paging.Tests;

namespace Paging.Programs.Tests;

/// <summary>The malloc over brk: sizes, thresholds, trimming, joining, and its errors.</summary>
public sealed class HeapTests : IDisposable
{
    private readonly World _world = new();
    private readonly UserProcess _process;
    private readonly GuestHeap _heap;

    public HeapTests()
    {
        _process = _world.Execute("gonzo");
        Assert.True(GuestHeap.TryCreate(_process, out _heap));
    }

    private Mmu Memory => _process.Memory.Mmu;

    public void Dispose()
    {
        AuditReport report = new();
        _heap.Audit(report);
        report.ThrowIfBroken();
        _world.Dispose();
    }

    [Theory]
    [InlineData(0u, 12u)]
    [InlineData(1u, 12u)]
    [InlineData(12u, 12u)]
    [InlineData(13u, 28u)]
    [InlineData(28u, 28u)]
    [InlineData(100u, 108u)]
    [InlineData(1000u, 1004u)]
    public void AChunkIsSixteenBytesAlignedAndLendsAWordOfTheNext(uint asked, uint usable)
    {
        VirtualAddress at = _heap.Allocate(asked);
        Assert.Equal(0u, at.Value % 16);
        Assert.Equal(usable, _heap.UsableBytes(at));
        Assert.Equal(usable, Memory.Fill(at, usable, 0xFF, out _));
    }

    [Fact]
    public void TheFirstChunkMakesTheHeapVisibleInMaps()
    {
        _heap.Allocate(4000);
        AreaSnapshot heap = _process.Memory.Areas.Snapshot().Single(area => area.Range.First.Address == new VirtualAddress(0x0804_C000));
        Assert.Equal(34u, heap.Range.Count.Value);    // what it needs, 128 KiB of pad, and rounded up
        Assert.Contains("[heap]", _process.Memory.FormatMaps(), StringComparison.Ordinal);
    }

    [Fact]
    public void FreeNeighboursBecomeOneInAnyOrder()
    {
        foreach (int[] order in (int[][])[[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
        {
            VirtualAddress[] chunks = [_heap.Allocate(100), _heap.Allocate(200), _heap.Allocate(300)];
            VirtualAddress wall = _heap.Allocate(16);
            foreach (int index in order)
            {
                Assert.Equal(HeapError.None, _heap.Free(chunks[index]));
                Check();
            }

            Assert.Equal(1u, _heap.Statistics.FreeCount);
            Assert.Equal(chunks[0], _heap.Allocate(100 + 200 + 300));
            _heap.Free(chunks[0]);
            _heap.Free(wall);
            Assert.Equal(0u, _heap.Statistics.FreeCount);    // joined with the top
        }
    }

    [Fact]
    public void TheBestFitIsTaken()
    {
        VirtualAddress large = _heap.Allocate(600);
        _heap.Allocate(16);
        VirtualAddress small = _heap.Allocate(520);
        _heap.Allocate(16);
        _heap.Free(large);
        _heap.Free(small);
        Assert.Equal(small, _heap.Allocate(510));
        Assert.Equal(large, _heap.Allocate(400));
    }

    [Fact]
    public void From128KiBOnARequestIsAMappingOfItsOwn()
    {
        VirtualAddress inside = _heap.Allocate((128 << 10) - 64);
        VirtualAddress outside = _heap.Allocate(160 << 10);    // more than the pad at the top has room for
        Assert.True(inside < _process.Memory.Break);
        Assert.True(outside > new VirtualAddress(0xB000_0000));
        Assert.Equal(1u, _heap.Statistics.MappedCount);
        Assert.Equal(16, outside.OffsetInPage);
        Memory.Write(outside, 1);
        Assert.Equal(HeapError.None, _heap.Free(outside));
        Assert.False(Memory.TryRead(outside, out int _, out _));
    }

    [Fact]
    public void TheThresholdFollowsFreedBlocksUntilItIsSet()
    {
        VirtualAddress first = _heap.Allocate(200 << 10);
        Assert.Equal(HeapError.None, _heap.Free(first));
        uint followed = _heap.GetOption(HeapOption.MmapThreshold);
        Assert.InRange(followed, 200u << 10, 204u << 10);
        Assert.Equal(2 * followed, _heap.GetOption(HeapOption.TrimThreshold));
        Assert.True(_heap.Allocate(200 << 10) < _process.Memory.Break);

        Assert.True(_heap.SetOption(HeapOption.MmapThreshold, 64 << 10));
        VirtualAddress mapped = _heap.Allocate(300 << 10);
        Assert.True(mapped > _process.Memory.Break);
        _heap.Free(mapped);
        Assert.Equal(64u << 10, _heap.GetOption(HeapOption.MmapThreshold));
        Assert.False(_heap.SetOption(HeapOption.MmapThreshold, 1 << 20));
    }

    [Fact]
    public void AFreeBlockAtTheEndGoesBackToTheKernel()
    {
        VirtualAddress start = _process.Memory.Break;
        VirtualAddress[] chunks = [.. Enumerable.Range(0, 40).Select(_ => _heap.Allocate(32 << 10))];
        foreach (VirtualAddress chunk in chunks) Memory.Fill(chunk, 32 << 10, 1, out _);
        VirtualAddress high = _process.Memory.Break;
        Assert.True(high.Value - start.Value > 1200 << 10);
        foreach (VirtualAddress chunk in chunks.Reverse()) _heap.Free(chunk);
        Assert.True(_process.Memory.Break.Value - start.Value <= 260 << 10);
        Assert.True(_heap.Trim(0));
        Assert.Equal(0u, (_process.Memory.Break - start.Value).Value & 0xFFF);
        Assert.True(_process.Memory.Break <= start);
        Assert.False(_heap.Trim(0));
    }

    [Fact]
    public void OneChunkAtTheEndKeepsEverythingBelowIt()
    {
        VirtualAddress[] chunks = [.. Enumerable.Range(0, 40).Select(_ => _heap.Allocate(32 << 10))];
        VirtualAddress held = _process.Memory.Break;
        foreach (VirtualAddress chunk in chunks.SkipLast(1)) _heap.Free(chunk);
        Assert.Equal(held, _process.Memory.Break);
        Assert.Equal(1u, _heap.Statistics.FreeCount);
    }

    [Fact]
    public void TheStatisticsCountTheHoles()
    {
        VirtualAddress[] chunks = [.. Enumerable.Range(0, 64).Select(_ => _heap.Allocate(240))];
        for (int i = 0; i < 64; i += 2) _heap.Free(chunks[i]);
        HeapStatistics statistics = _heap.Statistics;
        Assert.Equal((32u, 32u * 256), (statistics.FreeCount, statistics.FreeBytes));
        Assert.Equal(256u, statistics.LargestFreeBytes);
        Assert.Equal(1 - (1.0 / 32), statistics.Fragmentation, 6);
        Assert.True(_heap.Allocate(4000) > chunks[63]);    // all the holes together could not serve it
    }

    [Fact]
    public void AnAddressThatMallocDidNotReturnIsRefused()
    {
        VirtualAddress one = _heap.Allocate(100), two = _heap.Allocate(100);
        Assert.Equal(HeapError.InvalidPointer, _heap.Free(one + 4));
        Assert.Equal(HeapError.InvalidPointer, _heap.Free(new(0x0804_8000)));
        Assert.Equal(HeapError.InvalidPointer, _heap.Free(new(0x1000_0000)));
        Assert.Equal(HeapError.None, _heap.Free(VirtualAddress.Zero));
        Assert.Equal(HeapError.None, _heap.Free(one));
        Assert.Equal(HeapError.DoubleFree, _heap.Free(one));
        Assert.Equal(HeapError.None, _heap.Free(two));
        Assert.Equal(HeapError.DoubleFree, _heap.Free(one));
        Assert.Equal(VirtualAddress.Zero, _heap.Reallocate(one, 10, out HeapError error));
        Assert.Equal(HeapError.DoubleFree, error);
    }

    [Fact]
    public void ReallocKeepsTheBytesWhereverTheChunkGoes()
    {
        VirtualAddress at = _heap.Allocate(100);
        for (uint i = 0; i < 100; i++) Memory.Write(at + i, (byte)i);
        foreach (uint byteLength in (uint[])[200, 50, 5000, 300_000, 600_000, 90_000, 40])
        {
            VirtualAddress wall = _heap.Allocate(16);
            at = _heap.Reallocate(at, byteLength, out HeapError error);
            Assert.Equal(HeapError.None, error);
            Assert.True(_heap.UsableBytes(at) >= byteLength);
            for (uint i = 0; i < Math.Min(40, byteLength); i++) Assert.Equal((byte)i, Memory.Read<byte>(at + i));
            Check();
            _heap.Free(wall);
            Check();
        }
    }

    [Fact]
    public void CallocIsZeroWhereADirtyChunkComesBack()
    {
        VirtualAddress at = _heap.Allocate(400);
        _heap.Allocate(16);
        Memory.Fill(at, 400, 0xAA, out _);
        _heap.Free(at);
        Assert.Equal(at, _heap.AllocateZeroed(100, 4));
        for (uint i = 0; i < 400; i++) Assert.Equal(0, Memory.Read<byte>(at + i));
        Assert.Equal(VirtualAddress.Zero, _heap.AllocateZeroed(0x10000, 0x10000));
    }

    [Fact]
    public void WithoutMemoryTheAnswerIsZeroAndTheHeapIsWhole()
    {
        _process.Memory.SetLimit(ResourceLimit.Data, 1 << 20);
        List<VirtualAddress> chunks = [];
        while (_heap.Allocate(50_000) is var at && at != VirtualAddress.Zero) chunks.Add(at);
        Assert.InRange(chunks.Count, 10, 20);
        Check();
        Assert.Equal(VirtualAddress.Zero, _heap.Allocate(0x8000_0000));
        foreach (VirtualAddress chunk in chunks) _heap.Free(chunk);
        Assert.NotEqual(VirtualAddress.Zero, _heap.Allocate(50_000));
    }

    [Fact]
    public void AForkedChildHasAHeapOfItsOwn()
    {
        VirtualAddress at = _heap.Allocate(100);
        Memory.Write(at, 1);
        using UserProcess child = _process.Fork();
        Assert.True(GuestHeap.TryAttach(child, out GuestHeap inherited));
        child.Memory.Mmu.Write(at, 2);
        Assert.Equal(HeapError.None, inherited.Free(at));
        Assert.Equal(1, Memory.Read<int>(at));
        Assert.Equal(1u, _heap.Statistics.InUseCount);
        Assert.Equal(0u, inherited.Statistics.InUseCount);
        using UserProcess other = _world.Execute("gonzo");
        Assert.False(GuestHeap.TryAttach(other, out _));
    }

    [Fact]
    public void AnotherHandOnTheBreakIsRespected()
    {
        VirtualAddress theirs = _process.Memory.Break + 4096;
        _process.Memory.SetBreak(theirs);
        VirtualAddress at = _heap.Allocate(20_000);
        Assert.True(at > theirs);    // a mapping: the heap does not touch what it did not move
        Check();
        _process.Memory.SetBreak(theirs - 4096);
    }

    [Fact]
    public void AWarmHeapAllocatesNothingManaged() => Assert.Equal(0, ManagedMemory.BytesAllocatedBy(Churn));

    [Theory]
    [InlineData(1u, "H1")]      // the size word
    [InlineData(2u, "H3")]      // a link of a bin
    [InlineData(3u, "H4")]      // a counter
    public void TheAuditSeesAProgramsDamage(uint what, string rule)
    {
        VirtualAddress one = _heap.Allocate(100);
        _heap.Allocate(16);
        VirtualAddress two = _heap.Allocate(100);
        _heap.Allocate(16);
        _heap.Free(one);
        _heap.Free(two);
        VirtualAddress at = what switch { 1 => two - 4, 2 => two + 4, _ => _heap.Arena.Start + 44 };
        uint word = Memory.Read<uint>(at);
        Memory.Write(at, what == 1 ? 0x33333330u : word + 16);
        AuditReport report = new();
        _heap.Audit(report);
        Assert.True(report.Names(rule), report.ToString());
        Memory.Write(at, word);
    }

    [Fact]
    public void TheAuditSeesANeighbourThatIsMarkedFree()
    {
        _heap.Allocate(100);
        VirtualAddress two = _heap.Allocate(100);
        uint word = Memory.Read<uint>(two - 4);
        Memory.Write(two - 4, word & ~1u);    // P: the one below is in use
        AuditReport report = new();
        _heap.Audit(report);
        Assert.True(report.Names("H2"), report.ToString());
        Memory.Write(two - 4, word);
    }

    [Fact]
    public void TheAuditSeesAMappedChunkThatIsNotLinkedBack()
    {
        VirtualAddress first = _heap.Allocate(200_000);
        _heap.Allocate(200_000);
        VirtualAddress linkBack = first - (HeapChunk.MappedHeaderByteLength - 4);
        uint word = Memory.Read<uint>(linkBack);
        Memory.Write(linkBack, word ^ 0x1000);
        AuditReport report = new();
        _heap.Audit(report);
        Assert.True(report.Names("H5"), report.ToString());
        Memory.Write(linkBack, word);
    }

    private void Churn()
    {
        Span<VirtualAddress> chunks = stackalloc VirtualAddress[32];
        for (int i = 0; i < chunks.Length; i++) chunks[i] = _heap.Allocate((uint)(i * 50));
        VirtualAddress large = _heap.Allocate(200_000);
        for (int i = 0; i < chunks.Length; i += 2) _heap.Free(chunks[i]);
        for (int i = 1; i < chunks.Length; i += 2) chunks[i] = _heap.Reallocate(chunks[i], 3000, out _);
        for (int i = 1; i < chunks.Length; i += 2) _heap.Free(chunks[i]);
        _heap.Free(large);
    }

    private void Check()
    {
        AuditReport report = new();
        _heap.Audit(report);
        report.ThrowIfBroken();
    }
}
