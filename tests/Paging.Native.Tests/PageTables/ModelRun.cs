using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>One seeded run of random operations on up to three address spaces and their models.</summary>
internal sealed class ModelRun : IDisposable
{
    // Few places, at the edges of tables and of the user half, so that operations meet.
    private static readonly uint[] Places = [0, 0x3F8, 0x7FC, 0x10000, 0x3FFF0, 0x803F0, 0xBFFE0];

    private readonly TableWorld _world;
    private readonly Random _random;
    private readonly List<ModelSpace> _spaces = [];
    private readonly string _seed;
    private string _last = "nothing";
    private int _step;

    public ModelRun(int seed, TableFormat format)
    {
        _world = new(frameCount: 1024, attachedCountMax: 2, format);    // three spaces: one is always detached
        (_random, _seed) = (new(seed), $"seed {seed}");
        _spaces.Add(new(_world.Begin()));
    }

    public void Dispose() => _world.Dispose();

    /// <summary>One operation, then all comparisons.</summary>
    public void Step()
    {
        _step++;
        if (_world.Allocator.FreeFrames.Value < 200) TakeRange(Pick(), PageTables.UserHalf);
        ModelSpace space = Pick();
        switch (_random.Next(12))
        {
            case 0 or 1: MapSome(space); break;
            case 2 or 3 or 4: AccessSome(space); break;
            case 5: TakeRange(space, RandomRange()); break;
            case 6: Rewrite(space); break;
            case 7: Move(space); break;
            case 8: Fork(space); break;
            case 9: StoreOne(space); break;
            case 10: FreeOrDetach(space); break;
            default: Enumerate(space); break;
        }

        Verify();
    }

    public void End()
    {
        _world.EndAll();
        AuditReport report = new();
        _world.Pool.Audit(report);
        Assert.True(report.IsClean, report.ToString());
    }

    private void Verify()
    {
        foreach (ModelSpace space in _spaces)
            Assert.True(space.Entries.SequenceEqual(space.Real.Touched()
                .Select(touched => KeyValuePair.Create(touched.Page.Value, touched.Entry.Word))), Where());
        AuditReport report = _world.Audit();
        if (_step % 50 == 0) _world.Pool.Audit(report);
        Assert.True(report.IsClean, $"{Where()}: {report}");
    }

    private string Where() => $"{_seed}, step {_step}, after {_last}";

    private ModelSpace Pick() => _spaces[_random.Next(_spaces.Count)];

    private uint RandomPage() => Math.Min(0xBFFFF, Places[_random.Next(Places.Length)] + (uint)_random.Next(40));

    /// <summary>Mostly a page with an entry: where nothing is, nothing goes wrong.</summary>
    private uint UsedPage(ModelSpace space) =>
        space.Entries.Count == 0 || _random.Next(4) == 0 ? RandomPage() : space.Entries.ElementAt(_random.Next(space.Entries.Count)).Key;

    private PageRange RandomRange()
    {
        uint first = RandomPage();
        uint count = _random.Next(5) == 0 ? 0x50000 : (uint)_random.Next(50);
        return PageRange.Between(new(first), new(Math.Min(0xC0000, first + count)));
    }

    private void MapSome(ModelSpace space)
    {
        uint first = RandomPage();
        _last = $"map at {first:x5}";
        for (uint page = first; page < Math.Min(0xC0000, first + (uint)_random.Next(1, 30)); page++)
        {
            if (space.Entries.ContainsKey(page)) continue;
            PageAccess access = _random.Next(4) switch
            {
                0 => PageAccess.User,
                1 => PageAccess.None,
                _ => PageAccess.User | PageAccess.Write
            };
            space.Entries[page] = _random.Next(8) switch
            {
                0 => space.Real.Install(page, SwapEntry.ForSlot(_random.Next(16), (uint)_random.Next(100)).ToPageTableEntry()).Word,
                1 => space.Real.Install(page, PageTableEntry.Map(default, PageAccess.User)).Word,    // the page of zeros
                _ => MapOfSomeKind(space, page, access),
            };
        }
    }

    private ulong MapOfSomeKind(ModelSpace space, uint page, PageAccess access)
    {
        PageTableEntry entry = space.Real.MapNew(page, access);
        if (_random.Next(20) == 0) _world.Frames[entry.Frame].Kind = (byte)_random.Next(8);
        return entry.Word;
    }

    private void AccessSome(ModelSpace space)
    {
        for (int i = 0; i < 20; i++)
        {
            uint page = UsedPage(space);
            bool writes = _random.Next(2) == 0;
            _last = $"{(writes ? "write" : "read")} of {page:x5}";
            uint? expected = null;
            if (space.Entries.TryGetValue(page, out ulong word) && (word & (writes ? 7ul : 5ul)) == (writes ? 7ul : 5ul))
            {
                expected = new PageTableEntry(word).Frame.Value;
                space.Entries[page] = word | (writes ? 0x60ul : 0x20ul);
            }

            Assert.True(expected == space.Real.Access(page, writes ? AccessKind.Write : AccessKind.Read), Where());
        }
    }

    private void TakeRange(ModelSpace space, PageRange range)
    {
        _last = $"take {range}";
        KeyValuePair<uint, ulong>[] expected = [.. space.Entries.Where(entry => range.Contains(new(entry.Key)))];
        Assert.True(expected.SequenceEqual(space.Real.Unmap(range)
            .Select(taken => KeyValuePair.Create(taken.Page.Value, taken.Entry.Word))), Where());
        foreach (KeyValuePair<uint, ulong> taken in expected) space.Entries.Remove(taken.Key);
    }

    private void Rewrite(ModelSpace space)
    {
        AccessSome(space);
        PageRange range = RandomRange();
        uint cleared = _random.Next(5) switch { 0 => 0x02u, 1 => 0x20u, 2 => 0x40u, 3 => 0x04u, _ => 0x62u };
        uint set = _random.Next(3) == 0 ? 0x206u & ~cleared : 0;
        _last = $"rewrite {range}, less {cleared:x}, plus {set:x}";
        MaskRule rule = new(cleared, set);
        space.Real.Tables.RewriteRange(range, ref rule);
        foreach ((uint page, ulong word) in space.Entries.ToArray())
            if (range.Contains(new(page)) && (word & 1) != 0) space.Entries[page] = (word & ~(ulong)cleared) | set;
    }

    private void Move(ModelSpace space)
    {
        PageRange from = RandomRange();
        PageRange to = new(new(RandomPage()), from.Count);
        AccessSome(space);
        _last = $"move {from} to {to}";
        if (!to.IsInUserHalf || to.Intersects(from) || space.Entries.Keys.Any(page => to.Contains(new(page)))) return;
        _world.Injection.FailAtAllocation = _random.Next(4);
        bool moved = space.Real.Tables.TryMoveRange(from, to.First);
        _world.Injection.FailAtAllocation = 0;
        if (!moved) return;    // and then nothing has changed, which Verify sees
        KeyValuePair<uint, ulong>[] entries = [.. space.Entries.Where(entry => from.Contains(new(entry.Key)))];
        foreach ((uint page, ulong _) in entries) space.Entries.Remove(page);
        foreach ((uint page, ulong word) in entries) space.Entries[page - from.First.Value + to.First.Value] = word;
    }

    private void Fork(ModelSpace parent)
    {
        if (_spaces.Count == 3)
        {
            ModelSpace oldest = _spaces[parent == _spaces[0] ? 1 : 0];
            oldest.Real.End();
            _spaces.Remove(oldest);
            _world.Spaces.Remove(oldest.Real);
        }

        ModelSpace child = new(_world.Begin());
        _spaces.Add(child);
        PageRange range = _random.Next(3) == 0 ? RandomRange() : PageTables.UserHalf;
        uint taken = _random.Next(3) == 0 ? 0 : 0x202u;
        _last = $"fork of {range} less {taken:x}";
        CopyAsForkDoes(parent, child, range, taken);
        foreach ((uint page, ulong word) in parent.Entries.ToArray())
        {
            if (!range.Contains(new(page))) continue;
            bool isPresent = (word & EntryBits.Present) != 0;
            parent.Entries[page] = isPresent ? word & ~(ulong)taken : word;
            child.Entries[page] = isPresent ? word & ~(ulong)taken & ~EntryBits.Accessed : word;    // it has used nothing yet
        }
    }

    private void CopyAsForkDoes(ModelSpace parent, ModelSpace child, PageRange range, uint taken)
    {
        ForkTally tally = default;
        _world.Injection.FailAtAllocation = _random.Next(6);
        while (true)
        {
            bool hadMemory = parent.Real.Tables.TryCopyForFork(
                range, child.Real.Tables, new(taken), mayLend: false, ref tally, out PageNumber stoppedAt);
            if (hadMemory && stoppedAt == range.End) break;
            if (hadMemory) child.Real.Tables.Store(stoppedAt, parent.Real.Tables.Read(stoppedAt));
            range = PageRange.Between(hadMemory ? stoppedAt + PageCount.One : stoppedAt, range.End);
        }

        _world.Injection.FailAtAllocation = 0;
        PageTableEntry[] copied = [.. child.Real.Touched().Select(static touched => touched.Entry).Where(static entry => entry.IsPresent)];
        Assert.Equal((uint)copied.Length, tally.Copied);
        for (int kind = 0; kind < 4; kind++)
            Assert.Equal(copied.Count(one => one.Frame != default && _world.Frames[one.Frame].Kind % 4 == kind), (int)tally.Of(kind));
    }

    private void StoreOne(ModelSpace space)
    {
        AccessSome(space);
        uint page = UsedPage(space);
        _last = $"store at {page:x5}";
        if (!space.Entries.TryGetValue(page, out ulong word)) return;
        PageTableEntry entry = new(word);
        if (!entry.IsPresent || entry.Frame == default || _world.Frames[entry.Frame].MapCount > 1 || _random.Next(2) == 0)
        {
            Assert.Equal(entry, space.Real.Tables.Take(new(page)));
            space.Entries.Remove(page);
            PlainGather gather = new(_world.Frames, _world.Allocator);
            if (entry.IsPresent) gather.AddMapped(entry.Frame);
            return;
        }

        // Another frame under the same page, and the old one freed: a translation that lingers would lead into it.
        FrameNumber other = _world.NewFrame();
        _world.Frames[other].MapCount++;
        space.Real.Tables.Store(new(page), entry.WithFrame(other));
        space.Entries[page] = entry.WithFrame(other).Word;
        PlainGather old = new(_world.Frames, _world.Allocator);
        old.AddMapped(entry.Frame);
    }

    private void FreeOrDetach(ModelSpace space)
    {
        _last = "free of tables or detach";
        if (_random.Next(2) == 0) space.Real.Tables.FreeEmptyTables(RandomRange());
        else space.Real.Cache.Detach();
    }

    private void Enumerate(ModelSpace space)
    {
        PageRange range = RandomRange();
        _last = $"enumeration of {range}";
        List<uint> found = [];
        PageNumber from = range.First;
        for (; space.Real.Tables.TryNextTouched(from, range.End, out PageNumber page,
            out PageTableEntry entry); from = page + PageCount.One)
        {
            Assert.Equal(space.Entries[page.Value], entry.Word);
            found.Add(page.Value);
        }

        Assert.Equal(space.Entries.Keys.Where(page => range.Contains(new(page))), found);
    }

    private sealed class ModelSpace(TableSpace real)
    {
        public TableSpace Real { get; } = real;

        public SortedDictionary<uint, ulong> Entries { get; } = [];
    }

    private readonly struct MaskRule(uint cleared, uint set) : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) =>
            entry.IsPresent ? new((entry.Word & ~(ulong)cleared) | set) : entry;
    }
}
