using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Notes of entries: the pages with one, the search for them and their count, and the form of a kept entry.</summary>
public sealed class EntryJournalTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly Journal _journal;

    public EntryJournalTests() => _journal = new(_world.Frames);

    public void Dispose()
    {
        _journal.Dispose();
        _world.Dispose();
    }

    /// <summary>Single pages at every edge of a word, of a group and of a region: counted, and found from every page before them.</summary>
    [Theory]
    [InlineData(0u), InlineData(63u), InlineData(64u), InlineData(511u), InlineData(512u), InlineData(960u), InlineData(1023u)]
    [InlineData(0x400u), InlineData(0x4000u + 1023u), InlineData(0xBFC00u), InlineData(0xBFFFFu)]
    public void ANoteIsCountedAndFoundFromEveryPageBeforeIt(uint number)
    {
        PageNumber page = new(number);
        PageTableEntry entry = PageTableEntry.Map(_world.NewFrame(), PageAccess.User);
        Assert.False(_journal.Has(page));
        _journal.Put(page, entry);
        Assert.True(_journal.Has(page));
        Assert.Equal(entry, _journal[page]);
        Assert.Equal(1u, _journal.Count);
        uint region = number & ~1023u;
        for (uint from = region; from < region + 1024; from++)
        {
            Assert.Equal(from <= number, _journal.TryNext(new(from), out PageNumber found));
            if (from <= number) Assert.Equal(page, found);
        }

        _journal.Forget(page);
        Assert.False(_journal.Has(page));
        Assert.Equal(0u, _journal.Count);
    }

    [Fact]
    public void EveryPageOfARegionCanHaveANote()
    {
        for (uint page = 0x800; page < 0xC00; page++) _journal.Put(new(page), default);
        Assert.Equal(1024u, _journal.Count);
        Assert.Equal(ulong.MaxValue, _journal.NotedOf(new(0xBC0)));
        Assert.False(_journal.Has(new(0x7FF)) || _journal.Has(new(0xC00)));
    }

    /// <summary>A region without a note has none, even if the next one has; words and notes of all pages are separate.</summary>
    [Fact]
    public void NotesAndWordsOfAllPagesLieApart()
    {
        _journal.Put(new(0x800), new(7));
        Assert.False(_journal.TryNext(new(0x400), out _));
        Assert.False(_journal.TryNext(new(0x7FF), out _));
        for (uint page = 5; page < 0xC0000; page += 0x101) _journal.Put(new(page), new(~(ulong)page));
        uint count = 1;
        for (uint page = 5; page < 0xC0000; page += 0x101, count++)
            Assert.Equal((true, ~(ulong)page), (_journal.Has(new(page)), _journal[new(page)].Word));
        Assert.Equal(count, _journal.Count);
    }

    /// <summary>A frame of the host beyond RAM has no descriptor; only the mark in its entry shows that the host owns it.</summary>
    [Fact]
    public void AFrameOfTheHostsIsMarkedAndNotHeld()
    {
        PageTableEntry entry = PageTableEntry.Map(new(0xFFFFF), PageAccess.User).WithSoftware3();
        Assert.Equal(entry.Word | EntryJournal.CachedMark, _journal.Keep(entry).Word);
        Assert.Equal(default, _journal.Keep(new(entry.Word & ~EntryBits.Software3)));
    }

    /// <summary>The kept and the live entry of one frame both lose the right to write: the next write copies.</summary>
    [Theory]
    [InlineData(FrameState.Anonymous)]
    [InlineData(FrameState.SwapCache)]
    public void AFrameThatIsKeptCannotBeWrittenByEither(FrameState state)
    {
        FrameNumber frame = _world.NewFrame(state);
        uint references = _world.Frames[frame].ReferenceCount;
        PageTableEntry old = PageTableEntry.Map(frame, PageAccess.User).WithSoftware1(), next = old.WithWritable().WithAccessed();
        PageTableEntry stored = _journal.Note(new(5), old, next);
        Assert.False(stored.IsWritable || stored.Software1);
        Assert.True(stored.IsAccessed);
        Assert.False(_journal[new(5)].IsWritable || _journal[new(5)].Software1);
        Assert.Equal(references + 1, _world.Frames[frame].ReferenceCount);
        Assert.Equal(next, _journal.Note(new(5), stored, next));    // the second change of a page is no news
        Assert.Equal(references + 1, _world.Frames[frame].ReferenceCount);
    }

    /// <summary>A page that is marked dirty stays so, even after its mark is dropped.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AKeptEntryIsDirtyIfItsPageIs(bool isMarked)
    {
        _journal.IsDirty = isMarked;
        PageTableEntry live = PageTableEntry.Map(_world.NewFrame(), PageAccess.User | PageAccess.Write);
        Assert.Equal(isMarked, _journal.Keep(live).IsDirty);
        Assert.True(_journal.Keep(live.WithDirty()).IsDirty);
    }

    [Fact]
    public void AKeptSlotHasOneUserMore()
    {
        PageTableEntry swapped = SwapEntry.ForSlot(1, 7).ToPageTableEntry();
        PageTableEntry stored = _journal.Note(new(9), swapped, swapped);
        Assert.Equal(1, _journal.Held);
        Assert.False(SwapEntry.From(stored).IsExclusive);
        Assert.False(SwapEntry.From(_journal[new(9)]).IsExclusive);
    }

    /// <summary>A host has linked a frame that is no table into a directory: its descriptor names no page.</summary>
    [Fact]
    public void AnEntryInAFrameThatIsNoTableIsNotNoted()
    {
        TableSpace space = _world.Begin();
        EntrySlot slot = space.Tables.AddTableFor(new(0x500));
        FrameNumber table = space.Tables.ReadUpper(space.Tables.IndexOf(new(0x500))).Table;
        uint right = _world.Frames[table].Index;
        space.Tables.Journal = _journal;
        _world.Frames[table].Index = uint.MaxValue >> 8;
        space.Tables.NoteFirst(table, slot);
        Assert.Equal(-1, _journal.Dirty.NextFrom(0));
        _world.Frames[table].Index = right;
        space.Tables.NoteFirst(table, slot);
        Assert.True(_journal.Has(new(0x500)));
        space.Tables.Journal = null;
    }

    private sealed class Journal(FrameTable frames) : EntryJournal(frames)
    {
        public bool IsDirty { get; set; }

        public int Held { get; private set; }

        protected override bool TryHoldSlot(SwapEntry entry)
        {
            Held++;
            return true;
        }

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => IsDirty;
    }
}
