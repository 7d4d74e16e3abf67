using Paging.Native.Tables;
using Paging.Native.Translation;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

public sealed class TranslationPoolTests : IDisposable
{
    private readonly TableWorld _world = new(attachedCountMax: 3);

    public void Dispose() => _world.Dispose();

    [Fact]
    public void ADetachedPairIsClearedAndServesTheNextCache()
    {
        TableSpace first = NewSpace(), second = NewSpace();
        first.Access(0x500, AccessKind.Write);
        AddendPair pair = first.Cache.Pair;
        first.Cache.Detach();
        first.Cache.Detach();    // nothing left to give back
        Assert.False(first.Cache.IsAttached);
        Assert.False(first.Cache.TryReadHit(new(0x500000), out byte _));
        Assert.Equal((0, 1, 1), (_world.Pool.AttachedCount, _world.Pool.FreeCount, _world.Pool.PairCount));
        AssertClean();

        second.Access(0x501, AccessKind.Read);
        Assert.Same(pair, second.Cache.Pair);
        Assert.False(second.Cache.TryReadHit(new(0x500000), out byte _));
        Assert.Equal((1, 0, 1), (_world.Pool.AttachedCount, _world.Pool.FreeCount, _world.Pool.PairCount));
        AssertClean();
    }

    [Fact]
    public void OverTheLimitTheCacheAttachedLongestAgoLosesItsStorageAndNothingElse()
    {
        TableSpace[] spaces = [NewSpace(), NewSpace(), NewSpace(), NewSpace()];
        foreach (TableSpace space in spaces) Assert.NotNull(space.Access(0x500, AccessKind.Write));
        Assert.Equal([false, true, true, true], spaces.Select(space => space.Cache.IsAttached));
        Assert.Equal(3, _world.Pool.PairCount);
        Assert.NotNull(spaces[0].Access(0x500, AccessKind.Read));    // it misses, walks, and attaches again
        Assert.Equal([true, false, true, true], spaces.Select(space => space.Cache.IsAttached));
        AssertClean();
        spaces[2].Cache.Detach();    // from the middle of the list
        spaces[3].Cache.Detach();
        Assert.Equal(1, _world.Pool.AttachedCount);
        Assert.NotNull(spaces[1].Access(0x500, AccessKind.Write));
        spaces[0].Cache.Detach();    // from its front
        AssertClean();
        Assert.Equal(3, _world.Pool.PairCount);
    }

    /// <summary>Spaces that take turns miss once each, not in every hold; spaces that never come back take nothing.</summary>
    [Fact]
    public void APoolWithoutALimitGrowsForCachesThatComeBack()
    {
        const int usual = TranslationPool.UsualAttachedCountMax, count = 100;
        using TableWorld world = new(attachedCountMax: null);
        TableSpace[] spaces = [.. Enumerable.Range(0, count).Select(_ => NewSpace(world))];
        foreach (TableSpace space in spaces) Assert.NotNull(space.Access(0x500, AccessKind.Write));
        Assert.Equal((usual, usual, usual), (world.Pool.AttachedCount, world.Pool.PairCount, world.Pool.AttachedCountMax));
        Assert.Equal(usual * 16_384, world.Pool.CommittedBytes);
        foreach (TableSpace space in spaces) Assert.NotNull(space.Access(0x500, AccessKind.Read));
        Assert.Equal((count, count, count), (world.Pool.AttachedCount, world.Pool.PairCount, world.Pool.AttachedCountMax));
        Assert.All(spaces, static space => Assert.True(space.Cache.IsAttached && space.Cache.TryReadHit(new(0x500000), out byte _)));
        Assert.Equal(count * 16_384, world.Pool.CommittedBytes);
        TableSpace newcomer = NewSpace(world);
        Assert.NotNull(newcomer.Access(0x500, AccessKind.Write));
        Assert.Equal((count, false), (world.Pool.PairCount, spaces[count - usual].Cache.IsAttached));    // the oldest
        world.AssertClean();
    }

    /// <summary>It ends where the host has committed so much, and then the oldest makes room as under a limit.</summary>
    [Fact]
    public void APoolDoesNotGrowBeyondItsMemory()
    {
        using TableWorld world = new(attachedCountMax: null);
        TableSpace[] spaces = [.. Enumerable.Range(0, 70).Select(_ => NewSpace(world))];
        foreach (TableSpace space in spaces)
        {
            Assert.NotNull(space.Access(0x500, AccessKind.Write));
            for (int region = 2; region < 260; region++) world.Pool.NoteRegion(space.Cache.Pair, region);    // as if it had filled them
        }

        Assert.InRange(world.Pool.CommittedBytes, 256 << 20, long.MaxValue);
        foreach (TableSpace space in spaces) Assert.NotNull(space.Access(0x500, AccessKind.Read));
        Assert.Equal((64, 64), (world.Pool.PairCount, world.Pool.AttachedCountMax));
    }

    // The mark would survive no store, not even one of a zero.
    [Fact]
    public unsafe void TheSharedPairIsNeverStoredTo()
    {
        const long Mark = 0x5A5A_5A5A_5A5A_5A5A;
        TableSpace space = NewSpace();
        AddendPair shared = _world.Pool.Untouched;
        uint[] pages = [0, 0x3FF, 0x400, 0x500, 0x501, 0x80000, 0xBFFFF];
        new Span<long>(shared.Read, AddendPair.WordCount).Fill(Mark);

        Invalidate(space.Cache, pages);
        space.Tables.Store(new(0x500), space.Tables.Read(new(0x500)).WithoutAccessed());
        space.Unmap(PageTables.UserHalf);
        space.Cache.Detach();
        space.MapNew(0x500);
        WalkResult walk = space.Tables.Walk(new(0x500000), AccessKind.Write, ProcessorMode.User);
        space.Cache.Fill(new(0x500), walk.Effective, _world.Ram);
        space.Cache.FillRead(new(0x501), _world.Ram.HostAddress(new(1)));
        space.Cache.FillWrite(new(0x501), _world.Ram.HostAddress(new(1)));
        space.Cache.Detach();
        Invalidate(space.Cache, pages);
        space.Cache.Detach();

        Assert.False(shared.ReadWords.ContainsAnyExcept(Mark));
        Assert.True(shared.Read == shared.Write);
    }

    [Fact]
    public void ADisposedPoolLeavesCachesThatMissAndAreFilledInVain()
    {
        TableSpace attached = NewSpace(), idle = NewSpace();
        attached.Access(0x500, AccessKind.Write);
        _world.Pool.Dispose();
        foreach (TableSpace space in new[] { attached, idle })
        {
            Assert.False(space.Cache.TryReadHit(new(0x500000), out byte _));
            Assert.NotNull(space.Access(0x500, AccessKind.Write));
            Assert.False(space.Cache.IsAttached);
            FillInVain(space.Cache);
            space.Cache.Detach();
        }

        _world.Pool.Dispose();
    }

    [Fact]
    public void ADisposedPoolHasNoPairs()
    {
        TableSpace one = NewSpace(), two = NewSpace();
        one.Access(0x500, AccessKind.Read);
        two.Access(0x500, AccessKind.Read);
        one.Cache.Detach();
        _world.Pool.Dispose();
        Assert.Equal((0, 0, 0), (_world.Pool.AttachedCount, _world.Pool.FreeCount, _world.Pool.PairCount));
    }

    [Fact]
    public void APairThatAThreadMayStillUseWaitsAndANewOneIsMade()
    {
        TableSpace space = NewSpace();
        bool? isUnused = null;
        int askedCount = 0;
        _world.Pool.Share(() =>
        {
            askedCount++;
            return isUnused!.Value;
        });
        space.Access(0x500, AccessKind.Read);
        Assert.Equal(0, askedCount);    // there was none to use again
        AddendPair first = space.Cache.Pair;
        space.Cache.Detach();
        isUnused = false;
        space.Access(0x500, AccessKind.Read);
        Assert.NotSame(first, space.Cache.Pair);
        Assert.Equal((1, 2, 1), (_world.Pool.FreeCount, _world.Pool.PairCount, askedCount));
        space.Cache.Detach();
        isUnused = true;
        space.Access(0x500, AccessKind.Read);
        Assert.Equal((1, 2, 2), (_world.Pool.FreeCount, _world.Pool.PairCount, askedCount));
        AssertClean();
    }

    /// <summary>Random attaching and returning, beside a list: the caches with storage, their order, and the next to lose it.</summary>
    [Fact]
    public void CachesLoseTheirStorageInTheOrderInWhichTheyGotIt() => Property.ForSeeds(3, seed =>
    {
        Random random = new((int)seed);
        TableSpace[] spaces = [NewSpace(), NewSpace(), NewSpace(), NewSpace(), NewSpace()];
        List<TranslationCache> attached = [];
        for (int step = 0; step < 60; step++)
        {
            TableSpace one = spaces[random.Next(spaces.Length)];
            if (random.Next(3) == 0)
            {
                one.Cache.Detach();
                attached.Remove(one.Cache);
            }
            else
            {
                one.Access(0x500, AccessKind.Read);
                if (!attached.Contains(one.Cache)) attached.Add(one.Cache);
                if (attached.Count > 3) attached.RemoveAt(0);
            }

            Assert.Equal(attached.Count, _world.Pool.AttachedCount);
            foreach (TableSpace space in spaces)
            {
                int at = attached.IndexOf(space.Cache);
                Assert.Equal(at >= 0, space.Cache.IsAttached);
                Assert.Same(at > 0 ? attached[at - 1] : null, space.Cache.AttachedBefore);
                Assert.Same(at >= 0 && at + 1 < attached.Count ? attached[at + 1] : null, space.Cache.AttachedAfter);
            }
        }

        foreach (TableSpace space in spaces) space.Cache.Detach();
        AuditReport report = Audit();
        Assert.True(report.IsClean, report.ToString());
    });

    [Fact]
    public void APoolWithoutCachesIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new TranslationPool(0));

    [Fact]
    public void X5NamesAFreePairThatStillTranslates()
    {
        TableSpace space = NewSpace();
        space.Access(0x500, AccessKind.Write);
        AddendPair pair = space.Cache.Pair;
        space.Cache.Detach();
        Poke(pair, 77);
        Assert.True(Audit().Names("X5"));
    }

    [Fact]
    public void X6NamesAStoreToTheSharedPair()
    {
        Poke(_world.Pool.Untouched, AddendPair.WordCount - 1);
        Assert.True(Audit().Names("X6"));
    }

    [Fact]
    public void X4NamesATranslationOutsideTheMarkedRegions()
    {
        TableSpace space = NewSpace();
        space.Access(0x500, AccessKind.Write);
        Poke(space.Cache.Pair, 0x90000);
        Assert.True(Audit().Names("X4"));
    }

    private TableSpace NewSpace() => NewSpace(_world);

    private static TableSpace NewSpace(TableWorld world)
    {
        TableSpace space = world.Begin();
        space.MapNew(0x500);
        space.MapNew(0x501);
        return space;
    }

    private static void Invalidate(TranslationCache cache, uint[] pages)
    {
        foreach (uint page in pages)
        {
            cache.Invalidate(new(page));
            cache.InvalidateWrite(new(page));
            cache.InvalidateRange(new(new(page), PageCount.One));
        }

        cache.InvalidateRange(PageTables.UserHalf);
        cache.InvalidateWriteRange(PageTables.UserHalf);
        cache.InvalidateAll();
    }

    private unsafe void FillInVain(TranslationCache cache)
    {
        cache.FillRead(new(0x500), _world.Ram.HostAddress(new(1)));
        cache.FillWrite(new(0x500), _world.Ram.HostAddress(new(1)));
        cache.FillReads(new(0x500), [PageTableEntry.Map(new(1), PageAccess.User).WithAccessed()], _world.Ram);
        Assert.False(_world.Pool.Untouched.ReadWords.ContainsAnyExcept(0L));
    }

    private static unsafe void Poke(AddendPair pair, int page) => pair.Read[page] = 1;

    private AuditReport Audit()
    {
        AuditReport report = new();
        _world.Pool.Audit(report);
        return report;
    }

    private void AssertClean()
    {
        AuditReport report = Audit();
        Assert.True(report.IsClean, report.ToString());
        _world.AssertClean();
    }
}
