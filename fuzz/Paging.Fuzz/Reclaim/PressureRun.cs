using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Core.SystemCalls;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>Processes that need several times the RAM there is, on swap devices that come, go and fail, beside plain bytes.</summary>
/// <remarks><code>
///   process   PagesEach pages of its own from Base on, then PagesShared pages that all of a family share
///   bytes     a word at the start of each page stands for all of it: written, copied by fork, forgotten by MADV_DONTNEED
/// </code>
/// An access may end in SIGBUS while a device fails and in out-of-memory while nothing can go; it must then have changed nothing.</remarks>
internal sealed class PressureRun : IStructureRun
{
    public static readonly string[] Operations =
    [
        "write", "write", "write", "write", "write", "read", "read", "read", "read", "write shared", "write shared", "read shared", "fork",
        "end",
        "forget", "page out", "cold", "will need", "free", "reclaim", "background", "lock", "unlock", "protect", "move", "swapon",
        "swapoff", "compact", "device fails", "allocation fails",
    ];

    public static readonly string[] Outcomes = ["done", "refused", "not now"];

    private const int Done = 0, Refused = 1, NotNow = 2;
    private const int PagesEach = 160, PagesShared = 80, ProcessesMax = 5, DevicesMax = 3;
    private const uint Base = 0x2000_0000, Shared = 0x3000_0000, Elsewhere = 0x5000_0000;

    private readonly PagingEngine _engine;
    private readonly List<Member> _members = [];
    private readonly List<(SwapDevice Device, FailingSwapStore Store)> _devices = [];
    private readonly uint[] _shared = new uint[PagesShared];
    private bool _mayFail;

    public PressureRun(FuzzRandom random)
    {
        _engine = new(new EngineOptions
        {
            RamBytes = 1 << 20,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            Swappiness = random.OneOf([60, 0, 100, 200]),
            SwapReadAheadPages = random.OneOf([1, 8, 32]),
        });
        SwitchOn();
        Errno made = _engine.CreateGroup(new() { Limit = random.Percent(50) ? new FrameCount(random.OneOf([60u, 120u])) : null },
            out MemoryGroup? group);
        Member first = new(_engine.CreateProcess("first", new() { Group = made == Errno.None ? group : null }), new uint[PagesEach],
            new bool[PagesEach]);
        const MapFlags anonymous = MapFlags.Anonymous | MapFlags.Fixed;
        _ = first.Process.Memory.Map(new(Base), PagesEach << 12, MemoryProtection.ReadWrite, MapFlags.Private | anonymous, out _);
        _ = first.Process.Memory.Map(new(Shared), PagesShared << 12, MemoryProtection.ReadWrite, MapFlags.Shared | anonymous, out _);
        _members.Add(first);
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        Member member = _members[(int)(operation.C % (uint)_members.Count)];
        int page = (int)(operation.A % PagesEach), count = Math.Min(1 + (int)(operation.B % 24), PagesEach - page);
        AddressSpace memory = member.Process.Memory;
        uint bytes = (uint)count << 12;
        int sharedPage = (int)(operation.A % PagesShared);
        int outcome = Operations[operation.Kind] switch
        {
            "write" => Write(memory, At(page), ref member.Words[page], Word(operation.B), ref member.IsFree[page], out failure),
            "write shared" => WriteShared(memory, sharedPage, Word(operation.B), out failure),
            "read" => Read(memory, At(page), member.Words[page], member.IsFree[page], out failure),
            "read shared" => Read(memory, new(Shared + ((uint)sharedPage << 12)), _shared[sharedPage], isFree: false, out failure),
            "fork" => Fork(member),
            "end" => End(member),
            "forget" => Forget(member, page, count),
            "page out" => Said(memory.Advise(At(page), bytes, MemoryAdvice.PageOut)),
            "cold" => Said(memory.Advise(At(page), bytes, MemoryAdvice.Cold)),
            "will need" => Said(memory.Advise(At(page), bytes, MemoryAdvice.WillNeed)),
            "free" => Free(member, page, count),
            "reclaim" => _engine.Parts.Reclaim.Reclaimer.Free(operation.B % 64) != 0 ? Done : NotNow,
            "background" => _engine.RunBackground(64) != 0 ? Done : NotNow,
            "lock" => Said(memory.Lock(At(page), Math.Min(bytes, 4 << 12), (operation.B & 64) != 0 ? LockFlags.OnFault : LockFlags.None)),
            "unlock" => Said(memory.Unlock(new(Base), PagesEach << 12)),
            "protect" => Protect(memory, page, bytes),
            "move" => Move(member, page),
            "swapon" => SwitchOn(),
            "swapoff" => SwitchOff(operation.B, out failure),
            "compact" => _engine.CompactMemory().Value != 0 ? Done : NotNow,
            "device fails" => FailDevice(operation.B),
            _ => FailAllocation(operation.B),
        };
        if (!Operations[operation.Kind].EndsWith("fails", StringComparison.Ordinal)) Heal();
        return outcome;
    }

    public string? Verify()
    {
        Heal();
        foreach (Member member in _members)
        {
            for (int page = 0; page < PagesEach; page++)
            {
                if (Read(member.Process.Memory, At(page), member.Words[page], member.IsFree[page], out string? failure) == Done
                    && failure is not null) return failure;
            }
        }

        AuditReport report = _engine.Audit();
        return report.IsClean ? null : report.ToString();
    }

    public string? Finish()
    {
        string? failure = Verify();
        foreach (Member member in _members) member.Process.Dispose();
        _members.Clear();
        AuditReport report = _engine.Audit();
        report.AddIfDifferent("leak", "private frames", 0,
            _engine.CountFrames(FrameState.Anonymous).Value + _engine.CountFrames(FrameState.SwapCache).Value);
        report.AddIfDifferent("leak", "slots in use", 0, _engine.Parts.Files.Swap.UsedSlots);
        return failure ?? (report.IsClean ? null : report.ToString());
    }

    public void Dispose() => _engine.Dispose();

    private static VirtualAddress At(int page) => new(Base + ((uint)page << 12));

    /// <summary>Every fourth time 0: the page is all zeros then, and swap only remembers that it is.</summary>
    private static uint Word(uint number) => (number & 3) == 0 ? 0 : number;

    private static int Said(Errno error) => error == Errno.None ? Done : Refused;

    private int Write(AddressSpace memory, VirtualAddress at, ref uint word, uint value, ref bool isFree, out string? failure)
    {
        failure = null;
        if (!memory.Mmu.TryWrite(at, value, out MemoryFault fault)) return Excuse(fault, out failure);
        (word, isFree) = (value, false);
        return Done;
    }

    private int WriteShared(AddressSpace memory, int page, uint value, out string? failure)
    {
        bool ignored = false;
        return Write(memory, new(Shared + ((uint)page << 12)), ref _shared[page], value, ref ignored, out failure);
    }

    private int Read(AddressSpace memory, VirtualAddress at, uint expected, bool isFree, out string? failure)
    {
        if (!memory.Mmu.TryRead(at, out uint found, out MemoryFault fault)) return Excuse(fault, out failure);
        failure = found == expected || (isFree && found == 0)
            ? null : $"{at}: {found:x8}, expected {expected:x8}{(isFree ? " or nothing" : "")}";
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
        member.Process.Dispose();
        return Done;
    }

    private static int Forget(Member member, int page, int count)
    {
        _ = member.Process.Memory.Unlock(new(Base), PagesEach << 12);
        if (member.Process.Memory.Advise(At(page), (uint)count << 12, MemoryAdvice.DontNeed) != Errno.None) return Refused;
        Array.Clear(member.Words, page, count);
        Array.Clear(member.IsFree, page, count);
        return Done;
    }

    private static int Free(Member member, int page, int count)
    {
        _ = member.Process.Memory.Unlock(new(Base), PagesEach << 12);
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

    /// <summary>
    /// A page goes away and comes back at once, so that the addresses stay. Where there is no memory for the way back it is given up.
    /// </summary>
    private static int Move(Member member, int page)
    {
        const RemapFlags there = RemapFlags.MayMove | RemapFlags.Fixed;
        AddressSpace memory = member.Process.Memory;
        if (memory.Remap(At(page), 4096, 4096, there, new(Elsewhere), out _) != Errno.None) return Refused;
        if (memory.Remap(new(Elsewhere), 4096, 4096, there, At(page), out _) == Errno.None) return Done;
        _ = memory.Unmap(new(Elsewhere), 4096);
        _ = memory.Map(At(page), 4096, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);
        (member.Words[page], member.IsFree[page]) = (0, false);
        return Refused;
    }

    private int SwitchOn()
    {
        if (_devices.Count == DevicesMax) return NotNow;
        FailingSwapStore store = new(new MemorySwapStore(4 << 20));
        if (_engine.SwapOn(store, _devices.Count % 2, out SwapDevice? device) != Errno.None) return Refused;
        _devices.Add((device!, store));
        return Done;
    }

    /// <summary>EBUSY is wrong here: it says that a snapshot needs a slot, and there is none.</summary>
    private int SwitchOff(uint which, out string? failure)
    {
        failure = null;
        if (_devices.Count < 2) return NotNow;
        int index = (int)(which % (uint)_devices.Count);
        Errno error = _engine.SwapOff(_devices[index].Device);
        if (error == Errno.EBUSY) failure = "swapoff: EBUSY, and there is no snapshot";
        if (error == Errno.None) _devices.RemoveAt(index);
        return Said(error);
    }

    /// <summary>The next call meets a device that fails now or soon.</summary>
    private int FailDevice(uint number)
    {
        _mayFail = true;
        _devices[(int)(number % (uint)_devices.Count)].Store.FailAtOperation = 1 + (number >> 8) % 5;
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
        foreach ((_, FailingSwapStore store) in _devices) store.FailAtOperation = 0;
    }

    /// <param name="Process">A process.</param>
    /// <param name="Words">The word at the start of each of its pages.</param>
    /// <param name="IsFree">It has said that it can do without the page: it reads as it was, or as zeros.</param>
    private sealed record Member(UserProcess Process, uint[] Words, bool[] IsFree);
}
