using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Transparent huge pages in a machine that is too small for them, beside plain bytes: split, collapsed, moved, swapped.</summary>
/// <remarks><code>
///   process   LinesEach lines from Base on, private; a word in each page stands for all of it
///   machine   less RAM than one process needs, in both formats; frames of the host lie about in it
/// </code>
/// An access may end in SIGBUS while a device fails and in out-of-memory while nothing can go; it must then have changed nothing.</remarks>
internal sealed class HugePressureRun : PlainWordsRun
{
    public static readonly string[] Operations =
    [
        "write", "write", "write", "write", "fill", "fill", "read", "read", "read", "advise", "advise small", "collapse", "collapse",
        "background", "background", "compact", "compact", "checker", "checker", "forget", "unmap", "move", "protect", "page out", "cold",
        "free", "reclaim", "reclaim", "take frames", "return frames", "pool", "fork", "fork", "end", "lock", "unlock", "pin", "unpin",
        "snapshot", "restore", "restore", "restore", "limit", "device fails", "allocation fails",
    ];

    private const int LinesEach = 4, HostFramesMax = 200;
    private const uint Elsewhere = 0x5000_0000;
    private const MapFlags Fixed = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;

    private readonly FailingSwapStore _store;
    private readonly MemoryGroup? _group;
    private readonly List<FrameNumber> _hostFrames = [];
    private readonly int _lineShift;
    private PinnedMemory? _pin;

    public HugePressureRun(FuzzRandom random) : this(OptionsFrom(random), random)
    {
    }

    private HugePressureRun(EngineOptions options, FuzzRandom random) : base(options)
    {
        _lineShift = options.Tables == TableFormat.Classic ? 10 : 9;
        _store = new(new MemorySwapStore(64 << 20));
        _ = Engine.Swap.SwitchOn(_store, 0, out _);
        if (random.Percent(50)) _ = Engine.Groups.Create(new() { CountsTables = random.Percent(50) }, out _group);
        WordMember first = new(Engine.CreateProcess("first", new() { Group = _group }), new uint[PagesEach], new bool[PagesEach]);
        _ = first.Memory.Map(At(0), (uint)PagesEach << 12, MemoryProtection.ReadWrite, Fixed, out _);
        Members.Add(first);
    }

    protected override int PagesEach => LinesEach << _lineShift;

    protected override int ProcessesMax => 3;

    protected override IReadOnlyList<string> Names => Operations;

    private uint LineBytes => 1u << (_lineShift + 12);

    protected override int Execute(string name, in RawOperation operation, WordMember member, int page, out string? failure)
    {
        failure = null;
        int count = Math.Min(1 + (int)(operation.B % 90), PagesEach - page), line = page >> _lineShift;
        AddressSpace memory = member.Memory;
        return name switch
        {
            "write" => Write(member, page, Word(operation.B), out failure),
            "fill" => Fill(member, line, operation.B, out failure),
            "read" => Read(member, page, out failure),
            "advise" => OutcomeOf(memory.Advise(At(line << _lineShift), LineBytes, MemoryAdvice.HugePage)),
            "advise small" => OutcomeOf(memory.Advise(At(page), (uint)count << 12, MemoryAdvice.NoHugePage)),
            "collapse" => OutcomeOf(memory.Advise(At(line << _lineShift), LineBytes, MemoryAdvice.Collapse)),
            "background" => Engine.RunBackground(1 << 14) != 0 ? Done : NotNow,
            "compact" => Engine.Frames.Compact().Value != 0 ? Done : NotNow,
            "checker" => Checker(member, line),
            "forget" => Discard(member, page, count),
            "unmap" => Unmap(member, page, count),
            "move" => Move(member, operation.B % 3 == 0 ? page : line << _lineShift, operation.B % 3 == 0 ? count : 1 << _lineShift),
            "protect" => Protect(memory, page, (uint)count << 12),
            "page out" => OutcomeOf(memory.Advise(At(page), (uint)count << 12, MemoryAdvice.PageOut)),
            "cold" => OutcomeOf(memory.Advise(At(page), (uint)count << 12, MemoryAdvice.Cold)),
            "free" => Free(member, page, count),
            "reclaim" => Engine.Parts.Reclaim.Reclaimer.Free(operation.B % 700) != 0 ? Done : NotNow,
            "take frames" => TakeFrames(operation.B),
            "return frames" => ReturnFrames(operation.B),
            "pool" => Engine.HugePages.Resize(operation.B % 3).PoolTotal != 0 ? Done : NotNow,
            "fork" => Fork(member),
            "end" => End(member),
            "lock" => OutcomeOf(memory.Lock(At(page), (uint)Math.Min(count, 8) << 12, LockFlags.None)),
            "unlock" => OutcomeOf(UnlockAll(member)),
            "pin" => PinSome(member, page, Math.Min(count, 4)),
            "unpin" => Unpin(),
            "snapshot" => TakeSnapshot(member),
            "restore" => Restore(member),
            "limit" => Limit(operation.B),
            "device fails" => FailDevice(_store, 1 + ((operation.B >> 8) % 90)),
            _ => FailAllocation(operation.B),
        };
    }

    protected override void HealDevices() => _store.FailAtOperation = 0;

    protected override void Release()
    {
        Engine.HugePages.Resize(0);
        Unpin();
    }

    protected override void Recount(AuditReport report)
    {
        if (_group is not null) report.AddIfDifferent("leak", "frames of the group", 0, _group.Usage.Value);
    }

    private static EngineOptions OptionsFrom(FuzzRandom random)
    {
        bool isClassic = random.Percent(30);
        return new()
        {
            RamBytes = (isClassic ? 14ul : 7ul) << 20,
            Tables = isClassic ? TableFormat.Classic : TableFormat.Pae,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            TransparentHugePages = TransparentHugePages.Advised,
            CollapseScanPages = random.OneOf([600, 4096]),
            SwapReadAheadPages = random.OneOf([1, 8, 32]),
            LendTablesFrom = random.OneOf([1, 4096]),
        };
    }

    private int Fill(WordMember member, int line, uint number, out string? failure)
    {
        failure = null;
        for (int page = line << _lineShift; page < (line + 1) << _lineShift; page++)
            if (Write(member, page, Word(number + (uint)page), out failure) != Done) return Refused;
        return Done;
    }

    private int Checker(WordMember member, int line)
    {
        UnlockAll(member);
        int end = (line + 1) << _lineShift;
        for (int page = line << _lineShift; page < end; page += 2)
            if (Discard(member, page, 1) != Done) return Refused;
        return Done;
    }

    private static int Unmap(WordMember member, int page, int count)
    {
        Errno error;    // a refused one may leave a hole, as in Linux
        int attempt = 0;
        do error = member.Memory.Map(At(page), (uint)count << 12, MemoryProtection.ReadWrite, Fixed, out _);
        while (error != Errno.None && ++attempt < 4);
        member.Clear(page, count);
        return OutcomeOf(error);
    }

    /// <summary>Pages go away and come back at once. Where there is no memory for it they are given up.</summary>
    private static int Move(WordMember member, int page, int count)
    {
        const RemapFlags there = RemapFlags.MayMove | RemapFlags.Fixed;
        AddressSpace memory = member.Memory;
        uint bytes = (uint)count << 12;
        bool isBack = memory.Remap(At(page), bytes, bytes, there, new(Elsewhere), out _) == Errno.None    // or some of its areas
            && memory.Remap(new(Elsewhere), bytes, bytes, there, At(page), out _) == Errno.None;
        if (isBack) return Done;
        for (int attempt = 0; attempt < 3 && memory.Unmap(new(Elsewhere), bytes) != Errno.None;) attempt++;
        _ = Unmap(member, page, count);
        return Refused;
    }

    private int TakeFrames(uint number)
    {
        for (uint i = 0; i <= number % 16 && _hostFrames.Count < HostFramesMax; i++)
        {
            if (!Engine.Frames.TryTake(0, out FrameNumber frame)) return Refused;
            _hostFrames.Add(frame);
        }

        return Done;
    }

    private int ReturnFrames(uint number)
    {
        if (_hostFrames.Count == 0) return NotNow;
        for (uint i = 0; i <= number % 24 && _hostFrames.Count != 0; i++)
        {
            int which = (int)((number + (i * 7)) % (uint)_hostFrames.Count);
            Engine.Frames.Return(_hostFrames[which], 0);
            _hostFrames.RemoveAt(which);
        }

        return Done;
    }

    private int PinSome(WordMember member, int page, int count)
    {
        if (_pin is not null) return NotNow;
        bool isPinned = member.Process.TryPin(At(page), (uint)count << 12, AccessKind.Read, out _pin, out _);
        return isPinned ? Done : Refused;
    }

    private int Unpin()
    {
        if (_pin is null) return NotNow;
        _pin.Dispose();
        _pin = null;
        return Done;
    }

    private static int TakeSnapshot(WordMember member)
    {
        member.Snapshot?.Dispose();
        if (!member.Process.TryTakeSnapshot(out Snapshot? snapshot, out _)) snapshot = null;
        (member.Snapshot, member.KeptWords, member.KeptFree) = (snapshot, [.. member.Words], [.. member.IsFree]);
        return snapshot is null ? Refused : Done;
    }

    private static int Restore(WordMember member)
    {
        if (member.Snapshot is null) return NotNow;
        if (member.Snapshot.Restore() == Errno.None)
        {
            member.KeptWords.CopyTo(member.Words, 0);
            member.KeptFree.CopyTo(member.IsFree, 0);
        }

        member.Snapshot.Dispose();
        member.Snapshot = null;
        return Done;
    }

    private int Limit(uint number)
    {
        uint lines = (number % 5) + 1;
        if (_group is null) return NotNow;
        return OutcomeOf(_group.SetLimit(lines == 5 ? null : new FrameCount((lines << _lineShift) - (number % 200))));
    }
}
