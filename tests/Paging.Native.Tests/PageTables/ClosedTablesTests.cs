using Xunit;

namespace Paging.Native.Tests;

/// <summary>A table that a snapshot has closed is opened: entries lose the right to write, except those that have changed since.</summary>
public sealed class ClosedTablesTests
{
    [Theory]
    [InlineData(TableFormat.Classic, 1)]
    [InlineData(TableFormat.Classic, 2)]
    [InlineData(TableFormat.Pae, 1)]
    [InlineData(TableFormat.Pae, 2)]
    public void OnlyWhatHasChangedSinceKeepsTheRightToWrite(TableFormat format, int seed)
    {
        Random random = new(seed);
        using TableWorld world = new(4096, format: format);
        using Journal journal = new(world.Frames);
        TableSpace space = world.Begin();
        uint count = space.Tables.HugeCountOf().Value, first = 3 * count;
        HashSet<uint> changed = [];
        for (uint page = first; page < first + count; page++)
        {
            if (random.Next(8) == 0) space.Install(page, SwapEntry.ForSlot(1, 2 | page).ToPageTableEntry());
            else if (random.Next(8) != 0) space.Install(page, space.MapNew(page).WithSoftware1());
        }

        Dictionary<uint, PageTableEntry> before =
            space.Touched().ToDictionary(static touched => touched.Page.Value, static touched => touched.Entry);
        TableSet closed = space.Tables.CloseTables();
        Assert.True(closed.Contains(space.Tables.IndexOf(new(first))));
        Assert.False(space.Tables.ReadUpper(space.Tables.IndexOf(new(first))).IsWritable);
        space.Tables.Journal = journal;
        for (uint page = first; page < first + count; page++)
            if (random.Next(3) == 0 && changed.Add(page)) journal.Put(new(page), default);
        space.Tables.OpenTable(new(first));

        Assert.True(space.Tables.ReadUpper(space.Tables.IndexOf(new(first))).IsWritable);
        foreach ((uint page, PageTableEntry entry) in before)
        {
            PageTableEntry expected = entry.IsPresent && !changed.Contains(page) ? entry.WithoutWritable().WithoutSoftware1() : entry;
            Assert.Equal((page, expected), (page, space.Tables.Read(new(page))));
        }

        space.Tables.Journal = null;
        world.EndAll();
    }

    private sealed class Journal(FrameTable frames) : EntryJournal(frames)
    {
        protected override bool TryHoldSlot(SwapEntry entry) => true;

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => false;
    }
}
