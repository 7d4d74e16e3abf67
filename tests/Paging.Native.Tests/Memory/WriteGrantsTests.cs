using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Rights to write are taken back in the order last in, first out; the list is full at its length and not before.</summary>
public sealed class WriteGrantsTests
{
    [Fact]
    public void TheRightNotedLastIsTakenFirst()
    {
        using WriteGrants grants = new();
        Assert.False(grants.TryTake(out _, out _));
        grants.Add(3, new(0xBFFFF));
        grants.Add(uint.MaxValue, new(0));
        Assert.True(grants.Contains(3, Page(0xBFFFF)));
        Assert.True(grants.Contains(uint.MaxValue, Page(0)));
        Assert.False(grants.Contains(3, Page(0)));
        Assert.True(grants.TryTake(out uint space, out PageNumber page));
        Assert.Equal((uint.MaxValue, 0u), (space, page.Value));
        Assert.False(grants.Contains(uint.MaxValue, Page(0)));
        Assert.True(grants.TryTake(out space, out page));
        Assert.Equal((3u, 0xBFFFFu), (space, page.Value));
        Assert.False(grants.TryTake(out space, out _));
        Assert.Equal(0u, space);
    }

    [Fact]
    public void AFullListRefusesAnotherRight()
    {
        using WriteGrants grants = new();
        while (!grants.IsFull) grants.Add(1, new(0));
        Assert.Contains("Add: all 65536", Assert.Throws<InvariantException>(() => grants.Add(1, new(0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ItIsFullAtItsLengthAndEmptyAfterwards()
    {
        using WriteGrants grants = new();
        for (uint i = 0; i < WriteGrants.CountMax; i++)
        {
            if (grants.IsFull) Assert.Fail($"full at {i}");
            grants.Add(1, new(i));
        }

        Assert.True(grants.IsFull);
        Assert.True(grants.Contains(1, Page(WriteGrants.CountMax - 1)));
        grants.Clear();
        Assert.False(grants.IsFull);
        Assert.False(grants.Contains(1, Page(0)));
        Assert.False(grants.TryTake(out _, out _));
    }

    private static PageRange Page(uint number) => new(new(number), PageCount.One);
}
