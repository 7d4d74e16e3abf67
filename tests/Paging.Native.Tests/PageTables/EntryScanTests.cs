using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public class EntryScanTests
{
    [Fact]
    public unsafe void TheNextTouchedWordIsFoundFromEveryStartToEveryEnd()
    {
        const int Length = 40;
        uint* words = stackalloc uint[Length + 8];
        Random random = new(1);
        for (int round = 0; round < 60; round++)
        {
            for (int i = 0; i < Length + 8; i++) words[i] = random.Next(round / 4 + 1) == 0 ? 1u << random.Next(32) : 0;
            for (int from = 0; from <= Length; from++)
                for (int end = from; end <= Length; end++)
                {
                    int expected = from;
                    while (expected < end && words[expected] == 0) expected++;
                    Assert.Equal(expected, EntryScan.NextTouched(words, from, end));    // words beyond the end are often not zero
                }
        }
    }

    [Fact]
    public unsafe void TheNextWordUnlikeTheOthersIsFoundInBothWidths()
    {
        const int Length = 40;
        uint* narrow = stackalloc uint[Length + 8];
        ulong* wide = stackalloc ulong[Length + 8];
        Random random = new(2);
        for (int round = 0; round < 60; round++)
        {
            uint mask = 1u | (1u << random.Next(32)), value = (uint)random.NextInt64() & mask;
            for (int i = 0; i < Length + 8; i++)
            {
                narrow[i] = ((uint)random.NextInt64() & ~mask) | (random.Next(round / 4 + 1) == 0 ? ~value & mask : value);
                wide[i] = narrow[i] | ((ulong)random.Next() << 32);
            }

            for (int from = 0; from <= Length; from++)
                for (int end = from; end <= Length; end++)
                {
                    int expected = from;
                    while (expected < end && (narrow[expected] & mask) == value) expected++;
                    Assert.Equal(expected, EntryScan.NextUnlike(narrow, from, end, mask, value));
                    Assert.Equal(expected, EntryScan.NextUnlike(wide, from, end, mask, value));
                }
        }
    }

    [Fact]
    public void ARangeIsCutIntoTheTablesThatExist()
    {
        using TableWorld world = new();
        TableSpace space = world.Begin();
        foreach (uint page in new uint[] { 0, 0x400, 0xC00, 0xBFFFF }) space.Tables.TryEnsureTable(new(page));
        Assert.Equal(["00000-00400", "00400-00800", "00c00-01000", "bfc00-c0000"], Parts(space, PageTables.UserHalf));
        Assert.Equal(["003ff-00400", "00400-00800", "00c00-00c01"], Parts(space, PageRange.Between(new(0x3FF), new(0xC01))));
        Assert.Equal(["0040f-00410"], Parts(space, new(new(0x40F), PageCount.One)));
        Assert.Empty(Parts(space, PageRange.Between(new(0x800), new(0xC00))));
        Assert.Empty(Parts(space, new(new(0x40F), PageCount.Zero)));
    }

    private static List<string> Parts(TableSpace space, PageRange range)
    {
        List<string> parts = [];
        foreach (TablePart part in space.Tables.PartsOf(range))
        {
            Assert.Equal(part.Pages.First, part.PageAt(part.Start));
            Assert.Equal(part.Pages.End.Value, part.PageAt(part.Start).Value + (uint)(part.End - part.Start));
            parts.Add($"{part.Pages.First:x5}-{part.Pages.End:x5}");
        }

        return parts;
    }
}
