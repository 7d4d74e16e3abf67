using System.Reflection;
using Xunit;

namespace Paging.Native.Tests;

public class PageTableEntryTests
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    // The bits as the manuals number them, written down once more and not taken from EntryBits.
    private static readonly (string Flag, string Verb, int Bit)[] Flags =
    [
        ("IsPresent", "Present", 0), ("IsWritable", "Writable", 1), ("IsUser", "User", 2), ("IsWriteThrough", "WriteThrough", 3),
        ("IsCacheDisabled", "CacheDisabled", 4), ("IsAccessed", "Accessed", 5), ("IsDirty", "Dirty", 6), ("IsAttribute", "Attribute", 7),
        ("IsGlobal", "Global", 8), ("Software1", "Software1", 9), ("Software2", "Software2", 10), ("Software3", "Software3", 11),
        ("IsNoExecute", "NoExecute", 63),
    ];

    public static TheoryData<string, string, int> AllFlags => new(Flags.Select(flag => (flag.Flag, flag.Verb, flag.Bit)));

    [Theory, MemberData(nameof(AllFlags))]
    public void EachFlagIsOneBitAndItsReaderLooksAtNoOther(string flag, string verb, int bit)
    {
        _ = verb;
        PropertyInfo reader = typeof(PageTableEntry).GetProperty(flag, Everything)!;
        for (int other = 0; other < 64; other++)
        {
            Assert.Equal(other == bit, reader.GetValue(new PageTableEntry(1ul << other)));
            Assert.Equal(other != bit, reader.GetValue(new PageTableEntry(~(1ul << other))));
        }
    }

    [Theory, MemberData(nameof(AllFlags))]
    public void WithSetsTheBitAndWithoutClearsItAndNeitherChangesAnyOther(string flag, string verb, int bit)
    {
        _ = flag;
        MethodInfo with = typeof(PageTableEntry).GetMethod("With" + verb, Everything)!,
            without = typeof(PageTableEntry).GetMethod("Without" + verb, Everything)!;
        foreach (ulong word in new[] { 0ul, ~0ul, 0x1234_5678ul, 0xDEAD_BEEF_F00D_CAFEul })
        {
            Assert.Equal(new PageTableEntry(word | (1ul << bit)), with.Invoke(new PageTableEntry(word), null));
            Assert.Equal(new PageTableEntry(word & ~(1ul << bit)), without.Invoke(new PageTableEntry(word), null));
        }
    }

    [Fact]
    public void ATableOfFlagsNamesEveryFlagThatTheTypeHas()
    {
        IEnumerable<string> readers = typeof(PageTableEntry).GetProperties(Everything)
            .Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name);
        Assert.Equal(Flags.Select(flag => flag.Flag).Append("IsNeverTouched").Append("HasReservedBits").Order(StringComparer.Ordinal),
            readers.Order(StringComparer.Ordinal));
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
