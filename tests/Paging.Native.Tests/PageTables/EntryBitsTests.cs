using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Each bit of an entry by itself: its meaning, and that it has no other, in every kind of entry.</summary>
public sealed class EntryBitsTests
{
    private const ulong Beyond = 0x7FFF_FFF0_0000_0000, NoExecute = 1ul << 63;

    public static TheoryData<ulong> Words => [.. Enumerable.Range(0, 64).Select(static bit => 1ul << bit), 0, ulong.MaxValue];

    [Theory, MemberData(nameof(Words))]
    public void ADirectoryEntryOfPaeReportsItsBits(ulong word)
    {
        PaeDirectoryEntry entry = new(word);
        Assert.Equal(((word & 1) != 0, (word & 2) != 0, (word & 4) != 0, (word & 0x20) != 0, (word & 0x80) != 0, word >= NoExecute),
            (entry.IsPresent, entry.IsWritable, entry.IsUser, entry.IsAccessed, entry.IsLarge, entry.IsNoExecute));
        Assert.Equal((uint)((word >> 12) & 0xFF_FFFF), entry.Table.Value);
        Assert.Equal((uint)((word >> 12) & 0xFF_FE00), new PageDirectoryEntry(word).LargeFrameIn(TableFormat.Pae).Value);
        Assert.Equal((word & Beyond) != 0 || ((word & 0x80) != 0 && (word & 0x1F_E000) != 0), entry.HasReservedBits);
        Assert.Equal((word & Beyond) != 0 || (word & 0x1F_E000) != 0, new PaeDirectoryEntry(word | 0x80).HasReservedBits);
        Assert.Equal((word & 1) != 0, entry.ToString().Contains(" P", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Words))]
    public void AFrameIsTwentyFourBitsOfAnEntry(ulong word)
    {
        Assert.Equal((uint)((word >> 12) & 0xFF_FFFF), new PageTableEntry(word).Frame.Value);
        Assert.Equal((uint)((word >> 12) & 0xFF_FFFF), new PageDirectoryEntry(word).Table.Value);
        Assert.Equal((word & Beyond) != 0, new PageTableEntry(word).HasReservedBits);
    }

    [Fact]
    public void APieceOfAHugePageHasItsFlagsAndItsOwnFrame()
    {
        const ulong Flags = NoExecute | 0xF67;    // all but PS, PWT and PCD
        foreach ((TableFormat format, int count) in ((TableFormat, int)[])[(TableFormat.Classic, 1024), (TableFormat.Pae, 512)])
        {
            ulong flags = format == TableFormat.Classic ? Flags & uint.MaxValue : Flags;
            foreach (ulong attribute in (ulong[])[0, 0x80])
            {
                ulong first = 3ul * (ulong)count << 12;
                PageDirectoryEntry huge = PageDirectoryEntry.ForPiece(format, new(first | flags | attribute));
                Assert.Equal(first | flags | 0x80 | (attribute << 5), huge.Word);
                for (int index = 0; index < count; index += 37)
                    Assert.Equal((first + ((ulong)index << 12)) | flags | attribute, huge.PieceIn(format, index).Word);
            }
        }
    }

    [Fact]
    public void AnEntryThatForbidsFetchesShowsNx()
    {
        Assert.EndsWith(" NX P", new PageTableEntry(NoExecute | 1).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("1 P", new PageTableEntry(1).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, true, false, 0x0000_0902u)]
    [InlineData(true, true, true, 0x0000_0906u)]
    public void TheMarkOfASlotsPageComesAndGoes(bool isProtected, bool isSwap, bool isAny, uint word)
    {
        SwapEntry plain = SwapEntry.ForSlot(0, 9), entry = isProtected ? plain.WithProtection() : plain;
        Assert.Equal((isSwap, isAny, word), (entry.IsSwap, entry.IsProtected, (uint)entry.Word));
        Assert.Equal(plain, entry.WithoutProtection());
        Assert.Equal(entry.WithProtection(), entry.WithProtection().WithProtection());
        Assert.True(entry.IsWellFormed);
        Assert.Equal(9u << 5 | 1, entry.WithExclusive().Key);
    }

    [Fact]
    public void AMarkerThatOnlyProtectsVanishesWithTheProtection()
    {
        SwapEntry marker = SwapEntry.ForMarker(PageMarker.WriteProtected), guard = SwapEntry.ForMarker(PageMarker.Guard);
        Assert.True(marker.IsProtected);
        Assert.Equal(default, marker.WithoutProtection());
        Assert.False(guard.IsProtected);
        Assert.Equal(guard, guard.WithoutProtection());
        Assert.Equal(default, default(SwapEntry).WithoutProtection());
        Assert.False(new SwapEntry(guard.Word | 0x80).IsExclusive);    // only a slot can be exclusive
    }
}
