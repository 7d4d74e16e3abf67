using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Pages that stay with the process when it goes back: which are asked for, and what makes a page one that has changed.</summary>
public sealed class KeptPagesTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly TableSpace _space;
    private readonly Journal _journal;
    private readonly List<uint> _asked = [];
    private readonly HashSet<uint> _refused = [];

    public KeptPagesTests()
    {
        _space = _world.Begin();
        foreach (uint page in (uint[])[0x3C0, 0x3FF, 0x400, 0x410]) _space.Install(page, Own().WithoutWritable().WithoutSoftware1());
        _journal = new(_world.Frames) { Tables = Tables.CloseTables() };
        foreach (TablePart part in Tables.PartsOf(PageTables.UserHalf)) ClosedTables.Open(Tables, Tables.FirstOf(part.Index));
        Tables.Journal = _journal;
    }

    private PageTables Tables => _space.Tables;

    public void Dispose()
    {
        Tables.Journal = null;
        _journal.Dispose();
        _world.Dispose();
    }

    [Fact]
    public void AKeptPageIsAskedForAgainOnceItIsDirty()
    {
        Write(0x3C0, 0x3FF, 0x400);
        Assert.Equal([0x3C0u, 0x3FF, 0x400], GoBack());
        Assert.False(Tables.Read(new(0x3FF)).IsDirty);
        Assert.Equal(0u, JournalWalk.CountChanged(Tables, _journal));
        Assert.Empty(GoBack());
        _space.Access(0x3FF, AccessKind.Write);    // the walker sets D
        Assert.Equal(1u, JournalWalk.CountChanged(Tables, _journal));
        Assert.Equal([0x3FFu], GoBack());
        Assert.Equal(3u, _journal.Count);
    }

    [Fact]
    public void APageThatTheKeeperRefusesGoesBackByItsEntry()
    {
        Write(0x3C0, 0x400);
        _refused.Add(0x400);
        Assert.Equal([0x3C0u, 0x400], GoBack());
        Assert.True(_journal.Has(new(0x3C0)));
        Assert.False(_journal.Has(new(0x400)));
        Assert.False(Tables.Read(new(0x400)).IsWritable);
    }

    /// <summary>A page that is no longer writable, exclusive, the user's, or whose next write is reported, is not even asked for.</summary>
    [Theory]
    [InlineData(EntryBits.Writable), InlineData(EntryBits.User), InlineData(EntryBits.Software1), InlineData(EntryBits.Software2)]
    [InlineData(EntryBits.Attribute), InlineData(EntryBits.Software3)]
    public void OnlyAnOrdinaryOwnPageIsKept(ulong bit)
    {
        Write(0x3C0);
        Assert.Equal([0x3C0u], GoBack());
        Tables.StoreUnnoted(new(0x3C0), new(Tables.Read(new(0x3C0)).Word ^ bit));
        Assert.Empty(GoBack());
        Assert.Equal(0u, _journal.Count);
    }

    /// <summary>Whoever changes an entry may have changed the page; it need not be dirty.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AChangedEntryIsDoubted(bool isNoted)
    {
        Write(0x400, 0x410);
        Assert.Equal([0x400u, 0x410], GoBack());
        Assert.True(JournalWalk.IsEqual(Tables, _journal, new(0x400), out FrameNumber own));
        Assert.Equal(Tables.Read(new(0x400)).Frame, own);
        PageTableEntry other = Own().WithoutDirty();
        if (isNoted) Tables.Store(new(0x400), other);
        else Tables.StoreUnnoted(new(0x400), other);
        Assert.Equal(1u, JournalWalk.CountChanged(Tables, _journal));
        Assert.False(JournalWalk.IsEqual(Tables, _journal, new(0x400), out _));
        Assert.True(JournalWalk.IsEqual(Tables, _journal, new(0x410), out _));
        Assert.Equal([0x400u], GoBack());
    }

    [Fact]
    public void APageThatWasNotWrittenBetweenTwoLooksIsKeptNoLonger()
    {
        Write(0x3C0, 0x3FF);
        Assert.Equal([0x3C0u, 0x3FF], GoBack());
        Assert.Empty(GoBack(looksThrough: true));    // written since the look before
        Assert.Empty(GoBack());    // no look
        Assert.Equal(2u, _journal.Count);
        _space.Access(0x3FF, AccessKind.Write);
        Assert.Equal([0x3FFu], GoBack(looksThrough: true));
        Assert.Equal(1u, _journal.Count);
        Assert.Empty(GoBack());
        Assert.Empty(GoBack(looksThrough: true));
        Assert.Empty(GoBack(looksThrough: true));
        Assert.Equal(0u, _journal.Count);
        Assert.Equal(-1, _journal.Dirty.NextFrom(0));
    }

    [Fact]
    public void ForgettingMakesEveryPageGoBack()
    {
        Write(0x3C0);
        _ = GoBack();
        _journal.NoteOf(new(0x3C0)).Place = new(7, 5);
        _journal.ForgetKept();
        Assert.Equal(default, _journal.NoteOf(new(0x3C0)).Place);
        Assert.Equal(1u, JournalWalk.CountChanged(Tables, _journal));
        Exchange exchange = default;
        Assert.False(JournalWalk.RestoreEntries(Tables, _journal, ref exchange));
        Assert.Equal(0u, _journal.Count);
    }

    /// <summary>What was known of a page's place goes with a new note; the iteration of its last write stays.</summary>
    [Fact]
    public void ANewNoteKnowsNoPlace()
    {
        _journal.NoteOf(new(5)).Place = new(0, 9);
        _journal.Put(new(5), default);
        Assert.Equal(new NotePlace(0, 9), _journal.NoteOf(new(5)).Place);
        _journal.NoteOf(new(5)).Place = new(1, 9);
        _journal.Put(new(5), default);
        Assert.Equal(default, _journal.NoteOf(new(5)).Place);
    }

    private PageTableEntry Own() => PageTableEntry.Map(_world.NewFrame(FrameState.PageCache), PageAccess.User | PageAccess.Write)
        .WithSoftware1().WithSoftware2().WithAccessed().WithDirty();

    private void Write(params uint[] pages)
    {
        foreach (uint page in pages) Tables.Store(new(page), Own());
    }

    private uint[] GoBack(bool looksThrough = false)
    {
        _asked.Clear();
        Exchange exchange = default;
        Keeper keeper = new(_asked, _refused, looksThrough);
        Assert.False(JournalWalk.RestoreEntries(Tables, _journal, ref exchange, ref keeper));
        AuditReport report = new();
        Tables.Audit(report);
        Assert.True(report.IsClean, report.ToString());
        return [.. _asked];
    }

    private readonly struct Exchange : IEntryExchange
    {
        public bool TryExchange(PageNumber page, PageTableEntry live, PageTableEntry kept, out PageTableEntry entry)
        {
            entry = new(kept.Word & ~EntryJournal.CachedMark);
            return true;
        }
    }

    private readonly struct Keeper(List<uint> asked, HashSet<uint> refused, bool looksThrough) : IPageKeeper
    {
        public static bool KeepsAny => true;

        public bool LooksThrough => looksThrough;

        public bool TryKeep(PageNumber page, FrameNumber own, ref JournalNote note)
        {
            asked.Add(page.Value);
            return !refused.Contains(page.Value);
        }
    }

    private sealed class Journal(FrameTable frames) : EntryJournal(frames)
    {
        protected override bool TryHoldSlot(SwapEntry entry) => true;

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => false;
    }
}
