using Paging.Core.Reclaim;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>How long ago a page was evicted, in evictions and activations of its group. Linux: mm/workingset.c.</summary>
public class EvictionHistoryTests
{
    private readonly EvictionHistory _history = new(new FrameCount(4096));

    [Fact]
    public void APageThatComesBackAtOnceWasEvictedOneEvictionAgo()
    {
        _history.Remember(0, 7, 100);
        Assert.Equal(1u, Take(0, 7, 100));
    }

    [Fact]
    public void EvictionsAndActivationsSinceAreCounted()
    {
        _history.Remember(0, 7, 100);
        for (uint page = 0; page < 5; page++) _history.Remember(0, 8, page);
        for (int activation = 0; activation < 3; activation++) _history.Advance(0);
        Assert.Equal(9u, Take(0, 7, 100));
        Assert.Equal(4u, Take(0, 8, 4));
    }

    [Fact]
    public void APageThatCameBackIsDropped()
    {
        _history.Remember(0, 7, 100);
        Assert.NotNull(Take(0, 7, 100));
        Assert.Null(Take(0, 7, 100));
    }

    /// <summary>One entry for each frame, rounded up to a power of two; a newer page displaces an older one in the same entry.</summary>
    [Theory]
    [InlineData(64, 6)]
    [InlineData(65, 7)]
    [InlineData(100, 7)]
    [InlineData(128, 7)]
    public void AsManyPagesAreRememberedAsTheTableHasRoomFor(uint frames, int bits)
    {
        byte group = 3;
        EvictionHistory history = new(new FrameCount(frames));
        Dictionary<ulong, uint> entries = [];    // by the highest bits of the hash: the page that came last
        for (uint page = 0; page < 200; page++)
        {
            history.Remember(group, 7, page);
            entries[SplitMix64.Mix(((7UL << 32) | page) + (group * SplitMix64.Step)) >> (64 - bits)] = page;
        }

        uint[] remembered = [.. Enumerable.Range(0, 200).Select(static page => (uint)page)
            .Where(page => history.TryTake(group, 7, page, out _))];
        Assert.Equal(entries.Values.Order(), remembered);
    }

    [Fact]
    public void GroupsHaveHistoriesOfTheirOwn()
    {
        _history.Remember(3, 7, 100);
        for (int i = 0; i < 50; i++) _history.Advance(0);
        Assert.Null(Take(0, 7, 100));
        Assert.Null(Take(4, 7, 100));
        Assert.Equal(1u, Take(3, 7, 100));
    }

    [Fact]
    public void OwnersAndPagesAreDistinguished()
    {
        _history.Remember(0, 7, 100);
        _history.Remember(0, EvictionHistory.FirstDevice | 7, 100);
        Assert.Null(Take(0, 8, 100));
        Assert.Null(Take(0, 7, 101));
        Assert.Equal(1u, Take(0, EvictionHistory.FirstDevice | 7, 100));
        Assert.Equal(2u, Take(0, 7, 100));
    }

    private uint? Take(byte group, uint owner, uint index) =>
        _history.TryTake(group, owner, index, out uint distance) ? distance : null;
}
