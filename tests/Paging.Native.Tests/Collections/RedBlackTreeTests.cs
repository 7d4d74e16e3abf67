using Paging.Native.Collections;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

public sealed class RedBlackTreeTests
{
    [Fact]
    public void AnEmptyTreeHasNoEnds()
    {
        using WeightedTree tree = new();
        Assert.Empty(tree.KeysUpward());
        Assert.Empty(tree.KeysDownward());
        Audits.AssertClean(tree.Audit);
    }

    [Theory]
    [InlineData(1)]    // ascending
    [InlineData(-1)]    // descending
    [InlineData(7919)]    // scattered
    public void AThousandKeysInAnyOrderAreWalkedInOrderAndLieShallow(int stride)
    {
        using WeightedTree tree = new();
        for (int i = 0; i < 1_000; i++) Assert.True(tree.Add((uint)(((i * stride % 1_000) + 1_000) % 1_000), 1));
        Assert.Equal(Enumerable.Range(0, 1_000).Select(key => (uint)key), tree.KeysUpward());
        Assert.Equal(Enumerable.Range(0, 1_000).Select(key => (uint)(999 - key)), tree.KeysDownward());
        Assert.InRange(tree.Depth(), 10, 2 * 10);    // 2 log2(n + 1)
        Audits.AssertClean(tree.Audit);
    }

    [Fact]
    public void AChangedWeightIsKnownAtTheRoot()
    {
        using WeightedTree tree = new();
        for (uint key = 0; key < 100; key++) tree.Add(key, 10);
        tree.SetWeight(tree.Find(37), 50);
        Assert.Equal(50u, tree[tree.Root].WeightMax);
        Assert.Equal(1_040ul, tree[tree.Root].WeightSum);
        tree.SetWeight(tree.Find(37), 1);
        Assert.Equal(10u, tree[tree.Root].WeightMax);
        Audits.AssertClean(tree.Audit);
    }

    [Fact]
    public void APlaceThatIsTakenIsNotWrittenOver()
    {
        using WeightedTree tree = new();
        for (uint key = 1; key <= 3; key++) tree.Add(key, 1);
        foreach (uint parent in new[] { 0u, tree.Root })
        {
            InvariantException failure = Assert.Throws<InvariantException>(
                () => RedBlackTree<WeightedTree.Nodes>.Insert(ref tree.Root, tree.All, parent, asLeft: true, 1));
            Assert.StartsWith("T4", failure.Message, StringComparison.Ordinal);
        }
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void ItsAnswersAgreeWithASortedDictionary() => Property.ForScripts(300, 300, script =>
    {
        using WeightedTree tree = new();
        SortedDictionary<uint, uint> model = [];
        foreach (uint word in script)
        {
            uint key = (word >> 2) % 64, weight = word >> 20;
            switch (word & 3)
            {
                case 0 or 1:
                    Assert.Equal(model.TryAdd(key, weight), tree.Add(key, weight));
                    break;
                case 2:
                    Assert.Equal(model.Remove(key), tree.Remove(key));
                    break;
                case 3 when model.ContainsKey(key):
                    model[key] = weight;
                    tree.SetWeight(tree.Find(key), weight);
                    break;
            }
            AssertSame(model, tree);
        }
        foreach (uint key in model.Keys.ToArray())
        {
            Assert.True(tree.Remove(key));
            model.Remove(key);
            AssertSame(model, tree);
        }
    });

    [Trait("Category", "Medium")]
    [Fact]
    public void ALargeTreeStaysBalancedWhileItChanges() => Property.ForSeeds(3, seed =>
    {
        using WeightedTree tree = new();
        SortedDictionary<uint, uint> model = [];
        Random random = new((int)seed);
        for (int step = 0; step < 20_000; step++)
        {
            uint key = (uint)random.Next(5_000);
            if (random.Next(20_000) > step) Assert.Equal(model.TryAdd(key, key), tree.Add(key, key));
            else Assert.Equal(model.Remove(key), tree.Remove(key));
            if (step % 1_000 == 0) AssertSame(model, tree);
        }
        AssertSame(model, tree);
    });

    [Fact]
    public void NoManagedMemoryIsTaken()
    {
        using WeightedTree tree = new();
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() =>
        {
            for (uint key = 0; key < 500; key++) Assert.True(tree.Add(key * 7919 % 1_000, key));
            for (uint key = 0; key < 500; key++) tree.SetWeight(tree.Find(key * 7919 % 1_000), key / 2);
            for (uint node = TreeOrder<WeightedTree.Nodes>.First(tree.Root, tree.All); node != 0;)
                node = TreeOrder<WeightedTree.Nodes>.Next(tree.All, node);
            for (uint key = 0; key < 500; key++) Assert.True(tree.Remove(key * 7919 % 1_000));
        }));
    }

    private static void AssertSame(SortedDictionary<uint, uint> model, WeightedTree tree)
    {
        Assert.Equal(model.Keys, tree.KeysUpward());
        Audits.AssertClean(tree.Audit);
        if (model.Count == 0) return;
        Assert.Equal(model.Values.Max(), tree[tree.Root].WeightMax);
        Assert.Equal(model.Values.Aggregate(0ul, (sum, weight) => sum + weight), tree[tree.Root].WeightSum);
    }
}
