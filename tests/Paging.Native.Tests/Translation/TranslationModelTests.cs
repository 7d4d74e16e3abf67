using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Two caches over one pool beside a plain model: the frame of each page, the growth of counts, and the marks.</summary>
public sealed class TranslationModelTests : IDisposable
{
    private const uint WindowFrames = 2;

    /// <summary>Both ends of regions and of the user half, and some pages that lie alone.</summary>
    private static readonly uint[] Pages =
        [0, 1, 0x3FF, 0x400, 0x401, 0x402, 0x403, 0x500, 0x7FE, 0x7FF, 0x800, 0x801, 0xBF800, 0xBFBFF, 0xBFC00, 0xBFFFE, 0xBFFFF];

    private readonly TableWorld _world = new(frameCount: 256);
    private readonly TranslationModel[] _caches;
    private ulong _removals;

    public TranslationModelTests()
    {
        Assert.True(_world.Ram.TryAddWindow(new byte[WindowFrames * 4096], out _));
        _caches = [new(_world), new(_world)];
    }

    public void Dispose()
    {
        foreach (TranslationModel one in _caches) one.Cache.Detach();
        _world.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryStepAgreesWithTheModel(bool isShared)
    {
        if (isShared) _world.Pool.Share(static () => true);
        Property.ForSeeds(4, seed =>
        {
            Random random = new((int)seed);
            for (int step = 0; step < 600; step++)
            {
                TranslationModel one = _caches[random.Next(2)];
                bool takesAway = one.Step(random, Pages);
                ExpectRemoval(one, isShared && takesAway);
                foreach (TranslationModel each in _caches) each.Verify(Pages);
            }

            AuditReport report = new();
            _world.Pool.Audit(report);
            Assert.True(report.IsClean, report.ToString());
        });
    }

    /// <summary>A thread may have found what was cached: only then a removal is counted, and this cache notes which one.</summary>
    private void ExpectRemoval(TranslationModel one, bool isExpected)
    {
        Assert.Equal(isExpected, _world.Pool.Removals != _removals);
        if (isExpected) Assert.True(_world.Pool.Removals > _removals);
        if (isExpected) one.LastRemoval = _world.Pool.Removals;
        _removals = _world.Pool.Removals;
        foreach (TranslationModel each in _caches) Assert.Equal(each.LastRemoval, each.Cache.LastRemoval);
    }

    /// <summary>A fill that finds no storage leaves its page in use uncached, for which a removal counts.</summary>
    [Fact]
    public void APageWithoutStorageMayBeInUse()
    {
        _world.Pool.Share(static () => true);
        TranslationCache cache = _caches[0].Cache;
        cache.Invalidate(new(0x500));
        cache.InvalidateRange(new(new(0x500), new(2)));
        Assert.Equal(0u, _world.Pool.Removals);
        _world.Pool.Dispose();    // no storage from now on
        Grant(cache, 0x500);
        Assert.False(cache.IsAttached);
        cache.Invalidate(new(0x500));
        cache.InvalidateRange(new(new(0x500), new(2)));
        cache.ForgetWrite(new(0x500));
        Assert.Equal((3u, 3u), (_world.Pool.Removals, cache.LastRemoval));
    }

    [Fact]
    public void AGroupThatIsDroppedAsAWholeLosesItsMark()
    {
        TranslationCache cache = _caches[0].Cache;
        foreach (uint first in (uint[])[0, 0x400, 0xBFC00])
        {
            Grant(cache, first, 0x3FF + first);
            Assert.Equal((int)(first >> 10), cache.Filled.NextRegionFrom(0));
            uint[] edges = [0x3F, 0x40, 0x3BF, 0x3C0];
            Assert.Equal([true, false, false, true], edges.Select(page => cache.IsFilled(new(first + page))));
            cache.InvalidateWriteRange(new(new(first), new(1024)));
            cache.InvalidateRange(new(new(first + 1), new(1022)));
            cache.InvalidateRange(new(new(first), new(63)));
            cache.InvalidateRange(new(new(first + 0x3C1), new(63)));
            Assert.Equal((true, true), (cache.IsFilled(new(first)), cache.IsFilled(new(first + 0x3FF))));    // not looked at as a whole
            cache.InvalidateRange(new(new(first), new(64)));
            Assert.Equal((false, true), (cache.IsFilled(new(first)), cache.IsFilled(new(first + 0x3FF))));
            cache.InvalidateRange(new(new(first), new(1024)));
            Assert.Equal(-1, cache.Filled.NextRegionFrom(0));
        }
    }

    [Fact]
    public void AnEntryThatMayBeWrittenIsGrantedOnlyWithEveryRightAndBytesBehindIt()
    {
        TranslationCache cache = _caches[0].Cache;
        cache.ObservesWrites = true;
        Assert.True(cache.ObservesWrites);
        const PageAccess All = PageAccess.User | PageAccess.Write;
        PageTableEntry whole = PageTableEntry.Map(new(7), All).WithAccessed().WithDirty();
        foreach (ulong bit in (ulong[])[EntryBits.Present, EntryBits.User, EntryBits.Writable, EntryBits.Accessed, EntryBits.Dirty])
        {
            cache.GrantWrite(new(0x500), new(whole.Word & ~bit), _world.Ram);
            Assert.Equal(0, cache.WriteAddend(new(0x500)));
        }

        cache.GrantWrite(new(0x500), PageTableEntry.Map(new(256 + WindowFrames), All).WithAccessed().WithDirty(), _world.Ram);
        Assert.Equal(0, cache.WriteAddend(new(0x500)));
        cache.Fill(new(0x500), whole, _world.Ram);
        Assert.True(cache.ReadAddend(new(0x500)) != 0 && cache.WriteAddend(new(0x500)) == 0);
        cache.GrantWrite(new(0x500), whole, _world.Ram);
        Assert.Equal(cache.ReadAddend(new(0x500)), cache.WriteAddend(new(0x500)));
        cache.ObservesWrites = false;
        Assert.False(cache.ObservesWrites);
    }

    [Fact]
    public void ADisposedCacheGivesItsStorageBack()
    {
        TranslationCache cache = new(_world.Pool);
        Grant(cache, 0x500);
        Assert.True(cache.IsAttached);
        ((IDisposable)cache).Dispose();
        Assert.Equal((false, 0, 1), (cache.IsAttached, _world.Pool.AttachedCount, _world.Pool.FreeCount));
    }

    private unsafe void Grant(TranslationCache cache, params uint[] pages)
    {
        foreach (uint page in pages)
        {
            cache.FillRead(new(page), _world.Ram.HostAddress(new(3)));
            cache.FillWrite(new(page), _world.Ram.HostAddress(new(3)));
        }
    }
}
