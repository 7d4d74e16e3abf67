using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>An address space with a snapshot, and beside it its entries as they are and as they were.</summary>
/// <remarks>Its pages are of the page cache, which nothing counts, or in slots of swap.</remarks>
internal sealed class JournalRun : IDisposable
{
    private static readonly uint[] Places = [0, 0x1FC, 0x3FC, 0x600, 0x3FFFC, 0xBFDFC, 0xBFFF8];

    private readonly TableWorld _world;
    private readonly TableSpace _space;
    private readonly Notes _journal;
    private readonly Random _random;
    private readonly FrameNumber[] _frames;
    private readonly SortedDictionary<uint, ulong> _live = [], _kept = [], _then;
    private string _last = "nothing";

    public JournalRun(int seed, TableFormat format)
    {
        _world = new(frameCount: 256, format: format);
        _random = new(seed);
        _space = _world.Begin();
        _frames = [.. Enumerable.Range(0, 8).Select(_ => _world.NewFrame(FrameState.PageCache))];
        for (int i = 0; i < 20; i++) Store(SomePage());
        foreach (uint page in (uint[])[0x600, 0xBFFF8])    // tables that the snapshot keeps, and that are empty
        {
            Store(page);
            foreach (uint each in _live.Keys.Where(one => one >> 9 == page >> 9).ToArray()) Take(each);
        }

        _journal = new(_world.Frames) { Tables = Tables.CloseTables() };
        foreach (TablePart part in Tables.PartsOf(PageTables.UserHalf)) ClosedTables.Open(Tables, Tables.FirstOf(part.Index));
        Tables.Journal = _journal;
        _then = new(_live);
    }

    private PageTables Tables => _space.Tables;

    public void Dispose()
    {
        Tables.Journal = null;
        _journal.Dispose();
        _world.Dispose();
    }

    /// <summary>One change, then all comparisons.</summary>
    public void Step()
    {
        uint page = SomePage();
        switch (_random.Next(12))
        {
            case 0 or 1: Store(page); break;
            case 2: Take(page); break;
            case 3: StoreFirst(page); break;
            case 4: Raise(page); break;
            case 5: StoreUnnoted(page); break;
            case 6: NoteOnly(page); break;
            case 7: TakeRange(SomeRange()); break;
            case 8: Move(SomeRange(), page); break;
            case 9: Fill(page); break;
            case 10: Rewrite(SomeRange()); break;
            default: Tables.FreeEmptyTables(SomeRange()); break;
        }

        foreach (uint each in _live.Keys.ToArray()) _space.Access(each, AccessKind.Read);    // fills the cache
        ReadBack();
        Verify();
    }

    /// <summary>First some pages refuse to go back, then all do.</summary>
    public void GoBackInTwoIterations()
    {
        uint[] refused = [.. _kept.Keys.Where(_ => _random.Next(3) == 0)];
        GoBack(refused);
        GoBack([]);
        Assert.Equal(Text(_then), Text(_live));
        Assert.Equal(0u, _journal.Count);
        Assert.Equal(-1, _journal.Dirty.NextFrom(0));
    }

    public void GoBackWithoutATable()
    {
        _journal.Put(new(0x80000), PageTableEntry.Map(_frames[0], PageAccess.User));
        Exchange exchange = new([]);
        JournalWalk.RestoreEntries(Tables, _journal, ref exchange);
    }

    public void Store(uint page)
    {
        _last = $"store at {page:x5}";
        PageTableEntry entry = SomeEntry();
        _space.Install(page, entry);
        Changed(page, entry.Word);
    }

    private void Take(uint page)
    {
        _last = $"take of {page:x5}";
        Assert.Equal(_live.GetValueOrDefault(page), Tables.Take(new(page)).Word);
        Changed(page, 0);
    }

    private void StoreFirst(uint page)
    {
        _last = $"first store at {page:x5}";
        if (_live.ContainsKey(page)) return;
        PageTableEntry entry = SomeEntry();
        EntrySlot slot = Tables.SlotOf(new(page));
        if (!slot.HasTable) slot = Tables.AddTableFor(new(page));
        Tables.StoreFirst(slot, entry);
        Changed(page, entry.Word);
    }

    private void Raise(uint page)
    {
        _last = $"raise of {page:x5}";
        if (!_live.TryGetValue(page, out ulong word) || (word & 1) == 0) return;
        PageTableEntry entry = new PageTableEntry(word).WithAccessed().WithDirty();
        Tables.Raise(new(page), Tables.SlotOf(new(page)), entry);
        Changed(page, entry.Word);
    }

    private void StoreUnnoted(uint page)
    {
        _last = $"store without a note at {page:x5}";
        if (!_live.ContainsKey(page)) return;    // reclaim moves a page that is there
        PageTableEntry entry = SomeEntry();
        Tables.StoreUnnoted(new(page), entry);
        Assert.Same(_journal, Tables.Journal);
        _live[page] = entry.Word;
        if (!_kept.ContainsKey(page)) _then[page] = entry.Word;    // the snapshot sees the page as it is now
    }

    private void NoteOnly(uint page)
    {
        _last = $"note of {page:x5}";
        Tables.NoteChange(new(page));
        _kept.TryAdd(page, Keep(_live.GetValueOrDefault(page)));
    }

    private void TakeRange(PageRange range)
    {
        _last = $"take of {range}";
        Sink sink = new([]);
        Tables.TakeRange(range, ref sink);
        uint[] pages = [.. _live.Keys.Where(page => range.Contains(new(page)))];
        Assert.Equal(pages, sink.Seen);
        foreach (uint page in pages) Changed(page, 0);
    }

    private void Move(PageRange from, uint page)
    {
        PageRange to = new(new(page), from.Count);
        _last = $"move of {from} to {to}";
        if (!to.IsInUserHalf || to.Intersects(from) || _live.Keys.Any(each => to.Contains(new(each)))) return;
        Assert.True(Tables.TryMoveRange(from, to.First));
        foreach ((uint each, ulong word) in _live.Where(entry => from.Contains(new(entry.Key))).ToArray())
        {
            Changed(each, 0);
            Changed(each - from.First.Value + page, word);
        }
    }

    private void Fill(uint first)
    {
        _last = $"fill from {first:x5}";
        int length = Math.Min(6, Tables.EntryMask + 1 - ((int)first & Tables.EntryMask));
        PageTableEntry[] entries = new PageTableEntry[length];
        bool isThere = Tables.TryTable(new(first), out _, out _);
        Source source = new([.. Enumerable.Range(0, length).Select(_ => _random.Next(3) == 0 ? default : SomeEntry())]);
        uint stored = Tables.FillUntouched(new(first), source, entries);
        uint expected = 0;
        for (int i = 0; i < length; i++)
        {
            bool isStored = isThere && !_live.ContainsKey(first + (uint)i) && !source.Entries[i].IsNeverTouched;
            Assert.Equal(isStored ? source.Entries[i] : default, entries[i]);
            if (!isStored) continue;
            Changed(first + (uint)i, entries[i].Word);
            expected++;
        }

        Assert.Equal(expected, stored);
    }

    private void Rewrite(PageRange range)
    {
        _last = $"rewrite of {range}";
        ClosingRule rule = default;
        Tables.RewriteRange(range, ref rule);
        foreach ((uint page, ulong word) in _live.Where(entry => range.Contains(new(entry.Key))).ToArray())
            if ((word & 1) != 0) Changed(page, word & ~2ul);
    }

    private void GoBack(uint[] refused)
    {
        Exchange exchange = new(refused);
        int[] visited = [.. _kept.Keys.Select(page => Tables.IndexOf(new(page))).Distinct()];
        (uint, ulong, ulong)[] expected = [.. _kept.Select(note => (note.Key, _live.GetValueOrDefault(note.Key), note.Value))
            .Where(static one => (one.Item2 | one.Value) != 0)];
        bool isLeft = JournalWalk.RestoreEntries(Tables, _journal, ref exchange);
        Assert.Equal(expected, exchange.Seen);
        foreach ((uint page, ulong _, ulong kept) in expected)
        {
            _live.Remove(page);
            if (!refused.Contains(page) && kept != 0) _live[page] = Unkept(kept);
        }

        uint[] left = [.. expected.Select(static one => one.Item1).Where(refused.Contains)];
        foreach (uint page in _kept.Keys.Except(left).ToArray()) _kept.Remove(page);
        Assert.Equal(left.Length != 0, isLeft);
        _last = "going back";
        Verify();
        foreach (int index in visited)
        {
            bool isUsed = _live.Keys.Concat(_kept.Keys).Any(page => Tables.IndexOf(new(page)) == index);
            Assert.Equal(isUsed || _journal.Tables.All.Contains(index), Tables.IsTable(Tables.ReadUpper(index)));
        }
    }

    /// <summary>The page was changed by its process: noted, if it was not yet.</summary>
    private void Changed(uint page, ulong word)
    {
        if (_live.GetValueOrDefault(page) == word) return;
        if (Tables.Journal is not null) _kept.TryAdd(page, Keep(_live.GetValueOrDefault(page)));
        if (word == 0) _live.Remove(page);
        else _live[page] = word;
    }

    /// <summary>Marks that the processor has set: a snapshot does not note them as changes.</summary>
    private void ReadBack()
    {
        foreach ((PageNumber page, PageTableEntry entry) in _space.Touched())
        {
            if (!entry.IsPresent || !_live.TryGetValue(page.Value, out ulong word) || entry.Word != (word | EntryBits.Accessed)) continue;
            if (!_kept.ContainsKey(page.Value)) _then[page.Value] = entry.Word;
            _live[page.Value] = entry.Word;
        }
    }

    private void Verify()
    {
        Assert.True(_live.SequenceEqual(_space.Touched()
            .Select(static touched => KeyValuePair.Create(touched.Page.Value, touched.Entry.Word))), $"after {_last}");
        Assert.Equal((uint)_kept.Count, _journal.Count);
        foreach (uint page in _live.Keys.Concat(_kept.Keys).Concat(Places))
        {
            bool isNoted = _kept.TryGetValue(page, out ulong kept);
            Assert.True(isNoted == _journal.Has(new(page)), $"note of {page:x5} after {_last}");
            Assert.Equal(!isNoted, Tables.IsKept(new(page)));
            if (isNoted) Assert.True(kept == _journal[new(page)].Word, $"{kept:x} kept of {page:x5} after {_last}, {_journal[new(page)]}");
        }

        AuditReport report = new();
        Tables.Audit(report);
        Assert.True(report.IsClean, $"after {_last}: {report}");
    }

    private static string Text(SortedDictionary<uint, ulong> entries) =>
        string.Join('\n', entries.Select(static entry => $"{entry.Key:x5} {new PageTableEntry(entry.Value)}"));

    private static ulong Keep(ulong word) => (word & 1) != 0 ? word | EntryJournal.CachedMark : word;

    private static ulong Unkept(ulong word) => (word & 1) != 0 ? word & ~EntryJournal.CachedMark : word;    // a slot uses the bit

    private uint SomePage() => Places[_random.Next(Places.Length)] + (uint)_random.Next(8);

    private PageRange SomeRange()
    {
        uint first = SomePage();
        return new(new(first), new(Math.Min(0xC0000 - first, _random.Next(4) == 0 ? 0x500 : (uint)_random.Next(1, 10))));
    }

    private PageTableEntry SomeEntry() => _random.Next(4) == 0
        ? SwapEntry.ForSlot(_random.Next(4), (uint)_random.Next(1, 50)).ToPageTableEntry()
        : PageTableEntry.Map(_frames[_random.Next(8)], PageAccess.User | (_random.Next(2) == 0 ? PageAccess.Write : PageAccess.None));

    private readonly struct Exchange(uint[] refused) : IEntryExchange
    {
        public List<(uint, ulong, ulong)> Seen { get; } = [];

        public bool TryExchange(PageNumber page, PageTableEntry live, PageTableEntry kept, out PageTableEntry entry)
        {
            Seen.Add((page.Value, live.Word, kept.Word));
            entry = refused.Contains(page.Value) ? default : new(Unkept(kept.Word));
            return !refused.Contains(page.Value);
        }
    }

    private readonly struct Sink(List<uint> seen) : IEntrySink
    {
        public List<uint> Seen { get; } = seen;

        public void Take(PageNumber page, PageTableEntry entry) => Seen.Add(page.Value);

        public bool TryTakeEight(PageTableEntry first) => false;

        public void TakeHuge(PageRange pages, PageTableEntry entry) => Seen.Add(pages.First.Value);
    }

    private readonly struct Source(PageTableEntry[] entries) : IEntrySource
    {
        public PageTableEntry[] Entries { get; } = entries;

        public PageTableEntry Make(int index) => Entries[index];
    }

    private readonly struct ClosingRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.IsPresent ? entry.WithoutWritable() : entry;
    }

    private sealed class Notes(FrameTable frames) : EntryJournal(frames)
    {
        protected override bool TryHoldSlot(SwapEntry entry) => true;

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => false;
    }
}
