using Paging.Native.Collections;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Each rule is broken by hand; the audit must name it.</summary>
public sealed class RadixAuditTests
{
    private delegate void Damage(RadixForest forest, ref RadixTree tree);

    [Fact]
    public void ASlotWithoutItsBitBreaksR1() => AssertNames("R1", (RadixForest forest, ref RadixTree tree) =>
        forest.Nodes[tree.Root].Bitmaps[RadixNode.Present] |= 1ul << 63);

    [Fact]
    public void AnEmptyNodeBreaksR1() => AssertNames("R1", (RadixForest forest, ref RadixTree tree) =>
        forest.Nodes[forest.Nodes[tree.Root].Slots[2]] = default);

    [Fact]
    public void ATagMissingInTheNodeAboveBreaksR2() => AssertFinds("R2", (RadixForest forest, ref RadixTree tree) =>
        forest.Nodes[tree.Root].Bitmaps[RadixNode.BitmapOf(RadixTag.Dirty)] = 0);

    [Fact]
    public void ATagWithoutAValueBreaksR2() => AssertFinds("R2", (RadixForest forest, ref RadixTree tree) =>
        forest.Nodes[forest.Nodes[tree.Root].Slots[2]].Bitmaps[RadixNode.BitmapOf(RadixTag.Dirty)] |= 1ul << 50);

    [Fact]
    public void ATagMissingInTheNodesBelowBreaksR2() => AssertFinds("R2", (RadixForest forest, ref RadixTree tree) =>
        forest.Nodes[tree.Root].Bitmaps[RadixNode.BitmapOf(RadixTag.Writeback)] = 1);

    [Fact]
    public void AWrongHeightBreaksR3()
    {
        AssertNames("R3", (RadixForest forest, ref RadixTree tree) => tree.Height = 0);
        AssertNames("R3", (RadixForest forest, ref RadixTree tree) => tree.Height = 7);
    }

    [Fact]
    public void ASuperfluousLevelBreaksR3() => AssertNames("R3", (RadixForest forest, ref RadixTree tree) =>
    {
        Assert.True(forest.Nodes.TryAllocate(out uint top));
        forest.Nodes[top].Slots[0] = tree.Root;
        forest.Nodes[top].Bitmaps[RadixNode.Present] = 1;
        forest.Nodes[top].Bitmaps[RadixNode.BitmapOf(RadixTag.Dirty)] = 1;
        tree.Root = top;
        tree.Height++;
    });

    [Fact]
    public void AWrongCountBreaksR4() => AssertFinds("R4", (RadixForest forest, ref RadixTree tree) => tree.Count++);

    [Fact]
    public void ANodeThatIsNotInUseBreaksR5() => AssertNames("R5", (RadixForest forest, ref RadixTree tree) =>
        forest.Nodes[tree.Root].Slots[5] = 999_999);

    [Fact]
    public void ANodeInTwoPlacesBreaksR5() => AssertNames("R5", (RadixForest forest, ref RadixTree tree) =>
        forest.Nodes[tree.Root].Slots[5] = forest.Nodes[tree.Root].Slots[2]);

    private static void AssertFinds(string rule, Damage damage) => AssertDamage(damage, audit => Audits.AssertFinds(rule, audit));

    private static void AssertNames(string rule, Damage damage) => AssertDamage(damage, audit => Audits.AssertNames(rule, audit));

    // Two levels, three nodes; key 0x85 is dirty.
    private static void AssertDamage(Damage damage, Action<Action<AuditReport>> assert)
    {
        using RadixForest forest = new();
        RadixTree tree = default;
        foreach (uint key in new uint[] { 3, 0x85, 0x86 }) Assert.True(forest.TryInsert(ref tree, key, 1));
        forest.SetTag(ref tree, 0x85, RadixTag.Dirty);
        Audits.AssertClean(report => forest.Audit(in tree, report));
        damage(forest, ref tree);
        assert(report => forest.Audit(in tree, report));
    }
}
