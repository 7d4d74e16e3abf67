using Paging.Core.Frames;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Classic tables with RAM beyond 4 GiB: only 4 MB entries lead there (Intel SDM 3A, 4.3, PSE-36), so the pool has it.</summary>
public sealed class PoolBeyondTests : IDisposable
{
    private const uint PageBytes = 4 << 20;
    private const MapFlags HugePrivate = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb;

    private static readonly VirtualAddress Start = new(0x4000_0000);
    private readonly PagingEngine _engine = new(new EngineOptions
    {
        RamBytes = (4UL << 30) + (4 * PageBytes),
        SurplusHugePages = 2,
        RequestHostHugePages = false,
    });

    private readonly UserProcess _process;

    public PoolBeyondTests() => _process = _engine.CreateProcess("far");

    public void Dispose()
    {
        Assert.True(_engine.Audit().IsClean, _engine.Audit().ToString());
        _engine.Dispose();
    }

    [Fact]
    public void AllOfItBelongsToThePoolAndNothingElseIsThere()
    {
        Assert.Equal(new HugePoolCounters(4, 4, 0, 0), _engine.CountPool());
        Assert.Equal(4, _engine.Parts.Machine.HugePool.CountLinked());
        Assert.InRange(_engine.Frames.CountOf(FrameState.Free).Value, 1u, (1u << 20) - 1);
        Assert.Equal((1u << 20) + 4096, _engine.Ram.FrameCount.Value);
    }

    [Fact]
    public void AnEntryHasTheUpperBitsOfTheAddressAndTheBytesLieThere()
    {
        Map(3);
        for (uint page = 0; page < 3; page++)
        {
            PageDirectoryEntry entry = new(_engine.Ram.Words(_process.Memory.PrepareWalk())[(int)(Start.Page.Value >> 10) + (int)page]);
            Assert.True(entry.IsLarge && !entry.HasReservedBits);
            Assert.InRange(entry.LargeFrameIn(TableFormat.Classic).Value, 1u << 20, (1u << 20) + 4095);
            Assert.Equal(page + 1, _engine.Ram.Words(entry.LargeFrameIn(TableFormat.Classic))[0]);
        }
    }

    [Fact]
    public void AForkSharesItUntilOneSideWrites()
    {
        Map(1);
        UserProcess child = _process.Fork();
        child.Memory.Mmu.Write(Start, 77u);
        Assert.Equal(1u, _process.Memory.Mmu.Read<uint>(Start));
        Assert.Equal(77u, child.Memory.Mmu.Read<uint>(Start));
        child.Exit();
        Assert.Equal(3, _engine.CountPool().Free);
    }

    [Fact]
    public void ThePoolNeverShrinksBelowIt()
    {
        uint before = _engine.Frames.CountOf(FrameState.Free).Value;
        Assert.Equal(new HugePoolCounters(6, 6, 0, 0), _engine.HugePages.Resize(6).OfPool());
        Assert.Equal(new HugePoolCounters(6, 6, 0, 0), _engine.CountPool());
        Assert.Equal(before - 2048, _engine.Frames.CountOf(FrameState.Free).Value);
        Assert.Equal(new HugePoolCounters(4, 4, 0, 0), _engine.HugePages.Resize(0).OfPool());
        Assert.Equal(new HugePoolCounters(4, 4, 0, 0), _engine.CountPool());
        Assert.Equal(before, _engine.Frames.CountOf(FrameState.Free).Value);
    }

    [Fact]
    public void SurplusPagesAreOrdinaryMemoryAndGoBackToIt()
    {
        uint before = _engine.Frames.CountOf(FrameState.Free).Value;
        Map(6);
        Assert.Equal(new HugePoolCounters(6, 0, 0, 2), _engine.CountPool());
        Assert.Equal(Errno.None, _process.Memory.Unmap(Start, 6 * PageBytes));
        Assert.Equal(new HugePoolCounters(4, 4, 0, 0), _engine.CountPool());
        Assert.Equal(before, _engine.Frames.CountOf(FrameState.Free).Value);
    }

    [Fact]
    public void ItIsAMultipleOfAHugePage()
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(
            () => new PagingEngine(new EngineOptions { RamBytes = (4UL << 30) + 4096 }));
        Assert.Contains("4 MiB", error.Message, StringComparison.Ordinal);
    }

    private void Map(uint pages)
    {
        Assert.Equal(Errno.None, _process.Memory.Map(Start, pages * PageBytes, MemoryProtection.ReadWrite, HugePrivate, out _));
        for (uint page = 0; page < pages; page++) _process.Memory.Mmu.Write(Start + (page * PageBytes), page + 1);
    }
}
