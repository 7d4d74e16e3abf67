using Paging.Native.Translation;
using Xunit;

namespace Paging.Native.Tests;

public sealed class FilledGroupsTests : IDisposable
{
    private readonly AddendPair _pair = new(isShared: false);

    // SAFETY: the pair lives as long as the test.
    private unsafe FilledGroups Groups => new(_pair.Write);

    /// <summary>The runs are those of a set of pages, cut to the range; dropping them takes the marks of groups that they cover.</summary>
    [Fact]
    public void MarkedGroupsBehaveLikeASetOfPages()
    {
        Random random = new(1);
        SortedSet<uint> model = [];
        for (int step = 0; step < 3000; step++)
        {
            PageNumber page = AnyPage(random);
            if (random.Next(3) != 0)
            {
                if (Groups.TryAddBeside(page)) Assert.True(Groups.Contains(page));
                else Groups.Add(page);
                model.Add(page.Value / FilledGroups.PagesEach);
            }

            Assert.Equal(model.Contains(page.Value / FilledGroups.PagesEach), Groups.Contains(page));
            PageRange range = PageRange.Between(page, new(Math.Min(page.Value + (uint)random.Next(3000), PageCount.AddressSpace.Value)));
            bool drops = random.Next(8) == 0;
            Assert.Equal(PagesOf(model, range), Walk(range, drops));
            if (drops) model.RemoveWhere(group => IsWhole(group, range));
            for (int region = 0; region < 1024; region++) Assert.True(Groups.Agrees(region));
        }
    }

    /// <summary>Beside the slow path no region is marked: its storage may be taken away at the same time.</summary>
    [Fact]
    public void ATouchMarksGroupsOfMarkedRegionsOnly()
    {
        Assert.False(Groups.TryAddBeside(new(0x400)));
        Assert.False(Groups.Contains(new(0x400)));
        Groups.Add(new(0x400));
        Assert.True(Groups.TryAddBeside(new(0x7FF)));
        Assert.Equal([true, false, true], new uint[] { 0x43F, 0x440, 0x7C0 }.Select(page => Groups.Contains(new(page))));
        Assert.False(Groups.TryAddBeside(new(0x800)));
    }

    public void Dispose() => _pair.Dispose();

    private static PageNumber AnyPage(Random random) =>
        new((uint)(random.Next(2) == 0 ? random.Next(4096) : (1 << 20) - 1 - random.Next(2048)));

    private static bool IsWhole(uint group, PageRange range) =>
        range.First.Value <= group * FilledGroups.PagesEach && (group + 1) * FilledGroups.PagesEach <= range.End.Value;

    private static List<uint> PagesOf(SortedSet<uint> groups, PageRange range) =>
        [.. groups.SelectMany(static group => Enumerable.Range((int)group * FilledGroups.PagesEach, FilledGroups.PagesEach))
            .Select(static page => (uint)page).Where(page => range.Contains(new(page)))];

    private List<uint> Walk(PageRange range, bool drops)
    {
        List<uint> pages = [];
        PageNumber from = range.First;
        while (Groups.TryNextRun(ref from, range.End, out PageRange run))
        {
            for (PageNumber page = run.First; page < run.End; page += PageCount.One) pages.Add(page.Value);
            if (drops) Groups.Remove(run);
        }

        return pages;
    }
}
