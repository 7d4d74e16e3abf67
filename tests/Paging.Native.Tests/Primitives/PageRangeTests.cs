using Xunit;

namespace Paging.Native.Tests;

/// <summary>Ranges at the ends of the two halves, where an end is no page any more.</summary>
public sealed class PageRangeTests
{
    [Theory]
    [InlineData(0xBFFFFu, 1u, true)]
    [InlineData(0u, 0xC0000u, true)]
    [InlineData(0xBFFFFu, 2u, false)]
    [InlineData(0xC0000u, 1u, false)]
    [InlineData(0xC0000u, 0u, true)]
    [InlineData(0xFFFFFFFFu, 1u, false)]    // no wrap
    public void TheUserHalfEndsAtC0000000(uint first, uint count, bool isInside) =>
        Assert.Equal(isInside, new PageRange(new(first), new(count)).IsInUserHalf);

    [Theory]
    [InlineData(0xFFFFFu, 1u, true)]
    [InlineData(0xFFFFFu, 2u, false)]
    [InlineData(0xFFFFFFFFu, 2u, false)]
    public void TheAddressSpaceEndsAtFourGibibytes(uint first, uint count, bool isInside) =>
        Assert.Equal(isInside, new PageRange(new(first), new(count)).IsInAddressSpace);

    /// <summary>A length is rounded up; the last byte may be the last of 4 GiB.</summary>
    [Theory]
    [InlineData(0x1000u, 1u, true, 1u)]
    [InlineData(0x1000u, 0x1000u, true, 1u)]
    [InlineData(0x1000u, 0x1001u, true, 2u)]
    [InlineData(0x1001u, 0x1000u, false, 1u)]
    [InlineData(0x1000u, 0u, false, 0u)]
    [InlineData(0xFFFF_F000u, 0x1000u, true, 1u)]
    [InlineData(0xFFFF_F000u, 0x1001u, false, 2u)]
    [InlineData(0u, 0xFFFF_FFFFu, true, 0x10_0000u)]
    [InlineData(0x1000u, 0xFFFF_FFFFu, false, 0x10_0000u)]
    public void ARangeOfASystemCallIsRoundedUp(uint start, uint byteLength, bool isValid, uint count)
    {
        Assert.Equal(isValid, PageRange.TryCover(new(start), byteLength, out PageRange range));
        Assert.Equal(count, range.Count.Value);
    }

    /// <summary>Two pages of six, and every pair of ranges within them, beside sets.</summary>
    [Fact]
    public void RangesMeetAsTheirPagesDo()
    {
        foreach (PageRange one in All(6))
        {
            HashSet<uint> pages = [.. Pages(one)];
            for (uint page = 0; page < 8; page++) Assert.Equal(pages.Contains(page), one.Contains(new(page)));
            foreach (PageRange other in All(6))
            {
                uint[] both = [.. Pages(other).Where(pages.Contains)];
                Assert.Equal(both, Pages(one.Intersect(other)));
                if (!one.IsEmpty && !other.IsEmpty) Assert.Equal(both.Length != 0, one.Intersects(other));
            }
        }
    }

    private static IEnumerable<PageRange> All(uint end)
    {
        for (uint first = 0; first <= end; first++)
            for (uint count = 0; first + count <= end; count++) yield return new(new(first), new(count));
    }

    private static IEnumerable<uint> Pages(PageRange range) =>
        Enumerable.Range((int)range.First.Value, (int)range.Count.Value).Select(static page => (uint)page);
}
