using Paging.Native.Collections;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Runs of keys behave as the same keys one by one.</summary>
public sealed class RadixRunsTests
{
    private RadixTree _tree;

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(60u, 8)]      // across a leaf
    [InlineData(4_090u, 70)]  // across a level
    [InlineData(262_100u, 200)]
    public void ValuesOfARunAreThoseOfItsKeys(uint from, int count)
    {
        using RadixForest forest = new();
        for (uint key = from; key < from + (uint)count; key += 3) Assert.True(forest.TryInsert(ref _tree, key, key + 1));
        uint[] values = new uint[count + 100];
        Array.Fill(values, 99u);
        RadixRuns.Copy(forest, in _tree, from, values);
        for (int i = 0; i < values.Length; i++) Assert.Equal(forest.Find(in _tree, from + (uint)i), values[i]);
    }

    [Fact]
    public void AnEmptyTreeHasNoValuesAndNoTags()
    {
        using RadixForest forest = new();
        uint[] values = [1, 2, 3];
        RadixRuns.Copy(forest, in _tree, 1_000_000, values);
        Assert.Equal([0u, 0, 0], values);
        Assert.Equal(0, RadixRuns.CopyTagged(forest, in _tree, 0, RadixTag.Dirty, values));
        RadixRuns.SetTag(forest, ref _tree, 0, 1000, RadixTag.Dirty);
        RadixRuns.ClearTag(forest, ref _tree, 0, 1000, RadixTag.Dirty);
        Assert.Equal(0u, forest.Audit(in _tree, new()));
    }

    [Fact]
    public void InAnyOrderTheTreeIsThatOfSingleKeys() => Property.ForScripts(100, 60, static script =>
    {
        using RadixForest forest = new();
        RadixTree runs = default, single = default;
        foreach (uint word in script)
        {
            uint from = (word >> 8) % 9000;
            uint count = 1 + ((word >> 4) % 150);
            RadixTag tag = (word & 8) == 0 ? RadixTag.Dirty : RadixTag.Writeback;
            for (uint key = from; key < from + count; key++)
            {
                switch (word & 3)
                {
                    case 0 when forest.Find(in single, key) == 0 && key % 5 != 0:
                        Assert.True(forest.TryInsert(ref single, key, key + 1) && forest.TryInsert(ref runs, key, key + 1));
                        break;
                    case 1: forest.SetTag(ref single, key, tag); break;
                    case 2: forest.ClearTag(ref single, key, tag); break;
                    default: break;
                }
            }

            if ((word & 3) == 1) RadixRuns.SetTag(forest, ref runs, from, count, tag);
            if ((word & 3) == 2) RadixRuns.ClearTag(forest, ref runs, from, count, tag);
            Compare(forest, in runs, in single, from, tag);
        }

        AuditReport report = new();
        forest.Audit(in runs, report);
        Assert.True(report.IsClean, report.ToString());
    });

    private static void Compare(RadixForest forest, ref readonly RadixTree runs, ref readonly RadixTree single, uint from, RadixTag tag)
    {
        Span<uint> values = stackalloc uint[200];
        int tagged = RadixRuns.CopyTagged(forest, in runs, from, tag, values);
        for (int i = 0; i < tagged; i++)
            Assert.True(forest.HasTag(in single, from + (uint)i, tag) && values[i] == forest.Find(in single, from + (uint)i));
        if (tagged < values.Length) Assert.False(forest.HasTag(in single, from + (uint)tagged, tag));
    }
}
