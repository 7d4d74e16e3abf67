using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>When the trie of last pages is built and dropped, and that it finds what a sorted list finds.</summary>
public sealed class LastPageTrieTests
{
    private const int CountMin = 64;

    /// <summary>A trie that is not built has no answer: "none" would be a wrong one.</summary>
    [Fact]
    public void ATrieThatIsNotBuiltIsNotSearched()
    {
        using RadixForest forest = new();
        LastPageTrie trie = new(forest, CountMin);
        Assert.Throws<InvariantException>(() => trie.FirstEndingAt(new(0)));
    }

    [Fact]
    public void ItIsDueAfterAnEighthAsManySearchesAsItems()
    {
        using RadixForest forest = new();
        LastPageTrie trie = new(forest, CountMin);
        for (int search = 0; search < 100; search++) Assert.False(trie.IsDueAfterSearch(CountMin - 1));    // too few, and not counted
        for (int round = 0; round < 2; round++)
        {
            for (int search = 1; search < CountMin / 8; search++) Assert.False(trie.IsDueAfterSearch(CountMin));
            Assert.True(trie.IsDueAfterSearch(CountMin));
        }

        for (int search = 1; search < 800 / 8; search++) Assert.False(trie.IsDueAfterSearch(800));
        Assert.True(trie.IsDueAfterSearch(800));
        for (int search = 1; search < CountMin / 8; search++) Assert.False(trie.IsDueAfterSearch(CountMin));
        trie.Clear();    // counts from the beginning
        for (int search = 1; search < CountMin / 8; search++) Assert.False(trie.IsDueAfterSearch(CountMin));
        Assert.True(trie.IsDueAfterSearch(CountMin));
    }

    [Fact]
    public void ItFindsTheLowestThatEndsThereOrBehind()
    {
        using RadixForest forest = new();
        LastPageTrie trie = new(forest, CountMin);
        Assert.False(trie.IsMade);
        uint[] lasts = [0, 1, 63, 64, 200, 4095, 4096, 0xBFFFF];
        for (uint item = 0; item < lasts.Length; item++) Assert.True(trie.TryAdd(item + 1, new(lasts[item])));
        Assert.True(trie.IsMade);
        for (int at = 0; at < lasts.Length; at++)
        {
            Assert.Equal((uint)at + 1, trie.Find(new(lasts[at])));
            Assert.Equal((uint)at + 1, trie.FirstEndingAt(new(lasts[at])));
            Assert.Equal(at + 1 < lasts.Length ? (uint)at + 2 : 0, trie.FirstEndingAt(new(lasts[at] + 1)));
        }

        trie.Move(5, new(200), new(200));    // where it was
        Assert.Equal(5u, trie.Find(new(200)));
        trie.Move(5, new(200), new(300));
        Assert.Equal((0u, 5u, 5u), (trie.Find(new(200)), trie.Find(new(300)), trie.FirstEndingAt(new(65))));
        AuditReport report = new();
        trie.Audit(report);
        Assert.True(report.IsClean, report.ToString());
    }

    [Fact]
    public void ItIsDroppedBelowHalfOfTheCountThatBuildsIt()
    {
        using RadixForest forest = new();
        LastPageTrie trie = new(forest, CountMin);
        Assert.Equal(CountMin / 2, trie.CountToStay);
        for (uint item = 1; item <= 40; item++) Assert.True(trie.TryAdd(item, new(item)));
        trie.Remove(new(40), CountMin / 2);
        Assert.True(trie.IsMade);
        Assert.Equal((0u, 39u), (trie.Find(new(40)), trie.Find(new(39))));
        trie.Remove(new(39), (CountMin / 2) - 1);
        Assert.False(trie.IsMade);
        Assert.Equal(0u, trie.Find(new(1)));
    }

    /// <summary>
    /// Beside a sorted list, with no memory now and then: it has every item or none, so that no search is answered wrongly.
    /// </summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void ItHasEveryItemOrNone()
    {
        int refusals = 0;
        Property.ForSeeds(30, seed => refusals += CompareWithAList(seed));
        Assert.True(refusals > 200, $"only {refusals} allocations were refused");
    }

    private static int CompareWithAList(ulong seed)
    {
        Random random = new((int)seed);
        FaultInjection injection = new();
        using RadixForest forest = new(injection);
        LastPageTrie trie = new(forest, CountMin);
        SortedDictionary<uint, uint> items = [];    // last page → item
        int refusals = 0;
        for (int step = 0; step < 400; step++)
        {
            uint page = random.Next(3) == 0 ? (uint)random.Next(0xC0000) : (uint)random.Next(300);
            if (random.Next(6) == 0) injection.FailAtAllocation = random.Next(1, 3);
            bool isRefusing = injection.FailAtAllocation != 0;
            int kind = items.Count < CountMin / 2 ? 0 : random.Next(4);
            if (kind == 3)
            {
                (uint old, uint item) = items.ElementAt(random.Next(items.Count));
                if (items.ContainsKey(page)) continue;
                trie.Move(item, new(old), new(page));
                items.Remove(old);
                items.Add(page, item);
            }
            else if (kind == 2)
            {
                uint old = items.ElementAt(random.Next(items.Count)).Key;
                items.Remove(old);
                trie.Remove(new(old), items.Count);
                if (items.Count < trie.CountToStay) Assert.False(trie.IsMade);
            }
            else if (items.TryAdd(page, (uint)step + 1))
            {
                bool isAdded = trie.TryAdd((uint)step + 1, new(page));
                Assert.True(isAdded || isRefusing);
                Assert.Equal(isAdded, trie.IsMade);
            }

            injection.FailAtAllocation = 0;
            if (!trie.IsMade)    // dropped: the owner adds all again when a search is due
            {
                refusals++;
                Assert.Equal(0u, forest.NodeCount);
                foreach ((uint last, uint item) in items) Assert.True(trie.TryAdd(item, new(last)));
            }

            for (int search = 0; search < 4; search++)
            {
                uint from = search == 0 ? page : (uint)random.Next(400);
                uint expected = items.FirstOrDefault(entry => entry.Key >= from).Value;
                Assert.Equal(expected, trie.IsMade ? trie.FirstEndingAt(new(from)) : 0);
                Assert.Equal(items.GetValueOrDefault(from), trie.Find(new(from)));
            }
        }

        return refusals;
    }
}
