using System.Reflection;
using Xunit;

namespace Paging.Native.Tests;

public class PageDirectoryEntryTests
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Dictionary<string, int> Bits = new(StringComparer.Ordinal)
    {
        ["Present"] = 0,
        ["Writable"] = 1,
        ["User"] = 2,
        ["Accessed"] = 5,
        ["Dirty"] = 6,
        ["Large"] = 7,
        ["Global"] = 8,
    };

    public static TheoryData<string> Changes => [.. typeof(PageDirectoryEntry).GetMethods(Everything)
        .Where(static method => method.Name.StartsWith("With", StringComparison.Ordinal) && method.GetParameters().Length == 0)
        .Select(static method => method.Name)];

    [Theory]
    [InlineData("IsPresent")]
    [InlineData("IsWritable")]
    [InlineData("IsUser")]
    [InlineData("IsAccessed")]
    [InlineData("IsDirty")]
    [InlineData("IsLarge")]
    public void AFlagIsOneBit(string flag)
    {
        PropertyInfo reader = typeof(PageDirectoryEntry).GetProperty(flag, Everything)!;
        for (int other = 0; other < 32; other++)
            Assert.Equal(other == Bits[flag[2..]], reader.GetValue(new PageDirectoryEntry(1u << other)));
    }

    [Theory, MemberData(nameof(Changes))]
    public void WithSetsTheBitAndWithoutClearsItAndNeitherChangesAnyOther(string change)
    {
        bool clears = change.StartsWith("Without", StringComparison.Ordinal);
        uint bit = 1u << Bits[change[(clears ? "Without" : "With").Length..]];
        MethodInfo method = typeof(PageDirectoryEntry).GetMethod(change, Everything)!;
        foreach (uint word in new[] { 0u, ~0u, 0x1234_5678u, 0xDEAD_BEEFu })
            Assert.Equal(new PageDirectoryEntry(clears ? word & ~bit : word | bit), method.Invoke(new PageDirectoryEntry(word), null));
    }

    [Fact]
    public void ATableOfTheUserHalfPermitsEverythingSoThatItsEntriesDecide()
    {
        Assert.Equal(0x00123007u, PageDirectoryEntry.ForTable(new(0x123)).Word);
        Assert.Equal(new FrameNumber(0x123), PageDirectoryEntry.ForTable(new(0x123)).Table);
        Assert.Equal(0x00123003u, PageDirectoryEntry.ForTable(new(0x123), PageAccess.Write).Word);
    }

    [Fact]
    public void ALargePageNamesTheFirstOf1024Frames()
    {
        PageDirectoryEntry entry = PageDirectoryEntry.ForLargePage(TableFormat.Classic, new(0x400), PageAccess.Write | PageAccess.Global);
        Assert.Equal(0x00400183u, entry.Word);
        Assert.Equal(new FrameNumber(0x400), entry.LargeFrameIn(TableFormat.Classic));
        Assert.False(entry.HasReservedBits);
    }

    [Theory]
    [InlineData(0x10_0400u, 0x0040_2081u)]
    [InlineData(0xFF_FC00u, 0xFFC1_E081u)]     // the last 4 MB below 64 GiB
    public void AFrameBeyond4GiBHasItsUpperBitsIn13To16(uint frame, uint word)
    {
        PageDirectoryEntry entry = PageDirectoryEntry.ForLargePage(TableFormat.Classic, new(frame), default);
        Assert.Equal(word, entry.Word);
        Assert.Equal(new FrameNumber(frame), entry.LargeFrameIn(TableFormat.Classic));
        Assert.False(entry.HasReservedBits);
        Assert.Equal(new FrameNumber(frame + 5), entry.PieceAt(5).Frame);
        Assert.Equal(entry, PageDirectoryEntry.ForPiece(TableFormat.Classic, entry.PieceAt(0)));
    }

    [Fact]
    public void TheReservedBitsOfALargePageAre17To21()
    {
        for (int bit = 0; bit < 32; bit++)
            Assert.Equal(bit is >= 17 and <= 21, new PageDirectoryEntry(1u << bit).HasReservedBits);
    }

    [Theory]
    [InlineData(0x00C000E7u, 0, 0x00C00067u)]          // PS goes, the rest stays
    [InlineData(0x00C000E7u, 1023, 0x00FFF067u)]
    [InlineData(0x00C011E7u, 5, 0x00C051E7u)]          // PAT of a large page is bit 12, of a small one bit 7
    public void APieceOfALargePageLooksLikeAnEntryOfATable(uint word, int index, uint piece) =>
        Assert.Equal(piece, new PageDirectoryEntry(word).PieceAt(index).Word);

    [Theory]
    [InlineData(0x0001A027u, "0001a027 A US RW P")]
    [InlineData(0x004001E3u, "004001e3 G PS D A RW P")]
    [InlineData(0u, "00000000")]
    public void AnEntryPrintsItsBits(uint word, string text) => Assert.Equal(text, new PageDirectoryEntry(word).ToString());
}
