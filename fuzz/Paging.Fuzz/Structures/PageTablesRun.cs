using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Native.Translation;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Page tables, walker and translation cache of three address spaces beside dictionaries of entries.</summary>
/// <remarks>
/// The first word of every frame holds the frame's number, so that a stale translation shows. Two spaces may be attached at a time.
/// </remarks>
internal sealed class PageTablesRun : IStructureRun
{
    public static readonly string[] Operations =
        ["map", "map", "map", "read", "read", "write", "write", "take", "take range", "protect range", "move", "fork", "free tables",
            "detach", "next touched"];

    public static readonly string[] Outcomes = ["done", "fault", "no frame", "nothing to do"];

    private const int Done = 0, Fault = 1, NoFrame = 2, NothingToDo = 3;
    private const int SpaceCount = 3;
    private const uint BitsOfUser = 0x5, BitsOfWrite = 0x7;

    private static readonly uint[] Regions = [0, 0x3F8, 0x7FC, 0x10000, 0x3FFF0, 0x803F0, 0xBFFE0];

    private readonly PhysicalMemory _ram;
    private readonly FrameTable _frames;
    private readonly FrameLists _lists;
    private readonly BuddyAllocator _allocator;
    private readonly TranslationPool _pool = new(attachedCountMax: 2);
    private readonly TranslationCache[] _caches = new TranslationCache[SpaceCount];
    private readonly PageTables[] _tables = new PageTables[SpaceCount];
    private readonly SortedDictionary<uint, ulong>[] _models = [[], [], []];

    public PageTablesRun(FuzzRandom random)
    {
        _ram = new(new(random.OneOf([300u, 601u, 1500u, 301u, 600u, 1501u])), requestHugePages: false);
        TableFormat format = _ram.FrameCount.Value % 2 == 0 ? TableFormat.Classic : TableFormat.Pae;
        _frames = new(_ram.FrameCount, format);
        _lists = new(_frames);
        _allocator = new(_ram, _frames);
        for (int i = 0; i < SpaceCount; i++)
        {
            _caches[i] = new(_pool);
            _tables[i] = new(_ram, _frames, _allocator, _caches[i], format);
            if (!_tables[i].TryBegin()) throw new InvalidOperationException("no frame for a directory");
        }
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        int space = (int)(operation.C % SpaceCount);
        PageNumber page = PageOf(operation, space);
        switch (operation.Kind)
        {
            case < 3: return Map(space, page, operation.B);
            case 3 or 4: return Access(space, page, AccessKind.Read, out failure);
            case 5 or 6: return Access(space, page, AccessKind.Write, out failure);
            case 7:
                Release(_tables[space].Take(page));
                return _models[space].Remove(page.Value) ? Done : NothingToDo;
            case 8: return TakeRange(space, RangeAt(page, operation.B), out failure);
            case 9: return Protect(space, RangeAt(page, operation.B), operation.C);
            case 10: return Move(space, page, operation);
            case 11: return Fork(space, operation.B, out failure);
            case 12:
                _tables[space].FreeEmptyTables(RangeAt(page, operation.B));
                return Done;
            case 13:
                _caches[space].Detach();
                return Done;
            default: return NextTouched(space, page, out failure);
        }
    }

    public string? Verify()
    {
        AuditReport report = new();
        uint[] mappings = new uint[_frames.Count.Value];
        for (int space = 0; space < SpaceCount; space++)
        {
            _tables[space].Audit(report);
            foreach ((uint page, ulong word) in _models[space])
            {
                report.AddIfDifferent("model", $"space {space} page {page:x5}", (long)word, (long)_tables[space].Read(new(page)).Word);
                mappings[word >> 12]++;
            }
        }

        for (uint frame = 0; frame < mappings.Length; frame++)
            if (_frames[new(frame)].State == FrameState.Anonymous)
                report.AddIfDifferent("model", $"mappings of frame {frame:x}", mappings[frame], _frames[new(frame)].MapCount);
        _allocator.Audit(report);
        return report.IsClean ? null : report.ToString();
    }

    public string? Finish()
    {
        string? failure = Verify();
        for (int space = 0; space < SpaceCount && failure is null; space++)
        {
            TakeRange(space, PageTables.UserHalf, out failure);
            _tables[space].FreeAll();
        }

        if (failure is not null) return failure;
        AuditReport report = new();
        _pool.Audit(report);
        _frames.Audit(report);
        report.AddIfDifferent("model", "frames in use at the end", 0,
            _frames.CountOf(FrameState.Anonymous).Value + _frames.CountOf(FrameState.PageTable).Value);
        return report.IsClean ? null : report.ToString();
    }

    public void Dispose()
    {
        foreach (TranslationCache cache in _caches) cache.Detach();
        _pool.Dispose();
        _frames.Dispose();
        _ram.Release();
    }

    /// <summary>Half of the time a page that has an entry, if there is any above.</summary>
    private PageNumber PageOf(in RawOperation operation, int space)
    {
        uint page = Math.Min(0xBFFFF, Regions[operation.A % (uint)Regions.Length] + (operation.A >> 8) % 40);
        if (operation.Kind < 3 || (operation.A & 0x80) == 0) return new(page);
        foreach (uint touched in _models[space].Keys)
            if (touched >= page) return new(touched);
        return new(page);
    }

    private static PageRange RangeAt(PageNumber page, uint number)
    {
        uint count = number % 8 == 0 ? 0x1000 : 1 + (number >> 3) % 48;
        return PageRange.Between(page, new(Math.Min(0xC0000, page.Value + count)));
    }

    private int Map(int space, PageNumber page, uint rights)
    {
        if (_models[space].ContainsKey(page.Value)) return NothingToDo;
        if (!_tables[space].TryEnsureTable(page) || !_allocator.TryAllocate(FrameState.Anonymous, out FrameNumber frame)) return NoFrame;
        _ram.Words(frame)[0] = frame.Value;
        _frames[frame].MapCount = 1;
        PageAccess access = (rights % 4) switch { 0 => PageAccess.User, 1 => PageAccess.None, _ => PageAccess.User | PageAccess.Write };
        PageTableEntry entry = PageTableEntry.Map(frame, access);
        _tables[space].Store(page, entry);
        _models[space].Add(page.Value, entry.Word);
        return Done;
    }

    private int Access(int space, PageNumber page, AccessKind kind, out string? failure)
    {
        failure = null;
        uint needed = kind == AccessKind.Write ? BitsOfWrite : BitsOfUser;
        uint? expected = null;
        if (_models[space].TryGetValue(page.Value, out ulong word) && (word & needed) == needed)
        {
            expected = new PageTableEntry(word).Frame.Value;
            _models[space][page.Value] = word | (kind == AccessKind.Write ? 0x60ul : 0x20ul);
        }

        uint? found = kind == AccessKind.Write ? Write(space, page) : Read(space, page);
        if (found != expected) failure = $"space {space} page {page}: reached frame {found:x}, expected {expected:x}";
        return expected is null ? Fault : Done;
    }

    private uint? Read(int space, PageNumber page)
    {
        if (_caches[space].TryReadHit(page.Address, out uint word)) return word;
        return Walk(space, page, AccessKind.Read);
    }

    private uint? Write(int space, PageNumber page)
    {
        if (!_caches[space].TryReadHit(page.Address, out uint word)) return Walk(space, page, AccessKind.Write);
        return _caches[space].TryWriteHit(page.Address, word) ? word : Walk(space, page, AccessKind.Write);
    }

    private uint? Walk(int space, PageNumber page, AccessKind kind)
    {
        WalkResult walk = _tables[space].Walk(page.Address, kind, ProcessorMode.User);
        if (!walk.Succeeded) return null;
        _caches[space].Fill(page, walk.Effective, _ram);
        return _ram.Words(walk.Physical.Frame)[0];
    }

    private int TakeRange(int space, PageRange range, out string? failure)
    {
        uint[] expected = [.. _models[space].Keys.Where(page => range.Contains(new(page)))];
        Sink sink = new(new(_lists, _allocator), []);
        _tables[space].TakeRange(range, ref sink);
        sink.Finish();
        failure = expected.SequenceEqual(sink.Taken) ? null : $"{range}: took {sink.Taken.Count} entries, expected {expected.Length}";
        foreach (uint page in expected) _models[space].Remove(page);
        return expected.Length == 0 ? NothingToDo : Done;
    }

    private int Protect(int space, PageRange range, uint number)
    {
        WriteRule rule = new(number % 2 == 0);
        _tables[space].RewriteRange(range, ref rule);
        foreach (uint page in _models[space].Keys.Where(page => range.Contains(new(page))).ToArray())
            _models[space][page] = rule.Rewrite(new(page), new(_models[space][page])).Word;
        return Done;
    }

    private int Move(int space, PageNumber from, in RawOperation operation)
    {
        PageRange range = RangeAt(from, operation.B | 1);
        PageRange target = new(new(Regions[operation.B % (uint)Regions.Length] + (operation.C >> 8) % 64), range.Count);
        bool isPossible = target.IsInUserHalf && !target.Intersects(range) && !_models[space].Keys.Any(page => target.Contains(new(page)));
        if (!isPossible) return NothingToDo;
        if (!_tables[space].TryMoveRange(range, target.First)) return NoFrame;
        foreach (uint page in _models[space].Keys.Where(page => range.Contains(new(page))).ToArray())
        {
            _models[space].Add(target.First.Value + (page - range.First.Value), _models[space][page]);
            _models[space].Remove(page);
        }

        return Done;
    }

    /// <summary>Another space becomes a copy: both lose the right to write.</summary>
    private int Fork(int parent, uint number, out string? failure)
    {
        int child = (parent + 1) % SpaceCount;
        TakeRange(child, PageTables.UserHalf, out failure);
        if (failure is not null || number % 4 != 0) return NothingToDo;
        PageTableEntry taken = default(PageTableEntry).WithWritable();
        ForkTally tally = default;
        bool done = _tables[parent].TryCopyForFork(
            PageTables.UserHalf, _tables[child], taken, mayLend: false, ref tally, out PageNumber stoppedAt);
        foreach (uint page in _models[parent].Keys.Where(page => done || page < stoppedAt.Value).ToArray())
        {
            _models[parent][page] &= ~taken.Word;
            _models[child].Add(page, _models[parent][page] & ~EntryBits.Accessed);    // the child has used nothing yet
        }

        return done ? Done : NoFrame;
    }

    private int NextTouched(int space, PageNumber from, out string? failure)
    {
        uint? expected = _models[space].Keys.Where(page => page >= from.Value).Select(static page => (uint?)page).FirstOrDefault();
        bool found = _tables[space].TryNextTouched(from, PageNumber.FirstKernel, out PageNumber page, out PageTableEntry entry);
        bool agrees = found ? page.Value == expected && entry.Word == _models[space][page.Value] : expected is null;
        failure = agrees ? null : $"space {space} from {from}: found {(found ? page.ToString() : "none")}, expected {expected:x}";
        return found ? Done : NothingToDo;
    }

    private void Release(PageTableEntry entry)
    {
        if (!entry.IsPresent) return;
        TlbGather gather = new(_lists, _allocator);
        gather.AddMapped(entry.Frame);
        gather.Finish();
    }

    private readonly struct WriteRule(bool allows) : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => allows ? entry.WithWritable() : entry.WithoutWritable();
    }

    private ref struct Sink(TlbGather gather, List<uint> taken) : IEntrySink
    {
        private TlbGather _gather = gather;

        public List<uint> Taken { get; } = taken;

        public void Take(PageNumber page, PageTableEntry entry)
        {
            Taken.Add(page.Value);
            _gather.AddMapped(entry.Frame);
        }

        public bool TryTakeEight(PageTableEntry first) => false;

        public void TakeHuge(PageRange pages, PageTableEntry entry) => Take(pages.First, entry);

        public void Finish() => _gather.Finish();
    }
}
