using System.Runtime.CompilerServices;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public sealed class TranslationCacheTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly TableSpace _space;

    public TranslationCacheTests() => _space = _world.Begin();

    private TranslationCache Cache => _space.Cache;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AnEmptyCacheMissesEverywhereAndHoldsNoStorage()
    {
        foreach (uint address in new uint[] { 0, 0x12345678, 0xBFFFFFFF, 0xC0000000, 0xFFFFFFFF })
        {
            Assert.False(Cache.TryReadHit(new(address), out byte _));
            Assert.False(Cache.TryWriteHit(new(address), (byte)1));
        }

        Assert.False(Cache.IsAttached);
        Assert.Equal(0, _world.Pool.PairCount);
    }

    [Fact]
    public void AReadMakesReadsHitAndAWriteMakesBothHit()
    {
        PageTableEntry entry = _space.MapNew(0x500);
        VirtualAddress address = new(0x500123);
        Assert.Equal(entry.Frame.Value, _space.Access(0x500, AccessKind.Read));
        Assert.True(Cache.TryReadHit(address, out byte _));
        Assert.False(Cache.TryWriteHit(address, (byte)7));    // D is not set yet, so the walker is asked
        Assert.Equal(entry.Frame.Value, _space.Access(0x500, AccessKind.Write));
        Assert.True(Cache.TryWriteHit(address, 0x11223344u));
        Assert.True(Cache.TryReadHit(address, out uint value));
        Assert.Equal(0x11223344u, value);
        Assert.Equal(0x44, _world.Ram.Bytes(entry.Frame)[0x123]);
        _world.AssertClean();
    }

    [Fact]
    public void AReadOfAPageThatIsDirtyAlreadyMakesWritesHitToo()
    {
        _space.MapNew(0x500);
        _space.Access(0x500, AccessKind.Write);
        Cache.InvalidateAll();
        _space.Access(0x500, AccessKind.Read);
        Assert.True(Cache.TryWriteHit(new(0x500000), 1));
    }

    [Fact]
    public void AValueThatCrossesIntoTheNextPageMisses()
    {
        _space.MapNew(0x500);
        _space.MapNew(0x501);
        _space.Access(0x500, AccessKind.Write);
        _space.Access(0x501, AccessKind.Write);
        for (uint offset = 4000; offset < 4096; offset++)
        {
            VirtualAddress address = new(0x500000 + offset);
            Assert.True(Cache.TryReadHit(address, out byte _));
            Assert.Equal(offset <= 4094, Cache.TryReadHit(address, out ushort _));
            Assert.Equal(offset <= 4092, Cache.TryWriteHit(address, 1));
            Assert.Equal(offset <= 4088, Cache.TryReadHit(address, out long _));
            Assert.Equal(offset <= 4080, Cache.TryReadHit(address, out decimal _));
        }

        Assert.True(Cache.TryReadHit(new(0x500000), out WholePage _));
        Assert.False(Cache.TryReadHit(new(0x500001), out WholePage _));
        Assert.False(Cache.TryReadHit(new(0x500000), out MoreThanAPage _));
        Assert.False(Cache.TryWriteHit(new(0x500000), default(MoreThanAPage)));
    }

    [Fact]
    public unsafe void HostAddressesLeadToTheSameBytes()
    {
        PageTableEntry entry = _space.MapNew(0x500);
        Assert.True(Cache.HostForRead(new(0x500010)) == null && Cache.HostForWrite(new(0x500010)) == null);
        _space.Access(0x500, AccessKind.Write);
        *Cache.HostForWrite(new(0x500010)) = 99;
        Assert.Equal(99, *Cache.HostForRead(new(0x500010)));
        Assert.Equal(99, _world.Ram.Bytes(entry.Frame)[0x10]);
    }

    [Theory]
    [InlineData(0x01u, false, false)]          // P
    [InlineData(0x02u, true, false)]           // RW
    [InlineData(0x04u, false, false)]          // US
    [InlineData(0x08u, true, true)]            // PWT
    [InlineData(0x10u, true, true)]            // PCD
    [InlineData(0x20u, false, false)]          // A
    [InlineData(0x40u, true, false)]           // D
    [InlineData(0x80u, true, true)]            // PAT
    [InlineData(0x100u, true, true)]           // G
    [InlineData(0x200u, true, true)]           // for software
    [InlineData(0x400u, true, true)]
    [InlineData(0x800u, true, true)]
    [InlineData(0x1000u, false, false)]        // another frame
    [InlineData(0xFFFFFFFFu, false, false)]    // all of it
    public void AStoreDropsExactlyTheRightsThatTheNewEntryLacks(uint cleared, bool keepsRead, bool keepsWrite)
    {
        FrameNumber frame;
        do frame = _world.NewFrame(); while ((frame.Value & 1) == 0);
        PageTableEntry all = new((frame.Value << 12) | 0xFFF);
        _space.Install(0x500, all);
        _space.Access(0x500, AccessKind.Write);
        _space.Tables.Store(new(0x500), new(all.Word & ~cleared));
        Assert.Equal((keepsRead, keepsWrite), (Cache.ReadAddend(new(0x500)) != 0, Cache.WriteAddend(new(0x500)) != 0));
        _space.Tables.Store(new(0x500), all);    // what comes back does not bring a translation with it, and does not hurt one
        Assert.Equal((keepsRead, keepsWrite), (Cache.ReadAddend(new(0x500)) != 0, Cache.WriteAddend(new(0x500)) != 0));
        _space.Install(0x500, default);
    }

    [Fact]
    public void AWalkForASupervisorPageIsNotCached()
    {
        _space.MapNew(0x500, PageAccess.Write);    // supervisor only
        WalkResult walk = _space.Tables.Walk(new(0x500000), AccessKind.Write, ProcessorMode.Supervisor);
        Assert.True(walk.Succeeded);
        Cache.Fill(new(0x500), walk.Effective, _world.Ram);
        Cache.Fill(new(0x501), default, _world.Ram);
        Assert.False(Cache.IsAttached);
    }

    [Fact]
    public void AWriteAllowedOnlyByWriteProtectOffIsCachedForReads()
    {
        _space.MapNew(0x500, PageAccess.User);
        WalkResult walk = _space.Tables.Walk(new(0x500000), AccessKind.Write, ProcessorMode.Supervisor, writeProtect: false);
        Cache.Fill(new(0x500), walk.Effective, _world.Ram);
        Assert.True(Cache.ReadAddend(new(0x500)) != 0 && Cache.WriteAddend(new(0x500)) == 0);
        _world.AssertClean();
    }

    [Fact]
    public void AFrameBeyondRamIsNotCached()
    {
        _space.Install(0x500, PageTableEntry.Map(new(0x80000), PageAccess.User | PageAccess.Write));
        WalkResult walk = _space.Tables.Walk(new(0x500000), AccessKind.Read, ProcessorMode.User);
        Assert.True(walk.Succeeded);
        Cache.Fill(new(0x500), walk.Effective, _world.Ram);
        Assert.False(Cache.TryReadHit(new(0x500000), out byte _));
    }

    [Theory]
    [InlineData(0x400u, 0x400u)]      // a whole region
    [InlineData(0x400u, 1u)]
    [InlineData(0x7F0u, 0x20u)]       // across two
    [InlineData(0x000u, 0xC0000u)]
    [InlineData(0x500u, 0u)]
    public void ARangeIsDroppedAndItsNeighboursStay(uint first, uint count)
    {
        uint[] pages = [0x3FF, 0x400, 0x401, 0x7EF, 0x7F0, 0x7FF, 0x800, 0x80F, 0x810, 0xBFFFF];
        foreach (uint page in pages) _space.MapNew(page);
        PageRange range = new(new(first), new(count));
        foreach (uint page in pages) _space.Access(page, AccessKind.Write);
        Cache.InvalidateWriteRange(range);
        Assert.Equal(pages.Where(page => !range.Contains(new(page))), pages.Where(page => Cache.WriteAddend(new(page)) != 0));
        Assert.All(pages, page => Assert.True(Cache.ReadAddend(new(page)) != 0));

        foreach (uint page in pages) _space.Access(page, AccessKind.Write);
        Cache.InvalidateRange(range);
        Assert.Equal(pages.Where(page => !range.Contains(new(page))), pages.Where(page => Cache.ReadAddend(new(page)) != 0));
        Assert.Equal(pages.Where(page => !range.Contains(new(page))), pages.Where(page => Cache.WriteAddend(new(page)) != 0));
        AuditReport report = new();
        _world.Pool.Audit(report);
        Assert.True(report.IsClean, report.ToString());
    }

    [Fact]
    public unsafe void AKernelPageIsNeverCached()
    {
        Assert.SkipUnless(Check.Cheap, "needs checks");
        InvariantException failure = Assert.Throws<InvariantException>(() =>
            Cache.FillRead(PageNumber.FirstKernel, _world.Ram.HostAddress(new(1))));
        Assert.StartsWith("X1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACachedValueIsAHitUpToTheEndOfItsPage()
    {
        _space.MapNew(0x500);
        _space.MapNew(0x501);
        _space.Access(0x500, AccessKind.Write);
        _space.Access(0x501, AccessKind.Write);
        HitsWithinThePage<byte>();
        HitsWithinThePage<ushort>();
        HitsWithinThePage<ThreeBytes>();
        HitsWithinThePage<uint>();
        HitsWithinThePage<(ushort, ushort, ushort)>();
        HitsWithinThePage<ulong>();
        HitsWithinThePage<UInt128>();
        HitsWithinThePage<WholePage>();
    }

    private unsafe void HitsWithinThePage<T>() where T : unmanaged
    {
        for (int offset = 0; offset < 4096; offset++)
        {
            VirtualAddress address = new(0x50_0000 + (uint)offset);
            bool isWithin = offset + sizeof(T) <= 4096;
            Assert.Equal(isWithin, Cache.TryReadHit(address, out T value));
            Assert.Equal(isWithin, Cache.TryWriteHit(address, value));
        }
    }

    [InlineArray(3)]
    private struct ThreeBytes
    {
        private byte _first;
    }

    [InlineArray(4096)]
    private struct WholePage
    {
        private byte _first;
    }

    [InlineArray(4097)]
    private struct MoreThanAPage
    {
        private byte _first;
    }
}
