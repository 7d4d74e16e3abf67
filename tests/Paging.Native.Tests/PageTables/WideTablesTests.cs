using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>The tables of PAE where they differ: entries of eight bytes, and four directories of a gigabyte each.</summary>
public sealed class WideTablesTests : IDisposable
{
    private readonly TableWorld _world = new(format: TableFormat.Pae);

    public void Dispose() => _world.Dispose();

    /// <summary>An entry is touched if any of its 64 bits is set, also one of the upper half alone.</summary>
    [Theory]
    [InlineData(1UL)]
    [InlineData(1UL << 31)]
    [InlineData(1UL << 32)]
    [InlineData(1UL << 63)]
    public unsafe void AnEntryIsTouchedIfAnyOfItsBitsIsSet(ulong word)
    {
        FrameNumber frame = _world.NewFrame();
        _world.Ram.Words(frame).Clear();
        EntryTable table = new(_world.Ram.HostAddress(frame), isWide: true);
        for (int index = 0; index < 512; index++)
        {
            table[index] = word;
            Assert.Equal(word, table[index]);
            for (int from = Math.Max(0, index - 9); from <= index; from++) Assert.Equal(index, table.NextTouched(from, 512));
            Assert.Equal(512, table.NextTouched(index + 1, 512));
            Assert.Equal(index, table.NextTouched(0, index));
            table[index] = 0;
        }
    }

    /// <summary>Entries alike in some bits, in both widths: the first that differs, at each place, and the end where none does.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void TheFirstEntryUnlikeTheOthersIsFound(bool isWide)
    {
        FrameNumber frame = _world.NewFrame();
        EntryTable table = new(_world.Ram.HostAddress(frame), isWide);
        int count = isWide ? 512 : 1024;
        for (int index = 0; index < count; index++) table[index] = 0x7065 | ((ulong)index << 16);
        for (int odd = 0; odd < count; odd++)
        {
            table[odd] ^= 0x20;
            foreach (int from in (int[])[0, Math.Max(0, odd - 3), odd])
                Assert.Equal(odd, table.NextUnlike(from, count, 0xFFF, 0x065));
            Assert.Equal(count, table.NextUnlike(odd + 1, count, 0xFFF, 0x065));
            Assert.Equal(odd, table.NextUnlike(0, odd, 0xFFF, 0x065));
            Assert.Equal(count, table.NextUnlike(0, count, 0xFDF, 0x045));
            table[odd] ^= 0x20;
        }
    }

    /// <summary>The next entry of a directory that is not zero lies in this directory or in a later one.</summary>
    [Fact]
    public void TheSearchForATableNamesOnlyEntriesThatAreThere()
    {
        TableSpace space = _world.Begin();
        int[] indexes = [0, 511, 1024, 1535];
        foreach (int index in indexes) space.MapNew((uint)index << 9);
        for (int from = 0; from < 1536; from += from % 512 is 0 or 511 ? 1 : 73)
        {
            foreach (int end in (int[])[from, 511, 512, 513, 1024, 1025, 1535, 1536])
            {
                int expected = indexes.Where(index => index >= from && index < end).Append(end).First();
                if (end >= from) Assert.Equal(expected, space.Tables.NextUpper(from, end));
            }
        }
    }

    /// <summary>A processor with a TLB of its own must drop a page that loses the right to execute; loads and stores go on.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TakingTheRightToExecuteEndsTheEpochAndKeepsAccesses(bool isHuge)
    {
        using TableWorld world = new(frameCount: 2048, format: TableFormat.Pae);
        TableSpace space = world.Begin();
        PageNumber page = new(0x400);
        if (isHuge)
        {
            Assert.True(world.Allocator.TryAllocateBlock(9, FrameState.Anonymous, out FrameNumber first));
            world.Frames[first].MapCount = 1;
            space.Tables.Huge.Store(page, PageTableEntry.Map(first, PageAccess.User | PageAccess.Write));
        }
        else
        {
            space.MapNew(page.Value);
        }

        Assert.NotNull(space.Access(page.Value, AccessKind.Read));
        ulong epoch = space.Cache.Epoch;
        Store(space.Tables, page, new(space.Tables.Read(page).Word | EntryBits.NoExecute));
        Assert.Equal(epoch + 1, space.Cache.Epoch);
        Assert.Equal(!isHuge, space.Cache.HasLostOnly(page, epoch));
        Assert.NotEqual(0, space.Cache.ReadAddend(page));
        Store(space.Tables, page, space.Tables.Read(page).WithoutNoExecute());
        Assert.Equal(epoch + 1, space.Cache.Epoch);

        void Store(PageTables tables, PageNumber at, PageTableEntry entry)
        {
            if (isHuge) tables.Huge.Store(at, entry);
            else tables.Store(at, entry);
        }
    }

    /// <summary>Pages at the ends of tables, of directories and of the user half, one alone and all together.</summary>
    [Fact]
    public void TheSearchPassesFromOneDirectoryToTheNext()
    {
        uint[] pages = [0, 0x1FF, 0x200, 0x3FFFF, 0x40000, 0x401FF, 0x40200, 0x7FFFF, 0x80000, 0xBFDFF, 0xBFFFF];
        foreach (uint page in pages)
        {
            TableSpace alone = _world.Begin();
            alone.MapNew(page);
            Assert.True(alone.Tables.TryNextTouched(default, PageNumber.FirstKernel, out PageNumber found, out _));
            Assert.Equal(page, found.Value);
            Assert.False(alone.Tables.TryNextTouched(found + PageCount.One, PageNumber.FirstKernel, out _, out _));
        }

        TableSpace space = _world.Begin();
        foreach (uint page in pages) space.MapNew(page);
        List<uint> seen = [];
        for (PageNumber page = default; space.Tables.TryNextTouched(page, PageNumber.FirstKernel, out page, out _); page++)
            seen.Add(page.Value);
        Assert.Equal(pages, seen);
        _world.AssertClean();
        _world.EndAll();
    }

    /// <summary>A pointer table and four directories, or nothing: every allocation on the way fails once.</summary>
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5)]
    public void ASpaceThatFindsNoDirectoryTakesNoFrame(int failAt)
    {
        uint free = _world.Allocator.FreeFrames.Value;
        _world.Injection.FailAtAllocation = failAt;
        TranslationCache cache = new(_world.Pool);
        Assert.False(new PageTables(_world.Ram, _world.Frames, _world.Allocator, cache, TableFormat.Pae).TryBegin());
        cache.Detach();
        Assert.Equal(free, _world.Allocator.FreeFrames.Value);
        Assert.Equal(0u, _world.Frames.CountOf(FrameState.PageTable).Value);
        _world.AssertClean();
    }
}
