using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

public sealed class RadixForestTests
{
    private readonly FaultInjection _injection = new();
    private RadixTree _tree;

    [Fact]
    public void AnEmptyTreeIsAllZeroAndHasNothing()
    {
        using RadixForest forest = new();
        Assert.Equal(0u, forest.Find(in _tree, 0));
        Assert.Equal(0u, forest.Remove(ref _tree, uint.MaxValue));
        Assert.False(forest.TryNext(in _tree, 0, out _, out _));
        Assert.False(forest.Replace(ref _tree, 0, 1));
        Assert.False(forest.SetTag(ref _tree, 0, RadixTag.Dirty));
        forest.Clear(ref _tree);
        Assert.Equal(0u, forest.Audit(in _tree, new()));
    }

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(63u, 1)]
    [InlineData(64u, 2)]
    [InlineData(4_095u, 2)]
    [InlineData(4_096u, 3)]
    [InlineData(0x3FFF_FFFFu, 5)]
    [InlineData(0x4000_0000u, 6)]
    [InlineData(uint.MaxValue, 6)]
    public void HeightFollowsTheHighestKeyUpAndDown(uint key, int height)
    {
        using RadixForest forest = new();
        Insert(forest, 0, 7);
        if (key != 0) Insert(forest, key, 8);
        Assert.Equal(height, _tree.Height);
        Assert.Equal(key == 0 ? 7u : 8u, forest.Find(in _tree, key));
        Assert.Equal(7u, forest.Find(in _tree, 0));
        AssertClean(forest);
        if (key != 0) Assert.Equal(8u, forest.Remove(ref _tree, key));
        Assert.Equal(1, _tree.Height);
        Assert.Equal(7u, forest.Remove(ref _tree, 0));
        Assert.Equal(0, _tree.Height);
        Assert.Equal(0u, forest.NodeCount);
    }

    [Fact]
    public void KeysBeyondTheHeightAreNotFoundInIt()
    {
        using RadixForest forest = new();
        Insert(forest, 5, 9);
        Assert.Equal(0u, forest.Find(in _tree, 64 + 5));
        Assert.False(forest.HasTag(in _tree, 64 + 5, RadixTag.Dirty));
        Assert.False(forest.TryNext(in _tree, 64, out _, out _));
    }

    [Fact]
    public void ATagIsFoundInOrderOfKeysAndGoesWithItsEntry()
    {
        using RadixForest forest = new();
        foreach (uint key in new uint[] { 1, 70, 5_000, 0x8000_0000 }) Insert(forest, key, key + 1);
        Assert.True(forest.SetTag(ref _tree, 70, RadixTag.Dirty));
        Assert.True(forest.SetTag(ref _tree, 0x8000_0000, RadixTag.Dirty));
        Assert.False(forest.SetTag(ref _tree, 70, RadixTag.Dirty));
        Assert.True(forest.TryNextTagged(in _tree, 0, RadixTag.Dirty, out uint key1, out uint value));
        Assert.Equal((70u, 71u), (key1, value));
        Assert.True(forest.TryNextTagged(in _tree, 71, RadixTag.Dirty, out uint key2, out _));
        Assert.Equal(0x8000_0000u, key2);
        Assert.False(forest.TryNextTagged(in _tree, 0, RadixTag.Writeback, out _, out _));
        forest.Remove(ref _tree, 70);
        Insert(forest, 70, 1);
        Assert.False(forest.HasTag(in _tree, 70, RadixTag.Dirty));
        AssertClean(forest);
    }

    [Fact]
    public void ReplacingKeepsTheTagsAndInsertingHasNone()
    {
        using RadixForest forest = new();
        Insert(forest, 9, 1);
        forest.SetTag(ref _tree, 9, RadixTag.Writeback);
        Assert.True(forest.Replace(ref _tree, 9, 2));
        Assert.Equal(2u, forest.Find(in _tree, 9));
        Assert.True(forest.HasTag(in _tree, 9, RadixTag.Writeback));
        Assert.True(forest.ClearTag(ref _tree, 9, RadixTag.Writeback));
        Assert.False(forest.ClearTag(ref _tree, 9, RadixTag.Writeback));
        AssertClean(forest);
    }

    [Fact]
    public void ATagSurvivesANewLevelAboveIt()
    {
        using RadixForest forest = new();
        Insert(forest, 3, 1);
        forest.SetTag(ref _tree, 3, RadixTag.Dirty);
        Insert(forest, 1_000_000, 1);
        Assert.True(forest.TryNextTagged(in _tree, 0, RadixTag.Dirty, out uint key, out _));
        Assert.Equal(3u, key);
        AssertClean(forest);
    }

    [Theory]
    [InlineData(0u, 0xFFFF_FFFFu)]    // four levels on top and four below
    [InlineData(0u, 64u)]
    [InlineData(0xFFFF_FFFFu, 0u)]
    [InlineData(4_096u, 4_097u)]    // no node is missing
    public void AnInsertionWithoutMemoryChangesNothing(uint there, uint key)
    {
        using RadixForest forest = new(_injection);
        Insert(forest, there, 1);
        RadixTree before = _tree;
        uint nodes = forest.NodeCount;
        for (int failing = 1; ; failing++)
        {
            _injection.FailAtAllocation = failing;
            if (forest.TryInsert(ref _tree, key, 2)) break;
            Assert.Equal(before, _tree);
            Assert.Equal(nodes, forest.NodeCount);
            Assert.Equal(0u, forest.Find(in _tree, key));
            AssertClean(forest);
        }
        Assert.Equal(2u, forest.Find(in _tree, key));
        AssertClean(forest);
    }

    [Fact]
    public void ZeroIsNoValueAndAKeyIsNotInsertedTwice()
    {
        using RadixForest forest = new();
        Insert(forest, 1, 1);
        Assert.Throws<InvariantException>(() => forest.TryInsert(ref _tree, 2, 0));
        Assert.Throws<InvariantException>(() => forest.TryInsert(ref _tree, 1, 2));
        Assert.Throws<InvariantException>(() => forest.Replace(ref _tree, 1, 0));
    }

    [Fact]
    public void ClearingOneTreeLeavesTheOthers()
    {
        using RadixForest forest = new();
        RadixTree other = default;
        Assert.True(forest.TryInsert(ref other, 1 << 20, 5));
        uint nodes = forest.NodeCount;
        for (uint key = 0; key < 100_000; key += 7) Insert(forest, key, key + 1);
        forest.Clear(ref _tree);
        Assert.Equal(default, _tree);
        Assert.Equal(nodes, forest.NodeCount);
        Assert.Equal(5u, forest.Find(in other, 1 << 20));
    }

    [Fact]
    public void NoManagedMemoryIsTaken()
    {
        using RadixForest forest = new();
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (uint key = 0; key < 3_000; key += 3) Assert.True(forest.TryInsert(ref _tree, key, key + 1));
            for (uint key = 0; key < 3_000; key += 6) Assert.True(forest.SetTag(ref _tree, key, RadixTag.Dirty));
            for (uint key = 0; forest.TryNextTagged(in _tree, key, RadixTag.Dirty, out key, out _); key++)
                forest.ClearTag(ref _tree, key, RadixTag.Dirty);
            for (uint key = 0; key < 1_500; key += 3) Assert.True(forest.Remove(ref _tree, key) == key + 1);    // Assert.Equal allocates
            forest.Clear(ref _tree);
        }));
    }

    private void Insert(RadixForest forest, uint key, uint value) => Assert.True(forest.TryInsert(ref _tree, key, value));

    private void AssertClean(RadixForest forest) => Audits.AssertClean(
        report => Assert.Equal(forest.NodeCount, forest.Audit(in _tree, report)), forest.Nodes.Audit);
}
