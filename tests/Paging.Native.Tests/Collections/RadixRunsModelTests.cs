using Paging.Native.Collections;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Runs over five crowded leaves beside plain arrays: each bit of each leaf, and exactly how far a tagged run goes.</summary>
public sealed class RadixRunsModelTests
{
    private const uint First = 4096 - 160, Count = 320;    // crosses four leaves, and the first node of the second level

    [Fact]
    public void RunsAgreeWithAnArray() => Property.ForSeeds(6, static seed =>
    {
        Random random = new((int)seed);
        using RadixForest forest = new();
        RadixTree tree = default;
        bool[] present = new bool[Count];
        bool[][] tagged = [new bool[Count], new bool[Count]];
        for (uint at = 0; at < Count; at++)
        {
            present[at] = random.Next(40) != 0;
            if (present[at]) Assert.True(forest.TryInsert(ref tree, First + at, at + 1));
        }

        for (int step = 0; step < 60; step++)
        {
            int from = random.Next((int)Count), count = random.Next(1, (int)Count - from + 1);
            RadixTag tag = (RadixTag)random.Next(2);
            bool sets = random.Next(3) != 0;
            if (sets) RadixRuns.SetTag(forest, ref tree, First + (uint)from, (uint)count, tag);
            else RadixRuns.ClearTag(forest, ref tree, First + (uint)from, (uint)count, tag);
            for (int at = from; at < from + count; at++) tagged[(int)tag][at] = sets && present[at];
            AuditReport report = new();
            _ = forest.Audit(in tree, report);
            Assert.True(report.IsClean, report.ToString());
            for (int which = 0; which < 2; which++)
            {
                bool[] found = new bool[Count];
                for (uint at = 0; at < Count; at++) found[at] = forest.HasTag(in tree, First + at, (RadixTag)which);
                Assert.True(tagged[which].AsSpan().SequenceEqual(found));
            }

            CompareRun(forest, in tree, random.Next((int)Count), random.Next((int)Count + 70), tag, tagged[(int)tag]);
        }
    });

    /// <summary>A run of whole leaves, from the first slot of one to the last of another, and one bit less and more.</summary>
    [Theory]
    [InlineData(0u, 64u)]
    [InlineData(0u, 63u)]
    [InlineData(0u, 65u)]
    [InlineData(1u, 63u)]
    [InlineData(63u, 1u)]
    [InlineData(63u, 2u)]
    [InlineData(64u, 128u)]
    [InlineData(5u, 187u)]
    public void EdgesOfLeavesAreEdgesOfRuns(uint from, uint count)
    {
        using RadixForest forest = new();
        RadixTree tree = default;
        for (uint key = 0; key < 256; key++) Assert.True(forest.TryInsert(ref tree, key, key + 1));
        RadixRuns.SetTag(forest, ref tree, from, count, RadixTag.Dirty);
        for (uint key = 0; key < 256; key++) Assert.Equal(key - from < count, forest.HasTag(in tree, key, RadixTag.Dirty));
        uint[] values = new uint[256];
        Assert.Equal((int)count, RadixRuns.CopyTagged(forest, in tree, from, RadixTag.Dirty, values));
        for (uint at = 0; at < count; at++) Assert.Equal(from + at + 1, values[at]);
        Assert.All(values[(int)count..], static value => Assert.Equal(0u, value));
        Assert.Equal((int)count - 1, RadixRuns.CopyTagged(forest, in tree, from, RadixTag.Dirty, values.AsSpan(0, (int)count - 1)));
        RadixRuns.SetTag(forest, ref tree, 0, 256, RadixTag.Dirty);
        RadixRuns.ClearTag(forest, ref tree, from, count, RadixTag.Dirty);
        for (uint key = 0; key < 256; key++) Assert.Equal(key - from >= count, forest.HasTag(in tree, key, RadixTag.Dirty));
        Assert.Equal(0, RadixRuns.CopyTagged(forest, in tree, from, RadixTag.Dirty, values));
        AuditReport report = new();
        _ = forest.Audit(in tree, report);
        Assert.True(report.IsClean, report.ToString());
    }

    private static void CompareRun(RadixForest forest, ref readonly RadixTree tree, int from, int room, RadixTag tag, bool[] tagged)
    {
        uint[] values = new uint[room];
        int run = 0;
        while (run < room && from + run < tagged.Length && tagged[from + run]) run++;
        Assert.Equal(run, RadixRuns.CopyTagged(forest, in tree, First + (uint)from, tag, values));
        for (int at = 0; at < run; at++) Assert.Equal((uint)(from + at + 1), values[at]);
    }
}
