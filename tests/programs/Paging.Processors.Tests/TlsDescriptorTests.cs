using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>Descriptors of segments, taken apart again by the picture of SDM 3A, figure 5-8: each bit alone, and all.</summary>
public sealed class TlsDescriptorTests
{
    public static TheoryData<uint, uint, TlsFlags> Rows
    {
        get
        {
            TheoryData<uint, uint, TlsFlags> rows = [];
            for (int bit = 0; bit < 32; bit++) rows.Add(1u << bit, 5, TlsFlags.Is32Bit);
            for (int bit = 0; bit < 20; bit++) rows.Add(0x1234_5678, 1u << bit, TlsFlags.Is32Bit);
            for (int bit = 0; bit < 7; bit++) rows.Add(0x1234_5678, 0x9_8765, (TlsFlags)(1 << bit));
            rows.Add(uint.MaxValue, 0xF_FFFF, (TlsFlags)0x7F);
            rows.Add(0, 0xF_FFFF, TlsFlags.Is32Bit | TlsFlags.LimitInPages | TlsFlags.Useable);    // as a flat segment
            rows.Add(0x8000_0000, 0, TlsFlags.None);
            return rows;
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void EachBitIsInItsPlace(uint start, uint limit, TlsFlags flags)
    {
        ulong word = new TlsDescriptor(new(start), limit, flags).Word;
        Assert.Equal(start, (uint)((word >> 16 & 0xFF_FFFF) | (word >> 56 << 24)));
        Assert.Equal(limit, (uint)((word & 0xFFFF) | (word >> 48 & 0xF) << 16));
        bool Has(int bit) => (word >> bit & 1) != 0;
        Assert.Equal((true, 3u, true), (Has(40), (uint)(word >> 45 & 3), Has(44)));    // accessed, ring 3, code or data
        Assert.Equal(!flags.HasFlag(TlsFlags.ReadExecuteOnly), Has(41));
        Assert.Equal((uint)(flags & TlsFlags.Contents) >> 1, (uint)(word >> 42 & 3));
        Assert.Equal(!flags.HasFlag(TlsFlags.NotPresent), Has(47));
        Assert.Equal(flags.HasFlag(TlsFlags.Useable), Has(52));
        Assert.Equal((false, flags.HasFlag(TlsFlags.Is32Bit), flags.HasFlag(TlsFlags.LimitInPages)), (Has(53), Has(54), Has(55)));
    }

    /// <summary>What Linux takes for an empty entry is no segment (LDT_empty, LDT_zero).</summary>
    [Fact]
    public void AnEmptyDescriptorIsNoSegment()
    {
        Assert.Equal(0ul, default(TlsDescriptor).Word);
        Assert.Equal(0ul, new TlsDescriptor(default, 0, TlsFlags.ReadExecuteOnly | TlsFlags.NotPresent).Word);
        Assert.NotEqual(0ul, new TlsDescriptor(default, 1, TlsFlags.ReadExecuteOnly | TlsFlags.NotPresent).Word);
    }
}
