using Xunit;

namespace Paging.Native.Tests;

/// <summary>Typed words compare and count as the plain numbers in them do: every operator beside the number's own, at the edges.</summary>
public sealed class WordOrderTests
{
    private static readonly uint[] Edges = [0, 1, 2, 0x1000, 0xBFFF_FFFF, 0xC000_0000, uint.MaxValue - 1, uint.MaxValue];

    [Fact]
    public void EveryComparisonIsThatOfTheNumbers()
    {
        foreach (uint left in Edges)
        {
            foreach (uint right in Edges)
            {
                bool[] expected = [left < right, left <= right, left > right, left >= right];
                Assert.Equal(expected, Compare(new FrameCount(left), new FrameCount(right)));
                Assert.Equal(expected, Compare(new FrameNumber(left), new FrameNumber(right)));
                Assert.Equal(expected, Compare(new PageCount(left), new PageCount(right)));
                Assert.Equal(expected, Compare(new PageNumber(left), new PageNumber(right)));
                Assert.Equal(expected, Compare(new PhysicalAddress(left), new PhysicalAddress(right)));
                Assert.Equal(expected, Compare(new VirtualAddress(left), new VirtualAddress(right)));
            }
        }
    }

    [Fact]
    public void SumsAndDifferencesAreThoseOfTheNumbers()
    {
        foreach (uint left in Edges)
        {
            foreach (uint right in Edges)
            {
                uint sum = unchecked(left + right), difference = unchecked(left - right);
                Assert.Equal(sum, (new FrameCount(left) + new FrameCount(right)).Value);
                Assert.Equal(difference, (new FrameCount(left) - new FrameCount(right)).Value);
                Assert.Equal(sum, (new FrameNumber(left) + new FrameCount(right)).Value);
                Assert.Equal(sum, (new PageCount(left) + new PageCount(right)).Value);
                Assert.Equal(difference, (new PageCount(left) - new PageCount(right)).Value);
                Assert.Equal(sum, (new PageNumber(left) + new PageCount(right)).Value);
                Assert.Equal(difference, (new PageNumber(left) - new PageCount(right)).Value);
                Assert.Equal(difference, (new PageNumber(left) - new PageNumber(right)).Value);
                Assert.Equal(sum, (new VirtualAddress(left) + right).Value);
                Assert.Equal(difference, (new VirtualAddress(left) - right).Value);
                Assert.Equal((ulong)left + right, (new PhysicalAddress(left) + right).Value);
            }
        }
    }

    [Fact]
    public void TheNextOneIsOneFurther()
    {
        FrameNumber frame = new(0xFFFF);
        PageNumber page = new(0xBFFFF);
        frame++;
        page++;
        Assert.Equal(0x10000u, frame.Value);
        Assert.Equal(PageNumber.FirstKernel, page);
    }

    /// <summary>Ten bits of directory, ten of table, twelve of offset: the fields of Intel's linear address, and back.</summary>
    [Theory]
    [InlineData(0x0000_0FFFu, 0u, 0, 0, 0xFFF)]
    [InlineData(0x003F_F001u, 0x3FFu, 0, 0x3FF, 1)]
    [InlineData(0x0040_0000u, 0x400u, 1, 0, 0)]
    [InlineData(0xFFFF_F800u, 0xF_FFFFu, 0x3FF, 0x3FF, 0x800)]
    public void AnAddressFallsIntoItsFields(uint address, uint page, int directory, int table, int offset)
    {
        VirtualAddress word = new(address);
        Assert.Equal(page, word.Page.Value);
        Assert.Equal((directory, table), (word.Page.DirectoryIndex, word.Page.TableIndex));
        Assert.Equal(offset, word.OffsetInPage);
        Assert.Equal(offset == 0, word.IsPageAligned);
        Assert.Equal(word, word.Page.Address + (uint)offset);
        PhysicalAddress high = new(address | 0xF_0000_0000UL);
        Assert.Equal((0xF0_0000 | page, (uint)offset), (high.Frame.Value, (uint)high.Value & VirtualAddress.OffsetMask));
        Assert.Equal(high, high.Frame.Address + (uint)offset);
    }

    [Theory, InlineData(0x1000u, 0x0FFFu, 1u), InlineData(0u, 0xFFFF_FFFFu, 1u), InlineData(0xFFFF_FFFFu, 0u, 0xFFFF_FFFFu)]
    public void TheDifferenceOfTwoAddressesIsInBytesAndWraps(uint high, uint low, uint bytes)
    {
        Assert.Equal(bytes, new VirtualAddress(high) - new VirtualAddress(low));
        Assert.Equal(new VirtualAddress(high), new VirtualAddress(low) + bytes);
    }

    [Fact]
    public void CountsAreBytesInPagesOf4096()
    {
        Assert.Equal(0x1_0000_0000ul, PageCount.AddressSpace.Bytes);
        Assert.Equal(0xC000_0000ul, PageCount.UserHalf.Bytes);
        Assert.Equal(4096ul, PageCount.One.Bytes);
        Assert.Equal(3ul << 20, FrameCount.MiB(3).Bytes);
        Assert.True(PageCount.Zero.IsZero);
        Assert.False(PageCount.One.IsZero);
    }

    /// <summary>Bytes round up to pages, up to the most pages that a count can hold, and not a byte further.</summary>
    [Fact]
    public void BytesRoundUpToTheLastCountThatFits()
    {
        const ulong Most = (ulong)uint.MaxValue << 12;
        Assert.Equal(0u, PageCount.Covering(0).Value);
        Assert.Equal(1u, PageCount.Covering(1).Value);
        Assert.Equal(1u, PageCount.Covering(4096).Value);
        Assert.Equal(2u, PageCount.Covering(4097).Value);
        Assert.Equal(uint.MaxValue, PageCount.Covering(Most).Value);
        Assert.Throws<ArgumentOutOfRangeException>(static () => PageCount.Covering(Most + 1));
    }

    private static bool[] Compare(FrameCount left, FrameCount right) => [left < right, left <= right, left > right, left >= right];

    private static bool[] Compare(FrameNumber left, FrameNumber right) => [left < right, left <= right, left > right, left >= right];

    private static bool[] Compare(PageCount left, PageCount right) => [left < right, left <= right, left > right, left >= right];

    private static bool[] Compare(PageNumber left, PageNumber right) => [left < right, left <= right, left > right, left >= right];

    private static bool[] Compare(PhysicalAddress left, PhysicalAddress right) =>
        [left < right, left <= right, left > right, left >= right];

    private static bool[] Compare(VirtualAddress left, VirtualAddress right) => [left < right, left <= right, left > right, left >= right];
}
