using Paging.Native.Frames;
using Paging.Native.Tables;
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
    public void OnlyPagesChangedSinceKeepTheRightToWrite(TableFormat format, int seed)
    {
        Random random = new(seed);
        using TableWorld world = new(4096, format: format);
        using Journal journal = new(world.Frames);
        TableSpace space = world.Begin();
        uint count = space.Tables.Huge.CountEach.Value, first = 3 * count;
        HashSet<uint> changed = [];
        for (uint page = first; page < first + count; page++)
        {
            if (random.Next(8) == 0) space.Install(page, SwapEntry.ForSlot(1, 2 | page).ToPageTableEntry());
            else if (random.Next(8) != 0) space.Install(page, space.MapNew(page).WithSoftware1());
        }

        Dictionary<uint, PageTableEntry> before =
            space.Touched().ToDictionary(static touched => touched.Page.Value, static touched => touched.Entry);
        TableSet closed = space.Tables.CloseTables().All;
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

    /// <summary>Each page of a table in turn is the only one that has changed since, or there is none.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void OneChangedPageAlone(TableFormat format)
    {
        using TableWorld world = new(256, format: format);
        using Journal journal = new(world.Frames);
        TableSpace space = world.Begin();
        uint count = space.Tables.Huge.CountEach.Value;
        PageTableEntry open = PageTableEntry.Map(new(5), PageAccess.User | PageAccess.Write).WithSoftware3();
        for (uint odd = 0; odd <= count; odd += odd % 64 is 0 or 63 ? 1u : 31)
        {
            space.Tables.Journal = null;
            for (uint page = 0; page < count; page++) space.Install(page, open);
            Assert.Equal(0, space.Tables.CloseTables().All.NextFrom(0));    // the first table, too
            FrameNumber after = space.Tables.ReadUpper(0).Table + new FrameCount(1);
            world.Ram.Fill(after, 0xFF);
            space.Tables.Journal = journal;
            if (odd < count) journal.Put(new(odd), default);
            space.Tables.OpenTable(new(odd % count));
            for (uint page = 0; page < count; page++)
                Assert.Equal(page == odd ? open : open.WithoutWritable(), space.Tables.Read(new(page)));
            Assert.True(world.Ram.IsFilledWith(after, 0xFF));
            if (odd < count) journal.Forget(new(odd));
        }

        space.Tables.Journal = null;
    }

    /// <summary>Opening a table that is open or was never closed, the kernel half, or an empty directory entry changes nothing.</summary>
    [Fact]
    public void OnlyAClosedTableOfTheUserHalfIsOpened()
    {
        using TableWorld world = new(256);
        using Journal journal = new(world.Frames);
        TableSpace space = world.Begin();
        PageTables tables = space.Tables;
        PageTableEntry open = PageTableEntry.Map(new(5), PageAccess.User | PageAccess.Write).WithSoftware3();
        space.Install(0, open);
        PageDirectoryEntry upper = tables.ReadUpper(0).WithoutWritable();
        tables.StoreUpper(0, upper);
        tables.OpenTable(default);    // a host has written that: nothing was ever closed
        Assert.Equal(upper, tables.ReadUpper(0));
        _ = tables.CloseTables();
        tables.Journal = journal;
        PageDirectoryEntry kernel = PageDirectoryEntry.ForTable(new(9), PageAccess.None);
        tables.SetKernelEntry(768, kernel);
        tables.OpenTable(PageNumber.FirstKernel);
        Assert.Equal(kernel, tables.ReadUpper(768));
        tables.OpenTable(new(0x400));
        ClosedTables.Open(tables, new(0x400));
        Assert.Equal(default, tables.ReadUpper(1));
        tables.OpenTable(default);
        Assert.Equal(open.WithoutWritable(), tables.Read(default));
        tables.StoreUnnoted(default, open);
        tables.OpenTable(default);
        Assert.Equal(open, tables.Read(default));
        tables.Journal = null;
    }

    [Theory]
    [InlineData(TableFormat.Classic, 10)]
    [InlineData(TableFormat.Pae, 9)]
    public void AHugeLeafIsNoTableToClose(TableFormat format, int order)
    {
        using TableWorld world = new(4096, format: format);
        TableSpace space = world.Begin();
        Assert.True(world.Allocator.TryAllocateBlock(order, FrameState.Anonymous, out FrameNumber first));
        world.Frames[first].MapCount = 1;
        PageTableEntry leaf = PageTableEntry.Map(first, PageAccess.User | PageAccess.Write);
        space.Tables.Huge.Store(new(1u << order), leaf);
        Assert.Equal(-1, space.Tables.CloseTables().All.NextFrom(0));
        Assert.Equal(leaf, space.Tables.Read(new(1u << order)));
    }

    private sealed class Journal(FrameTable frames) : EntryJournal(frames)
    {
        protected override bool TryHoldSlot(SwapEntry entry) => true;

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => false;
    }
}
