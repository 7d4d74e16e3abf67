using Paging.Native;
using Paging.Native.Collections;
using Paging.Windows.Vads;

namespace Paging.Windows.Tests;

/// <summary>The tree of allocations beside a sorted list, and each rule of its audit broken by hand.</summary>
public sealed class VadTreeTests
{
    private const int Never = int.MaxValue;    // VADs from which there is a trie

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1, Never)]
    [InlineData(2, Never)]
    [InlineData(3, 2)]
    [InlineData(4, 64)]
    public void TheTreeIsTheSortedListAfterEveryStep(int seed, int trieFrom)
    {
        using NativeSlab<Vad> slab = new();
        using RadixForest nodes = new();
        VadTree tree = new(slab, nodes, trieFrom);
        SortedDictionary<uint, VadIndex> model = [];
        Random random = new(seed);
        for (int step = 0; step < 4000; step++)
        {
            uint page = (uint)random.Next(600) * 4;
            if (model.Remove(page, out VadIndex index))
            {
                tree.Remove(index);
            }
            else
            {
                Assert.True(tree.TryAdd(new(new(page), new(4)), default, out index));
                tree.SetLast(index, new(page + 2));
                model.Add(page, index);
            }

            Assert.Equal(model.Count, tree.Count);
            if (step % 16 == 0) Compare(tree, model);
        }
    }

    [Fact]
    public void AscendingInsertionsStayAsShallowAsTheyMayBe()
    {
        using NativeSlab<Vad> slab = new();
        using RadixForest nodes = new();
        VadTree tree = new(slab, nodes, Never);
        for (uint i = 0; i < 60_000; i++) Assert.True(tree.TryAdd(new(new(16 * i), new(1)), default, out _));
        AssertClean(tree);
    }

    [Fact]
    public void ASearchFindsThePageOrTheNextAllocationAboveIt()
    {
        using NativeSlab<Vad> slab = new();
        using RadixForest nodes = new();
        VadTree tree = new(slab, nodes, Never);
        tree.TryAdd(new(new(0x100), new(4)), default, out VadIndex low);
        tree.TryAdd(new(new(0x200), new(1)), default, out VadIndex high);
        Assert.Equal(low, tree.Covering(new(0x103)));
        Assert.Equal(VadIndex.None, tree.Covering(new(0x104)));
        Assert.Equal(high, tree.FirstEndingAfter(new(0x104)));
        Assert.Equal(low, tree.FirstEndingAfter(new(0x103)));
        Assert.Equal(VadIndex.None, tree.FirstEndingAfter(new(0x201)));
        tree.Remove(low);
        Assert.Equal(VadIndex.None, tree.Covering(new(0x103)));    // not remembered either
    }

    [Fact]
    public void TheAuditNamesAWrongBalance() => AssertNamed("T6", static (slab, tree) => slab[tree.Root.Value].Links.Balance = 1);

    [Fact]
    public void TheAuditNamesAWrongParent() => AssertNamed("T7", static (slab, tree) => slab[tree.First.Value].Links.Parent = 0);

    [Fact]
    public void TheAuditNamesAnOverlap() => AssertNamed("I1", static (slab, tree) => slab[tree.First.Value].Last = new(0x20));

    [Fact]
    public void TheAuditNamesAVadThatTheTrieHasElsewhere()
    {
        using NativeSlab<Vad> slab = new();
        using RadixForest nodes = new();
        VadTree tree = new(slab, nodes, 2);
        for (uint page = 0x10; page < 0x18; page++) tree.TryAdd(new(new(page), new(1)), default, out _);
        Assert.Equal(tree.First, tree.FirstEndingAfter(new(0x10)));    // enough searches: the trie is built
        Assert.NotEqual(0u, nodes.NodeCount);
        AssertClean(tree);
        slab[tree.Last.Value].Last = new(0x1F);
        AuditReport report = new();
        tree.Audit("test", report);
        Assert.True(report.Names("I13"));
    }

    [Fact]
    public void TheAuditNamesADepthThatNoBalancedTreeHas()
    {
        using NativeSlab<Vad> slab = new();
        uint parent = 0;
        for (int i = 0; i < 6; i++)
        {
            Assert.True(slab.TryAllocate(out uint node));
            slab[node].Links = TreeLinks.NewBelow(parent);
            if (parent != 0) slab[parent].Links.Right = node;
            parent = node;
        }

        AuditReport report = new();
        AvlTree<Nodes>.Audit(1, new(slab), 6, report);
        Assert.True(report.Names("T8"));
    }

    private static void AssertNamed(string rule, Action<NativeSlab<Vad>, VadTree> damage)
    {
        using NativeSlab<Vad> slab = new();
        using RadixForest nodes = new();
        VadTree tree = new(slab, nodes, Never);
        foreach (uint page in (ReadOnlySpan<uint>)[0x20, 0x10, 0x30]) tree.TryAdd(new(new(page), new(1)), default, out _);
        AssertClean(tree);
        damage(slab, tree);
        AuditReport report = new();
        tree.Audit("test", report);
        Assert.True(report.Names(rule));
    }

    private static void Compare(VadTree tree, SortedDictionary<uint, VadIndex> model)
    {
        AssertClean(tree);
        VadIndex at = tree.First, before = VadIndex.None;
        foreach ((uint page, VadIndex index) in model)
        {
            Assert.Equal(index, at);
            Assert.Equal(page, tree[at].First.Value);
            Assert.Equal(before, tree.Previous(at));
            Assert.Equal(index, tree.Covering(new(page + 2)));
            (before, at) = (at, tree.Next(at));
        }

        Assert.Equal(before, tree.Last);
    }

    private static void AssertClean(VadTree tree)
    {
        AuditReport report = new();
        tree.Audit("test", report);
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
    }

    private readonly struct Nodes(NativeSlab<Vad> slab) : ITreeNodes
    {
        public ref TreeLinks Links(uint node) => ref slab[node].Links;
    }
}
