using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>The journal's form of each kind of entry, and the entries that may be stored beside it.</summary>
public sealed class KeptEntryTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly Journal _journal;

    public KeptEntryTests() => _journal = new(_world.Frames);

    public void Dispose()
    {
        _journal.Dispose();
        _world.Dispose();
    }

    [Fact]
    public void APageOfTheCacheIsMarkedAndNotHeld()
    {
        PageTableEntry entry = PageTableEntry.Map(_world.NewFrame(FrameState.PageCache), PageAccess.Write | PageAccess.User);
        Assert.Equal(new PageTableEntry(entry.Word | EntryJournal.CachedMark), _journal.Keep(entry));
        Assert.Equal(1u, _world.Frames[entry.Frame].ReferenceCount);
        PageTableEntry special = entry.WithSoftware3();
        Assert.Equal(new PageTableEntry(special.Word | EntryJournal.CachedMark), _journal.Keep(special));
    }

    [Fact]
    public void TheZeroPageLosesTheRightToWriteAndNothingElse()
    {
        PageTableEntry zero = PageTableEntry.Map(default, PageAccess.Write | PageAccess.User).WithAccessed();
        Assert.Equal(zero.WithoutWritable(), _journal.Keep(zero));
    }

    [Fact]
    public void AnEntryThatLeadsToNoPageIsKeptAsNone()
    {
        Assert.Equal(default, _journal.Keep(PageTableEntry.Map(_world.NewFrame(FrameState.PageTable), PageAccess.User)));
        PageTableEntry marker = SwapEntry.ForMarker(PageMarker.WriteProtected).ToPageTableEntry();
        Assert.Equal(marker, _journal.Keep(marker));
        Assert.Empty(_journal.Held);
    }

    /// <summary>A private page is held by its frame; one that has a copy on a device by its slot as well.</summary>
    [Theory]
    [InlineData(FrameState.Anonymous, false)]
    [InlineData(FrameState.Anonymous, true)]
    [InlineData(FrameState.SwapCache, false)]
    [InlineData(FrameState.SwapCache, true)]
    public void APrivatePageIsHeldByItsFrameAndItsSlot(FrameState state, bool isDirty)
    {
        SwapEntry slot = SwapEntry.ForSlot(3, 1234);
        FrameNumber frame = _world.NewFrame(state);
        _world.Frames[frame].Private = state == FrameState.SwapCache ? slot.Key : 77;
        _journal.MarksDirty = isDirty;
        PageTableEntry entry = PageTableEntry.Map(frame, PageAccess.Write | PageAccess.User).WithSoftware1().WithAccessed();
        PageTableEntry kept = entry.WithoutWritable().WithoutSoftware1();
        Assert.Equal(isDirty ? kept.WithDirty() : kept, _journal.Keep(entry));
        Assert.Equal(2u, _world.Frames[frame].ReferenceCount);
        Assert.Equal(state == FrameState.SwapCache ? [slot] : [], _journal.Held);
    }

    [Fact]
    public void ASlotIsHeldOrTheEntryIsNone()
    {
        SwapEntry slot = SwapEntry.ForSlot(1, 5).WithExclusive();
        Assert.Equal(slot.WithoutExclusive().ToPageTableEntry(), _journal.Keep(slot.ToPageTableEntry()));
        Assert.Equal([slot], _journal.Held);
        _journal.Refuses = true;
        Assert.Equal(default, _journal.Keep(slot.ToPageTableEntry()));
    }

    /// <summary>The entry to store stays as it is, unless it names what is now kept as well.</summary>
    [Fact]
    public void OnlyAnEntryThatSharesItsFrameOrSlotIsChanged()
    {
        const PageAccess Open = PageAccess.Write | PageAccess.User;
        PageTableEntry one = PageTableEntry.Map(_world.NewFrame(), Open).WithSoftware1();
        PageTableEntry two = PageTableEntry.Map(_world.NewFrame(), Open).WithSoftware1();
        PageTableEntry cached = PageTableEntry.Map(_world.NewFrame(FrameState.PageCache), Open).WithSoftware1();
        SwapEntry slot = SwapEntry.ForSlot(1, 9).WithExclusive();
        PageTableEntry ofOne = SwapEntry.ForSlot(0, one.Frame.Value << 4).ToPageTableEntry();
        Assert.Equal(one.Frame, ofOne.Frame);
        Assert.Equal(two, _journal.Note(new(1), one, two));    // another frame
        Assert.Equal(one.WithoutWritable().WithoutSoftware1(), _journal.Note(new(2), one, one));
        Assert.Equal(cached, _journal.Note(new(3), cached, cached));    // shared by its file anyway
        Assert.Equal(one, _journal.Note(new(4), default, one));    // nothing was there
        Assert.Equal(default, _journal.Note(new(5), one, default));
        Assert.Equal(slot.WithoutExclusive().ToPageTableEntry(), _journal.Note(new(6), two, slot.ToPageTableEntry()));
        Assert.Equal(one, _journal.Note(new(7), ofOne, one));    // a swap entry has other bits where a frame would be
        for (uint page = 1; page <= 7; page++) Assert.True(_journal.Has(new(page)));
    }

    private sealed class Journal(FrameTable frames) : EntryJournal(frames)
    {
        public List<SwapEntry> Held { get; } = [];

        public bool Refuses { get; set; }

        public bool MarksDirty { get; set; }

        protected override bool TryHoldSlot(SwapEntry entry)
        {
            if (!Refuses) Held.Add(entry);
            return !Refuses;
        }

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => MarksDirty;
    }
}
