using System.Reflection;
using Xunit;

namespace Paging.Native.Tests;

public class PageTableEntryTests
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    // The bits as the manuals number them, written down once more and not taken from EntryBits.
    private static readonly Dictionary<string, int> Bits = new(StringComparer.Ordinal)
    {
        ["Present"] = 0,
        ["Writable"] = 1,
        ["User"] = 2,
        ["Accessed"] = 5,
        ["Dirty"] = 6,
        ["Attribute"] = 7,
        ["Global"] = 8,
        ["Software1"] = 9,
        ["Software2"] = 10,
        ["Software3"] = 11,
        ["NoExecute"] = 63,
    };

    public static TheoryData<string> Readers => [.. typeof(PageTableEntry).GetProperties(Everything)
        .Where(static property => property.PropertyType == typeof(bool)).Select(static property => property.Name)
        .Except(["IsNeverTouched", "HasReservedBits"], StringComparer.Ordinal)];

    public static TheoryData<string> Changes => [.. typeof(PageTableEntry).GetMethods(Everything)
        .Where(static method => method.Name.StartsWith("With", StringComparison.Ordinal) && method.GetParameters().Length == 0)
        .Select(static method => method.Name)];

    [Theory, MemberData(nameof(Readers))]
    public void AFlagIsOneBitAndItsReaderLooksAtNoOther(string flag)
    {
        int bit = Bits[flag.StartsWith("Is", StringComparison.Ordinal) ? flag[2..] : flag];
        PropertyInfo reader = typeof(PageTableEntry).GetProperty(flag, Everything)!;
        for (int other = 0; other < 64; other++)
        {
            Assert.Equal(other == bit, reader.GetValue(new PageTableEntry(1ul << other)));
            Assert.Equal(other != bit, reader.GetValue(new PageTableEntry(~(1ul << other))));
        }
    }

    [Theory, MemberData(nameof(Changes))]
    public void WithSetsTheBitAndWithoutClearsItAndNeitherChangesAnyOther(string change)
    {
        bool clears = change.StartsWith("Without", StringComparison.Ordinal);
        ulong bit = 1ul << Bits[change[(clears ? "Without" : "With").Length..]];
        MethodInfo method = typeof(PageTableEntry).GetMethod(change, Everything)!;
        foreach (ulong word in new[] { 0ul, ~0ul, 0x1234_5678ul, 0xDEAD_BEEF_F00D_CAFEul })
            Assert.Equal(new PageTableEntry(clears ? word & ~bit : word | bit), method.Invoke(new PageTableEntry(word), null));
    }

    [Fact]
    public void AMappedEntryHoldsFrameAndAccessAndIsNeitherAccessedNorDirty()
    {
        PageTableEntry entry = PageTableEntry.Map(new(0xABCDE), PageAccess.User | PageAccess.Write);
        Assert.Equal(0xABCDE007u, entry.Word);
        Assert.Equal(new FrameNumber(0xABCDE), entry.Frame);
        Assert.Equal(0xABCDE000u, entry.FrameByteOffset);
        Assert.False(entry.IsAccessed || entry.IsDirty);
    }

    [Fact]
    public void AnotherFrameKeepsTheFlags() =>
        Assert.Equal(0x00042FFFu, new PageTableEntry(0xFFFF_FFFF).WithFrame(new(0x42)).Word);

    [Fact]
    public void OnlyTheZeroWordIsNeverTouched()
    {
        Assert.True(default(PageTableEntry).IsNeverTouched);
        for (int bit = 0; bit < 32; bit++) Assert.False(new PageTableEntry(1u << bit).IsNeverTouched);
    }

    [Theory]
    [InlineData(0x0001A067u, "0001a067 D A US RW P")]
    [InlineData(0x00FFFFFFu, "00ffffff S3 S2 S1 G PAT D A PCD PWT US RW P")]
    [InlineData(0x00000000u, "never touched")]
    [InlineData(0x00001A02u, "swap 0:1a")]
    [InlineData(0x00000104u, "guard")]
    public void AnEntryPrintsItsBits(uint word, string text) => Assert.Equal(text, new PageTableEntry(word).ToString());
}
