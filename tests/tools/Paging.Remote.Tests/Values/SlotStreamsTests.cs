namespace Paging.Remote.Tests;

/// <summary>Which slots are read ahead.</summary>
public sealed class SlotStreamsTests
{
    [Fact]
    public void AMissBringsItsNeighbours() => Assert.Equal([8u, 9, 10, 12, 13, 14, 15], new SlotStreams(8).With(11));

    [Fact]
    public void WithoutAWindowASlotComesAlone() => Assert.Empty(new SlotStreams(1).With(11));

    [Fact]
    public void TwoEqualStridesAreAStream()
    {
        SlotStreams streams = new(4);
        streams.With(100);
        streams.With(110);
        Assert.Equal([121u, 122, 123, 130, 140, 150, 160], streams.With(120));
        Assert.Equal([170u, 180, 190, 200], streams.Continue());
    }

    /// <summary>What misses after the slots that were requested ahead goes on with the stream; what misses elsewhere begins anew.</summary>
    [Fact]
    public void AMissAfterTheStreamContinuesIt()
    {
        SlotStreams streams = new(4);
        streams.With(100);
        streams.With(110);
        streams.With(120);
        streams.Continue();
        Assert.Equal([208u, 209, 211, 220, 230, 240, 250], streams.With(210));
        Assert.Equal([500u, 502, 503], streams.With(501));
        Assert.Empty(streams.Continue());
    }

    [Fact]
    public void SequentialReadsBringTheNextWindow()
    {
        SlotStreams streams = new(4);
        streams.With(0);
        streams.With(4);
        Assert.Equal([9u, 10, 11, 12, 13, 14, 15], streams.With(8));
        Assert.Equal([16u, 17, 18, 19], streams.Continue());
    }

    [Fact]
    public void SequentialReadsBackwardsBringTheWindowBefore()
    {
        SlotStreams streams = new(4);
        streams.With(43);
        streams.With(39);
        Assert.Equal([32u, 33, 34, 31, 30, 29, 28], streams.With(35));
        Assert.Equal([27u, 26, 25, 24], streams.Continue());
        Assert.Equal([20u, 21, 22, 19, 18, 17, 16], streams.With(23));
    }

    [Fact]
    public void BackwardsEndsAtSlotZero()
    {
        SlotStreams streams = new(2);
        streams.With(9);
        streams.With(6);
        Assert.Equal([2u, 0], streams.With(3));
    }
}
