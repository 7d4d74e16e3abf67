using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Core.SystemCalls;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>Transparent huge pages in a machine that is too small for them, beside plain bytes: split, collapsed, moved, swapped.</summary>
/// <remarks><code>
///   process   LinesEach lines from Base on, private; a word in each page stands for all of it
///   machine   less RAM than one process needs, in both formats; frames of the host lie about in it
/// </code>
/// An access may end in SIGBUS while a device fails and in out-of-memory while nothing can go; it must then have changed nothing.</remarks>
internal sealed class HugePressureRun : IStructureRun
{
    public static readonly string[] Operations =
    [
        "write", "write", "write", "write", "fill", "fill", "read", "read", "read", "advise", "advise small", "collapse", "collapse",
        "background", "background", "compact", "compact", "checker", "checker", "forget", "unmap", "move", "protect", "page out", "cold",
        "free", "reclaim", "reclaim", "take frames", "return frames", "pool", "fork", "fork", "end", "lock", "unlock", "pin", "unpin",
        "snapshot", "restore", "restore", "restore", "limit", "device fails", "allocation fails",
    ];

    public static readonly string[] Outcomes = ["done", "refused", "not now"];

    private const int Done = 0, Refused = 1, NotNow = 2;
    private const int LinesEach = 4, ProcessesMax = 3, HostFramesMax = 200;
    private const uint Base = 0x2000_0000, Elsewhere = 0x5000_0000;
    private const MapFlags Fixed = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;

    private readonly PagingEngine _engine;
    private readonly FailingSwapStore _store;
    private readonly MemoryGroup? _group;
    private readonly List<Member> _members = [];
    private readonly List<FrameNumber> _hostFrames = [];
    private readonly int _lineShift;
    private PinnedMemory? _pin;
    private bool _mayFail;

    public HugePressureRun(FuzzRandom random)
    {
        bool isClassic = random.Percent(30);
        _lineShift = isClassic ? 10 : 9;
        _engine = new(new EngineOptions
        {
            RamBytes = (isClassic ? 14ul : 7ul) << 20,
            Tables = isClassic ? TableFormat.Classic : TableFormat.Pae,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            TransparentHugePages = TransparentHugePages.Advised,
            CollapseDaemon = new() { PagesToScan = random.OneOf([600, 4096]), UntouchedMax = random.OneOf<int?>([null, 100]) },
            SwapReadAheadPages = random.OneOf([1, 8, 32]),
        });
        _store = new(new MemorySwapStore(64 << 20));
        _ = _engine.SwapOn(_store, 0, out _);
        if (random.Percent(50)) _ = _engine.CreateGroup(new() { CountsTables = random.Percent(50) }, out _group);
        Member first = new(_engine.CreateProcess("first", new() { Group = _group }), new uint[PagesEach], new bool[PagesEach]);
        _ = first.Process.Memory.Map(At(0), (uint)PagesEach << 12, MemoryProtection.ReadWrite, Fixed, out _);
        _members.Add(first);
    }

    private int PagesEach => LinesEach << _lineShift;

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        Member member = _members[(int)(operation.C % (uint)_members.Count)];
        int page = (int)(operation.A % (uint)PagesEach), count = Math.Min(1 + (int)(operation.B % 90), PagesEach - page);
        int line = page >> _lineShift;
        AddressSpace memory = member.Process.Memory;
        string kind = Operations[operation.Kind];
        int outcome = kind switch
        {
            "write" => Write(member, page, Word(operation.B), out failure),
            "fill" => Fill(member, line, operation.B, out failure),
            "read" => Read(member, page, out failure),
            "advise" => Said(memory.Advise(At(line << _lineShift), LineBytes, MemoryAdvice.HugePage)),
            "advise small" => Said(memory.Advise(At(page), (uint)count << 12, MemoryAdvice.NoHugePage)),
            "collapse" => Said(memory.Advise(At(line << _lineShift), LineBytes, MemoryAdvice.Collapse)),
            "background" => _engine.RunBackground(1 << 14) != 0 ? Done : NotNow,
            "compact" => _engine.CompactMemory().Value != 0 ? Done : NotNow,
            "checker" => Checker(member, line),
            "forget" => Forget(member, page, count),
            "unmap" => Unmap(member, page, count),
            "move" => Move(member, operation.B % 3 == 0 ? page : line << _lineShift, operation.B % 3 == 0 ? count : 1 << _lineShift),
            "protect" => Protect(memory, page, (uint)count << 12),
            "page out" => Said(memory.Advise(At(page), (uint)count << 12, MemoryAdvice.PageOut)),
            "cold" => Said(memory.Advise(At(page), (uint)count << 12, MemoryAdvice.Cold)),
            "free" => Free(member, page, count),
            "reclaim" => _engine.Parts.Reclaim.Reclaimer.Free(operation.B % 700) != 0 ? Done : NotNow,
            "take frames" => TakeFrames(operation.B),
            "return frames" => ReturnFrames(operation.B),
            "pool" => _engine.ResizeHugePool(operation.B % 3).Total != 0 ? Done : NotNow,
            "fork" => Fork(member),
            "end" => End(member),
            "lock" => Said(memory.Lock(At(page), (uint)Math.Min(count, 8) << 12, LockFlags.None)),
            "unlock" => Said(memory.Unlock(At(0), (uint)PagesEach << 12)),
            "pin" => PinSome(member, page, Math.Min(count, 4)),
            "unpin" => Unpin(),
            "snapshot" => TakeSnapshot(member),
            "restore" => Restore(member),
            "limit" => Limit(operation.B),
            "device fails" => FailDevice(operation.B),
            _ => FailAllocation(operation.B),
        };
        if (!kind.EndsWith("fails", StringComparison.Ordinal)) Heal();
        return outcome;
    }

    public string? Verify()
    {
        Heal();
        foreach (Member member in _members)
        {
            for (int page = 0; page < PagesEach; page++)
                if (Read(member, page, out string? failure) == Done && failure is not null) return failure;
        }

        AuditReport report = _engine.Audit();
        return report.IsClean ? null : report.ToString();
    }

    public string? Finish()
    {
        _engine.ResizeHugePool(0);
        Unpin();
        string? failure = Verify();
        foreach (Member member in _members)
        {
            member.Snapshot?.Dispose();
            member.Process.Dispose();
        }

        _members.Clear();
        AuditReport report = _engine.Audit();
        report.AddIfDifferent("leak", "private frames", 0,
            _engine.CountFrames(FrameState.Anonymous).Value + _engine.CountFrames(FrameState.SwapCache).Value);
        report.AddIfDifferent("leak", "slots in use", 0, _engine.Parts.Files.Swap.UsedSlots);
        if (_group is not null) report.AddIfDifferent("leak", "frames of the group", 0, _group.Usage.Value);
        return failure ?? (report.IsClean ? null : report.ToString());
    }

    public void Dispose() => _engine.Dispose();

    private uint LineBytes => 1u << (_lineShift + 12);

    private static VirtualAddress At(int page) => new(Base + ((uint)page << 12));

    /// <summary>Every fourth time 0: the page is all zeros then, and swap only remembers that it is.</summary>
    private static uint Word(uint number) => (number & 3) == 0 ? 0 : number;

    private static int Said(Errno error) => error == Errno.None ? Done : Refused;

    private int Write(Member member, int page, uint value, out string? failure)
    {
        failure = null;
        if (!member.Process.Memory.Mmu.TryWrite(At(page), value, out MemoryFault fault)) return Excuse(fault, out failure);
        (member.Words[page], member.IsFree[page]) = (value, false);
        return Done;
    }

    private int Fill(Member member, int line, uint number, out string? failure)
    {
        failure = null;
        for (int page = line << _lineShift; page < (line + 1) << _lineShift; page++)
            if (Write(member, page, Word(number + (uint)page), out failure) != Done) return Refused;
        return Done;
    }

    private int Read(Member member, int page, out string? failure)
    {
        if (!member.Process.Memory.Mmu.TryRead(At(page), out uint found, out MemoryFault fault)) return Excuse(fault, out failure);
        uint expected = member.Words[page];
        failure = found == expected || (member.IsFree[page] && found == 0) ? null
            : $"process {member.Process.Id} {At(page)}: {found:x8}, expected {expected:x8}{(member.IsFree[page] ? " or nothing" : "")}";
        return Done;
    }

    /// <summary>Short of memory is always an answer here; SIGBUS only while something fails.</summary>
    private int Excuse(MemoryFault fault, out string? failure)
    {
        bool isExcused = fault.Kind == MemoryFaultKind.OutOfMemory || (fault.Kind == MemoryFaultKind.BusError && _mayFail);
        failure = isExcused ? null : $"an access was refused: {fault}";
        return Refused;
    }

    private int Fork(Member member)
    {
        if (_members.Count >= ProcessesMax) return NotNow;
        if (member.Process.Fork(out UserProcess? child) != Errno.None) return Refused;
        _members.Add(new(child!, [.. member.Words], [.. member.IsFree]));
        return Done;
    }

    private int End(Member member)
    {
        if (_members.Count == 1) return NotNow;
        _members.Remove(member);
        member.Snapshot?.Dispose();
        member.Process.Dispose();
        return Done;
    }

    private int Checker(Member member, int line)
    {
        _ = member.Process.Memory.Unlock(At(0), (uint)PagesEach << 12);
        int end = (line + 1) << _lineShift;
        for (int page = line << _lineShift; page < end; page += 2)
            if (Forget(member, page, 1) != Done) return Refused;
        return Done;
    }

    private int Forget(Member member, int page, int count)
    {
        _ = member.Process.Memory.Unlock(At(0), (uint)PagesEach << 12);
        if (member.Process.Memory.Advise(At(page), (uint)count << 12, MemoryAdvice.DontNeed) != Errno.None) return Refused;
        Array.Clear(member.Words, page, count);
        Array.Clear(member.IsFree, page, count);
        return Done;
    }

    private static int Unmap(Member member, int page, int count)
    {
        Errno error;    // a refused one may leave a hole, as in Linux
        int attempt = 0;
        do error = member.Process.Memory.Map(At(page), (uint)count << 12, MemoryProtection.ReadWrite, Fixed, out _);
        while (error != Errno.None && ++attempt < 4);
        Array.Clear(member.Words, page, count);
        Array.Clear(member.IsFree, page, count);
        return Said(error);
    }

    private int Free(Member member, int page, int count)
    {
        _ = member.Process.Memory.Unlock(At(0), (uint)PagesEach << 12);
        if (member.Process.Memory.Advise(At(page), (uint)count << 12, MemoryAdvice.Free) != Errno.None) return Refused;
        Array.Fill(member.IsFree, true, page, count);
        return Done;
    }

    private static int Protect(AddressSpace memory, int page, uint bytes)
    {
        Errno error = memory.Protect(At(page), bytes, MemoryProtection.Read);
        for (int attempt = 0; attempt < 3 && memory.Protect(At(page), bytes, MemoryProtection.ReadWrite) != Errno.None; attempt++)
            error = Errno.ENOMEM;
        return Said(error);
    }

    /// <summary>Pages go away and come back at once. Where there is no memory for it they are given up.</summary>
    private static int Move(Member member, int page, int count)
    {
        const RemapFlags there = RemapFlags.MayMove | RemapFlags.Fixed;
        AddressSpace memory = member.Process.Memory;
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
            if (!_engine.TryTakeFrames(0, out FrameNumber frame)) return Refused;
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
            _engine.ReturnFrames(_hostFrames[which], 0);
            _hostFrames.RemoveAt(which);
        }

        return Done;
    }

    private int PinSome(Member member, int page, int count)
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

    private static int TakeSnapshot(Member member)
    {
        member.Snapshot?.Dispose();
        if (member.Process.TakeSnapshot(out Snapshot? snapshot) != Errno.None) snapshot = null;
        (member.Snapshot, member.KeptWords, member.KeptFree) = (snapshot, [.. member.Words], [.. member.IsFree]);
        return snapshot is null ? Refused : Done;
    }

    private static int Restore(Member member)
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
        return Said(_group.SetLimit(lines == 5 ? null : new FrameCount((lines << _lineShift) - (number % 200))));
    }

    /// <summary>The next call meets a device that fails now or soon.</summary>
    private int FailDevice(uint number)
    {
        _mayFail = true;
        _store.FailAtOperation = 1 + ((number >> 8) % 90);
        return Done;
    }

    /// <summary>The next call meets an allocation that is refused.</summary>
    private int FailAllocation(uint number)
    {
        _engine.Parts.Machine.Injection.FailAtAllocation = 1 + (number % 5);
        return Done;
    }

    private void Heal()
    {
        _mayFail = false;
        _engine.Parts.Machine.Injection.FailAtAllocation = 0;
        _store.FailAtOperation = 0;
    }

    /// <param name="Process">A process.</param>
    /// <param name="Words">The word at the start of each of its pages.</param>
    /// <param name="IsFree">It has said that it can do without the page: it reads as it was, or as zeros.</param>
    private sealed record Member(UserProcess Process, uint[] Words, bool[] IsFree)
    {
        public Snapshot? Snapshot { get; set; }

        public uint[] KeptWords { get; set; } = [];

        public bool[] KeptFree { get; set; } = [];
    }
}
