using Paging.Native.Diagnostics;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public class SwapEntryTests
{
    [Theory]
    [InlineData(0, 0u, 0x0000_0002u)]                     // slot 0 of device 0 is not "never touched"
    [InlineData(15, 0xFF_FFFFu, 0xFFFF_FF7Au)]
    [InlineData(1, 0x1A, 0x0000_1A0Au)]
    public void ASlotPacksDeviceAndNumberAndNeverSetsP(int device, uint slot, uint word)
    {
        SwapEntry entry = SwapEntry.ForSlot(device, slot);
        Assert.Equal(word, entry.Word);
        Assert.Equal((device, slot, SwapEntryKind.Swap), (entry.Device, entry.Slot, entry.Kind));
        Assert.True(entry is { IsSwap: true, IsMarker: false, IsNone: false, IsWellFormed: true });
        Assert.False(entry.ToPageTableEntry().IsPresent);
        Assert.Equal(entry, SwapEntry.From(entry.ToPageTableEntry()));
    }

    [Fact]
    public void AnExclusiveSlotIsTheSameSlot()
    {
        SwapEntry entry = SwapEntry.ForSlot(3, 9);
        Assert.False(entry.IsExclusive);
        Assert.True(entry.WithExclusive() is { IsExclusive: true, IsWellFormed: true, Device: 3, Slot: 9 });
        Assert.Equal(entry, entry.WithExclusive().WithoutExclusive());
    }

    [Theory]
    [InlineData((int)PageMarker.Guard, 0x0000_0104u)]
    [InlineData((int)PageMarker.Poison, 0x0000_0204u)]
    public void AMarkerGivesTheReasonForMissingContent(int number, uint word)
    {
        PageMarker marker = (PageMarker)number;
        SwapEntry entry = SwapEntry.ForMarker(marker);
        Assert.Equal(word, entry.Word);
        Assert.Equal(marker, entry.Marker);
        Assert.True(entry is { IsMarker: true, IsSwap: false, IsNone: false, IsWellFormed: true });
        Assert.False(entry.ToPageTableEntry().IsPresent);
    }

    [Fact]
    public void TheZeroWordIsNothing()
    {
        Assert.True(default(SwapEntry) is
        {
            IsNone: true, IsWellFormed: true, IsSwap: false, IsMarker: false, Kind: SwapEntryKind.None,
            Marker: PageMarker.None
        });
        Assert.True(SwapEntry.From(default).IsNone);
    }

    [Theory]
    [InlineData(0x0000_0100u)]    // no kind, but a slot
    [InlineData(0x0000_0004u)]    // marker 0
    [InlineData(0x0000_0304u)]    // marker 3
    [InlineData(0x0000_010Cu)]    // a marker on a device
    [InlineData(0x0000_0003u)]    // P is set: no swap entry at all
    [InlineData(0x0000_0105u)]
    public void OtherWordsAreNotWellFormed(uint word) => Assert.False(new SwapEntry(word).IsWellFormed);

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(15, 0x7FF_FFFFu)]
    [InlineData(3, 0x123_4567u)]
    public void AKeyIsTheSlotAndNothingElse(int device, uint slot)
    {
        SwapEntry entry = SwapEntry.ForSlot(device, slot);
        Assert.NotEqual(0u, entry.Key);
        Assert.Equal(entry.Key, entry.WithExclusive().WithProtection().Key);
        Assert.Equal(entry, SwapEntry.FromKey(entry.Key));
        Assert.Equal((device, slot, true), (entry.Device, entry.Slot, entry.IsWellFormed));
    }

    [Fact]
    public void TheEmptyEntryHasTheKeyZero() => Assert.Equal(default, SwapEntry.FromKey(0));

    [Fact]
    public void ASlotBeyondTheLastIsNotWellFormed() => Assert.False(new SwapEntry((1ul << 35) | 2).IsWellFormed);

    [Theory]
    [InlineData(16, 0u)]
    [InlineData(-1, 0u)]
    [InlineData(0, 0x800_0000u)]
    public void ASlotThatDoesNotFitIsRefusedWhereChecksAreOn(int device, uint slot)
    {
        Assert.SkipUnless(Check.Cheap, "needs checks");
        InvariantException failure = Assert.Throws<InvariantException>(() => SwapEntry.ForSlot(device, slot).IsNone);
        Assert.StartsWith("P5", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0u, "never touched")]
    [InlineData(0x0000_1A0Au, "swap 1:1a")]
    [InlineData(0x0000_0104u, "guard")]
    [InlineData(0x0000_0204u, "poison")]
    [InlineData(0x0000_0106u, "swap 0:1, protected")]
    [InlineData(0x0000_0404u, "protected")]
    [InlineData(0x0000_0304u, "not an entry: 00000304")]
    public void AnEntryPrintsItsMeaning(uint word, string text) => Assert.Equal(text, new SwapEntry(word).ToString());
}
