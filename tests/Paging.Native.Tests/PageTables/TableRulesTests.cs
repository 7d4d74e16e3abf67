using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Sets of tables, their account, whose a table is, and the entries of the kernel half, in both formats.</summary>
public sealed class TableRulesTests
{
    public static TheoryData<TableFormat> Formats => [TableFormat.Classic, TableFormat.Pae];

    [Fact]
    public void ASetOfTablesBehavesLikeASortedSet()
    {
        Random random = new(1);
        for (int round = 0; round < 20; round++)
        {
            TableSet set = default;
            SortedSet<int> model = [];
            Assert.Equal(-1, set.NextFrom(0));
            for (int i = 0; i < 12; i++)
            {
                int index = random.Next(3) == 0 ? (random.Next(32) * 64) + (random.Next(2) * 63) : random.Next(2048);
                set.Add(index);
                model.Add(index);
                for (int at = 0; at < 2048; at++)
                    if (set.Contains(at) != model.Contains(at)) Assert.Fail($"{at} after {index}");
                foreach (int from in (int[])[0, 1, index, index + 1, index & ~63, 63, 64, 2046, 2047, 2048, 2049])
                    Assert.Equal(from <= 2047 ? model.GetViewBetween(from, 2047).Append(-1).First() : -1, set.NextFrom(from));
            }
        }
    }

    /// <summary>Directories and tables are counted, however they come and go; the limit refuses each before a frame is taken.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void TheAccountCountsEveryTableAndRefusesOneTooMany(TableFormat format)
    {
        using TableWorld world = new(format: format);
        TableSpace space = world.Begin();
        uint directories = format == TableFormat.Pae ? 5u : 1;
        Assert.Equal(directories, space.Tables.DirectoryFrames.Value);
        Assert.Equal(directories, space.Tables.Account.TableCount);
        space.MapNew(0);
        space.MapNew(0xBFFFF);
        Assert.Equal(directories + 2, space.Tables.Account.TableCount);
        Assert.Equal(directories + 2, world.Frames.CountOf(FrameState.PageTable).Value);
        Assert.True(space.Tables.TryTakeUncleared(out FrameNumber table));
        Assert.Equal(directories + 3, space.Tables.Account.TableCount);
        space.Tables.ReturnTableFrame(table);
        Limited full = new() { TableCount = space.Tables.Account.TableCount, CountMax = directories + 3 };
        space.Tables.Account = full;
        Assert.True(space.Tables.TryEnsureTable(new(0x800)));
        Assert.True(world.Ram.IsZero(space.Tables.ReadUpper(space.Tables.IndexOf(new(0x800))).Table));
        Assert.False(space.Tables.TryEnsureTable(new(0x1000)));
        Assert.False(space.Tables.TryTakeDirectoryFrame(out _));
        Assert.False(space.Tables.TryTakeUncleared(out _));
        Assert.Equal(directories + 3, full.TableCount);
        Assert.Equal(directories + 3, world.Frames.CountOf(FrameState.PageTable).Value);
        space.Unmap(PageTables.UserHalf);
        space.Tables.FreeEmptyTables(PageTables.UserHalf);
        Assert.Equal(directories, full.TableCount);
        space.End();
        Assert.Equal(0u, full.TableCount);
        Assert.Equal(0u, world.Frames.CountOf(FrameState.PageTable).Value);
    }

    /// <summary>With huge pages, tables come from the high end of memory, and go back there.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void TablesAreTakenFromAndGivenBackToWhereNothingMoves(TableFormat format)
    {
        using TableWorld world = new(frameCount: 256, format: format);
        world.Allocator.Fixed = new(world.Allocator);
        TableSpace space = world.Begin();
        uint highest = format == TableFormat.Pae ? 255u - 5 : 255 - 1;
        space.MapNew(5);
        Assert.Equal(highest, space.Tables.ReadUpper(0).Table.Value);
        space.Unmap(PageTables.UserHalf);
        space.Tables.FreeEmptyTables(PageTables.UserHalf);
        space.MapNew(5);
        Assert.Equal(highest, space.Tables.ReadUpper(0).Table.Value);
        world.AssertClean();
        world.EndAll();
    }

    /// <summary>A directory written by a host may point anywhere: only a table whose descriptor names this entry is visited.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void OnlyOnesOwnTablesAreVisitedAndFreed(TableFormat format)
    {
        using TableWorld world = new(format: format);
        TableSpace space = world.Begin(), other = world.Begin();
        space.MapNew(5);
        other.MapNew(5);
        FrameNumber table = space.Tables.ReadUpper(0).Table, cached = world.NewFrame(FrameState.PageCache);
        space.Tables.Own(9, cached);    // the owner fits, but it is no table
        if (format == TableFormat.Pae)    // a directory leads to tables, and is none
        {
            space.MapNew(0x8000);
            space.Unmap(new(default, new(512)));
            space.Tables.FreeEmptyTables(new(default, new(512)));
            space.Tables.StoreUpper(0, PageDirectoryEntry.ForTable(space.Tables.Quarters[1]));
            Assert.Equal([0x40], Visited(space.Tables));
            space.Tables.StoreUpper(0, default);
            space.MapNew(5);
            space.Unmap(new(new(0x8000), PageCount.One));
            space.Tables.FreeEmptyTables(PageTables.UserHalf);
            table = space.Tables.ReadUpper(0).Table;
        }

        uint tables = world.Frames[space.Tables.Directory].Private, count = space.Tables.Account.TableCount;
        (int Index, FrameNumber Frame)[] foreign =
            [(3, other.Tables.ReadUpper(0).Table), (4, table), (5, space.Tables.Directory), (9, cached), (7, world.NewFrame())];
        foreach ((int index, FrameNumber frame) in foreign) space.Tables.StoreUpper(index, PageDirectoryEntry.ForTable(frame));
        Assert.Equal([0], Visited(space.Tables));
        foreach ((int index, FrameNumber frame) in foreign[..1].Concat(foreign[3..]))
        {
            FrameState state = world.Frames[frame].State;
            space.Tables.FreeTable(index, frame);
            Assert.Equal(default, space.Tables.ReadUpper(index));
            Assert.Equal(state, world.Frames[frame].State);
        }

        Assert.Equal((tables, count), (world.Frames[space.Tables.Directory].Private, space.Tables.Account.TableCount));
        space.Tables.CountEntries(cached, 3);    // counts in tables only
        Assert.Equal(0u, world.Frames[cached].Private);
        foreach ((int index, FrameNumber _) in foreign) space.Tables.StoreUpper(index, default);
        world.AssertClean();
    }

    [Theory, MemberData(nameof(Formats))]
    public void ADetachedTableIsEmptyAndBelowNoDirectory(TableFormat format)
    {
        using TableWorld world = new(format: format);
        TableSpace space = world.Begin();
        space.Install(0x400, SwapEntry.ForSlot(1, 5).ToPageTableEntry());
        int index = space.Tables.IndexOf(new(0x400));
        FrameNumber table = space.Tables.ReadUpper(index).Table;
        uint count = space.Tables.Account.TableCount;
        space.Tables.DetachTable(index, table);
        Assert.Equal(default, space.Tables.ReadUpper(index));
        Assert.Equal((0u, 0u), (world.Frames[table].Private, world.Frames[space.Tables.Directory].Private));
        Assert.True(world.Ram.IsZero(table));
        Assert.Equal(count, space.Tables.Account.TableCount);
        space.Tables.ReturnTableFrame(table);
        world.AssertClean();
    }

    [Theory, MemberData(nameof(Formats))]
    public void TheKernelHalfIsSetFromItsFirstEntryOn(TableFormat format)
    {
        using TableWorld world = new(format: format);
        PageTables tables = world.Begin().Tables;
        (int first, int end) = format == TableFormat.Pae ? (1536, 2048) : (768, 1024);
        PageDirectoryEntry[] entries = [.. Enumerable.Range(0, end - first)
            .Select(static index => PageDirectoryEntry.ForTable(new((uint)index + 7), PageAccess.Write))];
        tables.SetKernelEntries(entries);
        for (int index = 0; index < end; index++)
            Assert.Equal(index < first ? default : entries[index - first], tables.ReadUpper(index));
        Assert.Equal(default, tables.ReadUpper(end));
        Assert.Throws<ArgumentOutOfRangeException>(() => tables.SetKernelEntries([.. entries, default]));
        entries[1] = PageDirectoryEntry.ForTable(new(3));
        Assert.Throws<ArgumentException>(() => tables.SetKernelEntries(entries));    // open to user mode
        tables.SetKernelEntries([default, PageDirectoryEntry.ForTable(new(4), PageAccess.None)]);
        Assert.Equal(default, tables.ReadUpper(first));
        Assert.Equal((4u, 9u), (tables.ReadUpper(first + 1).Table.Value, tables.ReadUpper(first + 2).Table.Value));
    }

    /// <summary>The user's walk beside the processor's, in pages of every gigabyte, before and after the table was used.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void TheUsersWalkIsTheProcessors(TableFormat format)
    {
        using TableWorld world = new(format: format);
        TableSpace space = world.Begin();
        uint[] pages = [0, 0x1FF, 0x200, 0x3FF, 0x400, 0x3FFFF, 0x40000, 0x401FF, 0x7FFFF, 0x80123, 0xBFDFF, 0xBFFFF];
        foreach (uint page in pages) space.MapNew(page, PageAccess.User | ((page & 1) == 0 ? PageAccess.Write : PageAccess.None));
        foreach (uint page in pages)
        {
            bool isWritable = (page & 1) == 0;
            PageTableEntry entry = space.Tables.Read(new(page));
            bool isUsed = space.Tables.ReadUpper(space.Tables.IndexOf(new(page))).IsAccessed;
            Assert.Equal(isUsed, UserWalk.Find(space.Tables, world.Ram, new(page)).HasTable);
            Assert.Equal(entry.WithAccessed(), UserWalk.Translate(space.Tables, world.Ram, new(page), isWrite: false));
            EntrySlot slot = UserWalk.Find(space.Tables, world.Ram, new(page));    // the walk has marked the directory's entry
            Assert.True(slot.HasTable);
            Assert.Equal(entry.WithAccessed(), slot.Entry);
            Assert.Equal(entry.WithAccessed(), space.Tables.SlotOf(new(page)).Entry);
            PageTableEntry written = UserWalk.Translate(space.Tables, world.Ram, new(page), isWrite: true);
            Assert.Equal(isWritable ? entry.WithAccessed().WithDirty() : default, written);
            Assert.Equal(isWritable ? written : entry.WithAccessed(), space.Tables.Read(new(page)));
        }

        Assert.Equal(default, UserWalk.Translate(space.Tables, world.Ram, new(0x900), isWrite: false));
        foreach (ulong bit in (ulong[])[EntryBits.Present, EntryBits.Writable, EntryBits.User, EntryBits.Accessed, EntryBits.Large])
        {
            PageDirectoryEntry whole = space.Tables.ReadUpper(0);
            space.Tables.StoreUpper(0, new(whole.Word ^ bit));
            Assert.False(UserWalk.Find(space.Tables, world.Ram, default).HasTable);
            space.Tables.StoreUpper(0, new((whole.Word & 0xFFF) | ((ulong)world.Ram.FrameCount.Value << 12)));
            Assert.False(UserWalk.Find(space.Tables, world.Ram, default).HasTable);    // beyond RAM
            space.Tables.StoreUpper(0, whole);
        }
    }

    /// <summary>Stores into a known slot: the first of a page, one that adds rights, and ones that change no present entry.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void AStoreIsCountedOnceAndDropsOnlyPresentEntries(TableFormat format)
    {
        using TableWorld world = new(format: format);
        ulong before = 0;
        TableSpace space = world.Begin();
        Assert.True(space.Cache.Epoch > before);    // cached translations of these frames become stale
        Assert.Equal(space.Tables.Directory.Value, world.Frames.Describe(space.Tables.Directory).Owner);
        EntrySlot slot = space.Tables.AddTableFor(new(0x500));
        FrameNumber frame = world.NewFrame(), table = space.Tables.ReadUpper(space.Tables.IndexOf(new(0x500))).Table;
        world.Frames[frame].MapCount++;
        PageTableEntry entry = PageTableEntry.Map(frame, PageAccess.User);
        space.Tables.StoreFirst(slot, entry);
        Assert.Equal((entry, 1u), (space.Tables.Read(new(0x500)), world.Frames[table].Private));
        space.Tables.Raise(new(0x500), slot, entry.WithWritable().WithAccessed().WithDirty());
        Assert.Equal(entry.WithWritable().WithAccessed().WithDirty(), space.Tables.Read(new(0x500)));
        Assert.Equal(1u, world.Frames[table].Private);
        world.AssertClean();

        before = space.Cache.Epoch;
        PageTableEntry other = SwapEntry.ForSlot(15, 0xFFFFFF).ToPageTableEntry();
        space.Install(0x501, other);
        space.Tables.Store(new(0x501), SwapEntry.ForSlot(0, 1).ToPageTableEntry());
        space.Tables.Store(new(0x501), SwapEntry.ForMarker(PageMarker.Guard).ToPageTableEntry());
        space.Tables.Store(new(0x501), default);
        PageTableEntry marked = new(space.Tables.Read(new(0x500)).Word | EntryBits.NoExecute);
        if (format == TableFormat.Classic) space.Tables.Store(new(0x500), marked);    // no room for the bit
        Assert.Equal(before, space.Cache.Epoch);
        Assert.Equal(1u, world.Frames[table].Private);
        space.Tables.MayBeClosed = true;
        space.End();
        Assert.True(space.Tables.TryBegin());
        Assert.False(space.Tables.MayBeClosed);
        Assert.True(space.Cache.Epoch > before);
    }

    private static List<int> Visited(PageTables tables)
    {
        List<int> seen = [];
        foreach (TablePart part in tables.PartsOf(PageTables.UserHalf)) seen.Add(part.Index);
        return seen;
    }

    private sealed class Limited : TableAccount
    {
        public Limited() => IsLimited = true;

        public uint CountMax { get; init; }

        protected override bool HasRoom => TableCount < CountMax;
    }
}
