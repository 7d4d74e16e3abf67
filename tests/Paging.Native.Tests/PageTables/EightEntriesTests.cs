using System.Runtime.Intrinsics;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Entries that are taken out eight at a time, and runs that are filled: as one by one.</summary>
public sealed class EightEntriesTests : IDisposable
{
    private const uint First = 3 * 1024;    // a whole table in both formats

    private TableWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void NeighboursAreFramesThatFollowOneAnother()
    {
        uint[] words = [.. Enumerable.Range(100, 8).Select(static frame => ((uint)frame << 12) | 0x67)];
        Assert.True(EntryScan.AreNeighbours(Vector256.Create(words)));
        words[3] ^= 0x867;    // bits below the frame number do not count
        Assert.True(EntryScan.AreNeighbours(Vector256.Create(words)));
        for (int at = 0; at < 8; at++)
        {
            foreach (int off in (int[])[-1, 1, 0x80000])
            {
                uint[] other = [.. words];
                other[at] = (uint)(other[at] + (off << 12));
                Assert.False(EntryScan.AreNeighbours(Vector256.Create(other)));
            }
        }
    }

    /// <summary>Runs of neighbours, broken at some places, in ranges that begin and end within a group of eight.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, false)]
    [InlineData(TableFormat.Classic, true)]
    [InlineData(TableFormat.Pae, false)]
    [InlineData(TableFormat.Pae, true)]
    public void EveryEntryOfTheRangeIsTakenOnceAndNoOther(TableFormat format, bool hasJournal)
    {
        Dispose();
        _world = new(4096, format: format);
        using Journal journal = new(_world.Frames);
        foreach ((uint from, uint count) in ((uint, uint)[])[(0, 64), (0, 63), (1, 63), (7, 9), (8, 8), (5, 2), (3, 40), (16, 31)])
        {
            TableSpace space = _world.Begin();
            FrameNumber block = Block();
            for (uint at = 0; at < 64; at++)
            {
                if (at is 19 or 37) continue;    // holes: their groups are not whole
                uint frame = at is 50 or 51 ? block.Value + (101 - at) : block.Value + at;    // changed places: no neighbours
                space.Install(First + at, PageTableEntry.Map(new(frame), PageAccess.User));
            }

            space.Tables.Journal = hasJournal ? journal : null;
            Dictionary<uint, PageTableEntry> before = space.Touched().ToDictionary(static one => one.Page.Value, static one => one.Entry);
            Collector sink = new() { Base = block };
            space.Tables.TakeRange(new(new(First + from), new(count)), ref sink);
            space.Tables.Journal = null;
            foreach ((uint page, PageTableEntry entry) in before)
            {
                bool isInside = page >= First + from && page < First + from + count;
                Assert.Equal(isInside ? default : entry, space.Tables.Read(new(page)));
                Assert.Equal(isInside ? 1 : 0, sink.Seen.Count(frame => frame == entry.Frame.Value));
                if (hasJournal) Assert.Equal(isInside, journal.Has(new(page)));
                if (hasJournal) journal.Forget(new(page));
            }

            int whole = 0;    // groups of eight neighbours that lie in the range
            for (uint at = 0; at < 64; at += 8)
                if (at >= from && at + 8 <= from + count && at is not (16 or 32 or 48)) whole++;
            Assert.Equal(hasJournal || format == TableFormat.Pae ? 0 : whole, sink.EightCount);    // wide entries go one by one
            Assert.Equal(before.Count - sink.Seen.Count, space.Touched().Count());
            AuditReport report = new();
            space.Tables.Audit(report);
            Assert.True(report.IsClean, report.ToString());
        }
    }

    /// <summary>Cached translations of the taken entries must not be found afterwards; those of other pages stay.</summary>
    [Fact]
    public void NoTranslationOfTakenEntriesIsLeft()
    {
        TableSpace space = _world.Begin();
        for (uint at = 0; at < 4; at++)
        {
            space.MapNew(First + at);
            Assert.NotNull(space.Access(First + at, AccessKind.Write));
        }

        space.Unmap(new(new(First + 1), new(2)));
        bool[] isCached =
            [.. Enumerable.Range(0, 4).Select(at => space.Cache.TryReadHit(new PageNumber(First + (uint)at).Address, out uint _))];
        Assert.Equal([true, false, false, true], isCached);
        space.Tables.CloseTables();
        Assert.True(space.Cache.TryReadHit(new PageNumber(First).Address, out uint hit));
        Assert.False(space.Cache.TryWriteHit(new PageNumber(First).Address, hit));
        space.Tables.OpenTable(new(First));
        _world.EndAll();
    }

    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void OnlyUntouchedEntriesAreFilled(TableFormat format)
    {
        Dispose();
        _world = new(4096, format: format);
        using Journal journal = new(_world.Frames);
        TableSpace space = _world.Begin();
        uint tableLength = space.Tables.Huge.CountEach.Value, last = First + tableLength - 6;
        Maker maker = new();
        PageTableEntry[] made = [new(1), new(2)];
        Assert.Equal(0u, space.Tables.FillUntouched(new(last), maker, made));    // there is no table
        Assert.Equal([default, default], made);
        PageTableEntry old = space.MapNew(last + 1);
        space.Tables.Journal = journal;
        made = new PageTableEntry[7];
        Assert.Equal(0u, space.Tables.FillUntouched(new(last), maker, made));    // one page further than the table
        made = new PageTableEntry[6];
        Assert.Equal(4u, space.Tables.FillUntouched(new(last), maker, made));    // 0, 2, 4 and 5: 1 is there, 3 is not made
        for (uint at = 0; at < 6; at++)
        {
            PageTableEntry expected = at is 1 or 3 ? default : Maker.Entry((int)at);
            Assert.Equal(expected, made[at]);
            Assert.Equal(at == 1 ? old : expected, space.Tables.Read(new(last + at)));
            Assert.Equal(at is not (1 or 3), journal.Has(new(last + at)));
        }

        AuditReport report = new();
        space.Tables.Audit(report);
        Assert.True(report.IsClean, report.ToString());
        space.Tables.Journal = null;
    }

    /// <summary>A closed table of which nothing has changed since: present entries lose the right to write.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void AGroupWithoutChangesIsProtectedAsAWhole(TableFormat format)
    {
        Dispose();
        _world = new(4096, format: format);
        using Journal journal = new(_world.Frames);
        TableSpace space = _world.Begin();
        FrameNumber block = Block();
        for (uint at = 0; at < 512; at++)
        {
            PageTableEntry entry = (at % 3) switch
            {
                0 => SwapEntry.ForSlot(1, at | 0x3F).WithExclusive().ToPageTableEntry(),
                1 => PageTableEntry.Map(new(block.Value + (at % 64)), PageAccess.Write | PageAccess.User).WithSoftware1().WithDirty(),
                _ => default,
            };
            if (!entry.IsNeverTouched) space.Install(First + at, entry);
        }

        Dictionary<uint, PageTableEntry> before = space.Touched().ToDictionary(static one => one.Page.Value, static one => one.Entry);
        TableSet closed = space.Tables.CloseTables().All;
        Assert.True(closed.Contains(space.Tables.IndexOf(new(First))));
        space.Tables.Journal = journal;
        space.Tables.OpenTable(new(First));
        space.Tables.Journal = null;
        foreach ((uint page, PageTableEntry entry) in before)
        {
            PageTableEntry expected = entry.IsPresent ? entry.WithoutWritable().WithoutSoftware1() : entry;
            Assert.Equal(expected, space.Tables.Read(new(page)));
        }
    }

    /// <summary>Slots of swap whose numbers follow one another as frames' do are no frames: each is taken by itself.</summary>
    [Fact]
    public void SlotsThatLookLikeNeighboursAreTakenOneByOne()
    {
        TableSpace space = _world.Begin();
        for (uint page = 0x800; page < 0x808; page++)
            space.Install(page, SwapEntry.ForSlot(0, (page - 0x800 + 50) << 4).ToPageTableEntry());
        Collector sink = new();
        space.Tables.TakeRange(new(new(0x800), new(8)), ref sink);
        Assert.Equal((0, 8), (sink.EightCount, sink.Seen.Count));
    }

    private FrameNumber Block()
    {
        Assert.True(_world.Allocator.TryAllocateBlock(6, FrameState.Kernel, out FrameNumber first));
        return first;
    }

    private struct Collector() : IEntrySink
    {
        public FrameNumber Base { get; init; }

        public List<uint> Seen { get; } = [];

        public int EightCount { get; private set; }

        public readonly void Take(PageNumber page, PageTableEntry entry) => Seen.Add(entry.Frame.Value);

        public bool TryTakeEight(PageTableEntry first)
        {
            for (uint at = 0; at < 8; at++) Seen.Add(first.Frame.Value + at);
            EightCount++;
            return true;
        }

        public readonly void TakeHuge(PageRange pages, PageTableEntry entry) => Assert.Fail("there are no huge leaves");
    }

    private readonly struct Maker : IEntrySource
    {
        public static PageTableEntry Entry(int index) => SwapEntry.ForSlot(2, 100 + (uint)index).ToPageTableEntry();

        public PageTableEntry Make(int index) => index == 3 ? default : Entry(index);
    }

    private sealed class Journal(FrameTable frames) : EntryJournal(frames)
    {
        protected override bool TryHoldSlot(SwapEntry entry) => true;

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => false;
    }
}
