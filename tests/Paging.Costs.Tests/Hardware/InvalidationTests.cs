using Paging.Costs.Hardware;
using Paging.Native;

namespace Paging.Costs.Tests;

/// <summary>The manual's text beside the hardware: Intel SDM volume 3A, 4.8 and 4.10.</summary>
public sealed class InvalidationTests
{
    private readonly ScriptTables _tables = new(TableDepth.Classic);
    private readonly TranslationHardware _hardware = new(Shapes.One(64, 64) with { DirectoryCache = new(4, 4) });

    private TranslationOutcome Load(ulong page) => _hardware.Access(_tables, new(page), AccessKind.Read);

    /// <summary>4.10.4.1: MOV to CR3 "invalidates all TLB entries … except those for global pages", and all structure caches.</summary>
    [Fact]
    public void ALoadOfCr3KeepsGlobalPagesAlone()
    {
        ulong global = _tables.FirstGlobal, other = _tables.FirstSmall;
        Load(global);
        Load(other);
        _hardware.LoadCr3();
        Assert.Equal(TranslationOutcome.First, Load(global));
        long before = _hardware.Counts.EntryReads;
        Assert.Equal(TranslationOutcome.Walked, Load(other));
        Assert.Equal(2, _hardware.Counts.EntryReads - before);    // the directory's entry, too
        _hardware.DropAll();
        Assert.Equal(TranslationOutcome.Walked, Load(global));
    }

    /// <summary>Each place of an array can be emptied, the first as the last.</summary>
    [Theory, InlineData(1, 1), InlineData(4, 4), InlineData(4, 2), InlineData(3, 1)]
    public void EachPlaceCanBeEmptied(int entries, int ways)
    {
        SetArray array = new(new(entries, ways));
        for (ulong key = 2; key < 2 + (ulong)entries; key++) array.Add(key, key, value: 0);
        for (ulong key = 2; key < 2 + (ulong)entries; key++)
        {
            Assert.InRange(array.Find(key, key), 0, entries - 1);
            array.Remove(key, key);
            Assert.True(array.Find(key, key) < 0);
        }
    }

    /// <summary>4.10.4.1: INVLPG also drops global translations, and "all entries in all paging-structure caches".</summary>
    [Fact]
    public void InvlpgDropsOnePageGlobalOrNot()
    {
        ulong global = _tables.FirstGlobal, other = _tables.FirstSmall;
        Load(global);
        Load(other);
        Load(other + 1);
        _hardware.Invalidate(new(global), TableDepth.Classic);
        Assert.Equal(TranslationOutcome.First, Load(other));
        Assert.Equal(TranslationOutcome.Walked, Load(global));
        _hardware.Invalidate(new(other), TableDepth.Classic);
        long before = _hardware.Counts.EntryReads;
        Assert.Equal(TranslationOutcome.Walked, Load(other));
        Assert.Equal(2, _hardware.Counts.EntryReads - before);
        Assert.Equal(TranslationOutcome.First, Load(other + 1));
    }

    /// <summary>4.10.2.3: a large page has one translation; INVLPG of any of its pages drops it.</summary>
    [Fact]
    public void InvlpgOfAPieceDropsTheLargePage()
    {
        ulong large = _tables.FirstLarge;
        Load(large);
        Assert.Equal(TranslationOutcome.First, Load(large + 700));
        _hardware.Invalidate(new(large + 5), TableDepth.Classic);
        Assert.Equal(TranslationOutcome.Walked, Load(large + 700));
    }

    /// <summary>4.10.2.4, a split: without INVLPG the large translation still answers, with it the pieces walk.</summary>
    [Fact]
    public void ASplitNeedsAnInvalidation()
    {
        ulong large = _tables.FirstLarge;
        Load(large);
        _tables.Split(large);
        Assert.Equal(TranslationOutcome.First, Load(large + 1));
        Assert.Equal([large], _hardware.FindStale(_tables).Select(static page => page.Value));
        _hardware.Invalidate(new(large), TableDepth.Classic);
        Assert.Equal(TranslationOutcome.Walked, Load(large + 1));
        Assert.Equal(TranslationOutcome.Walked, Load(large + 2));
    }

    /// <summary>4.10.2.3: "no TLB entry for a page number whose translation uses an entry with P = 0".</summary>
    [Fact]
    public void WhatIsNotPresentIsNotCached()
    {
        Assert.Equal(TranslationOutcome.Refused, Load(_tables.FirstAbsent));
        Assert.Equal(TranslationOutcome.Refused, Load(_tables.FirstAbsent));
        Assert.Equal(2, _hardware.Counts.RefusedWalks);
        Assert.Equal(0, _hardware.Counts.Walks);
    }

    /// <summary>4.8: D is set before the first store; a translation that was cached without it needs another walk, once.</summary>
    [Fact]
    public void TheFirstStoreAfterALoadWalksForD()
    {
        ulong page = _tables.FirstSmall;
        Load(page);
        _tables.MakeDirty(page);    // by the engine's own walk, which the access has made already
        _hardware.Access(_tables, new(page), AccessKind.Write);
        _hardware.Access(_tables, new(page), AccessKind.Write);
        Assert.Equal((1, 1), (_hardware.Counts.DirtyWalks, _hardware.Counts.Walks));
    }

    /// <summary>Where the tables stay clean, as after a write-back before the report, each store walks for D.</summary>
    [Fact]
    public void EachStoreToACleanPageWalksForD()
    {
        for (int store = 0; store < 3; store++) _hardware.Access(_tables, new(_tables.FirstSmall), AccessKind.Write);
        Assert.Equal((2, 1), (_hardware.Counts.DirtyWalks, _hardware.Counts.Walks));
    }

    /// <summary>The only place of an array is emptied, too.</summary>
    [Fact]
    public void InvlpgEmptiesATlbOfOneEntry()
    {
        TranslationHardware hardware = new(Shapes.One(1, 1));
        hardware.Access(_tables, new(_tables.FirstSmall), AccessKind.Read);
        hardware.Invalidate(new(_tables.FirstSmall), TableDepth.Classic);
        Assert.Equal(TranslationOutcome.Walked, hardware.Access(_tables, new(_tables.FirstSmall), AccessKind.Read));
    }

    /// <summary>The second level of loads is the first of stores, as on a Core 2: a load may evict a store's page there.</summary>
    [Fact]
    public void ALoadEvictsAPageOfStoresFromTheirCommonTlb()
    {
        TranslationHardware hardware = new(new()
        {
            Tlbs =
            [
                new("DTLB0", 1, ServedAccesses.Loads, HeldPages.Small, new(4, 4)),
                new("DTLB1", 2, ServedAccesses.Data, HeldPages.Small, new(1, 1)),
            ],
        });
        ulong page = _tables.FirstSmall;
        _tables.MakeDirty(page);
        hardware.Access(_tables, new(page), AccessKind.Write);
        hardware.Access(_tables, new(page + 1), AccessKind.Read);
        Assert.Equal(TranslationOutcome.Walked, hardware.Access(_tables, new(page), AccessKind.Write));
    }

    /// <summary>A page that was mapped read-only and may be written now (copy on write): the fault has dropped the translation.</summary>
    [Fact]
    public void AStoreThroughAReadOnlyTranslationWalks()
    {
        ulong page = _tables.FirstSmall;
        _tables.Protect(page);
        Load(page);
        _tables.Unprotect(page);
        _tables.MakeDirty(page);
        Assert.Equal(TranslationOutcome.Walked, _hardware.Access(_tables, new(page), AccessKind.Write));
        Assert.Equal(0, _hardware.Counts.DirtyWalks);
    }

    [Fact]
    public void AccessesAllocateNothing()
    {
        UniformTables tables = new(TableDepth.Long, isLarge: false);
        TranslationHardware hardware = new(Shapes.Two(Replacement.Plru));
        hardware.Access(tables, new(1), AccessKind.Read);
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (ulong page = 0; page < 10_000; page++) hardware.Access(tables, new(page * 7 % 997), (AccessKind)(page % 3));
            hardware.LoadCr3();
        }));
    }

    [Theory]
    [InlineData(ServedAccesses.None, HeldPages.Both)]
    [InlineData(ServedAccesses.All, HeldPages.None)]
    public void ATlbForNothingIsRefused(ServedAccesses serves, HeldPages holds) => Assert.Contains("TLB: serves nothing",
        Assert.Throws<ArgumentException>(() => new TranslationHardware(new() { Tlbs = [new("TLB", 1, serves, holds, new(4, 4))] })).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 1, Replacement.Lru, "entries are 1 to 65536")]
    [InlineData(8, 3, Replacement.Lru, "entries are a multiple of the ways")]
    [InlineData(96, 6, Replacement.Plru, "plru needs ways that are a power of two, at most 64")]
    public void AnImpossibleArrayIsRefused(int entries, int ways, Replacement replacement, string reason) =>
        Assert.StartsWith($"The hardware cannot be made: TLB: {reason}.",
            Assert.Throws<ArgumentException>(() => new TranslationHardware(Shapes.One(entries, ways, replacement))).Message);
}
