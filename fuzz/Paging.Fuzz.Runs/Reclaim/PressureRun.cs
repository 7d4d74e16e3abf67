using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Processes that need several times the RAM there is, on swap devices that come, go and fail, beside plain bytes.</summary>
/// <remarks><code>
///   process   PagesEach pages of its own from Base on, then PagesShared pages that all of a family share
///   bytes     a word at the start of each page stands for all of it: written, copied by fork, zeroed by MADV_DONTNEED
/// </code>
/// An access may end in SIGBUS while a device fails and in out-of-memory while nothing can go; it must then have changed nothing.</remarks>
internal sealed class PressureRun : PlainWordsRun
{
    public static readonly string[] Operations =
    [
        "write", "write", "write", "write", "write", "read", "read", "read", "read", "write shared", "write shared", "read shared", "fork",
        "end",
        "forget", "page out", "cold", "will need", "free", "reclaim", "background", "lock", "unlock", "protect", "move", "swapon",
        "swapoff", "compact", "device fails", "allocation fails",
    ];

    private const int OwnPages = 160, PagesShared = 80, DevicesMax = 3;
    private const uint Shared = 0x3000_0000, Elsewhere = 0x5000_0000;

    private readonly List<(SwapDevice Device, FailingSwapStore Store)> _devices = [];
    private readonly uint[] _shared = new uint[PagesShared];

    public PressureRun(FuzzRandom random) : base(OptionsFrom(random))
    {
        SwitchOn();
        Errno made = Engine.Groups.Create(new() { Limit = random.Percent(50) ? new FrameCount(random.OneOf([60u, 120u])) : null },
            out MemoryGroup? group);
        WordMember first = new(Engine.CreateProcess("first", new() { Group = made == Errno.None ? group : null }), new uint[OwnPages],
            new bool[OwnPages]);
        const MapFlags anonymous = MapFlags.Anonymous | MapFlags.Fixed;
        _ = first.Memory.Map(At(0), OwnPages << 12, MemoryProtection.ReadWrite, MapFlags.Private | anonymous, out _);
        _ = first.Memory.Map(new(Shared), PagesShared << 12, MemoryProtection.ReadWrite, MapFlags.Shared | anonymous, out _);
        Members.Add(first);
    }

    protected override int PagesEach => OwnPages;

    protected override int ProcessesMax => 5;

    protected override IReadOnlyList<string> Names => Operations;

    protected override int Execute(string name, in RawOperation operation, WordMember member, int page, out string? failure)
    {
        failure = null;
        int count = Math.Min(1 + (int)(operation.B % 24), OwnPages - page);
        AddressSpace memory = member.Memory;
        uint bytes = (uint)count << 12;
        int sharedPage = (int)(operation.A % PagesShared);
        return name switch
        {
            "write" => Write(member, page, Word(operation.B), out failure),
            "write shared" => WriteShared(member, sharedPage, Word(operation.B), out failure),
            "read" => Read(member, page, out failure),
            "read shared" => Read(member, SharedAt(sharedPage), _shared[sharedPage], isFree: false, out failure),
            "fork" => Fork(member),
            "end" => End(member),
            "forget" => Discard(member, page, count),
            "page out" => OutcomeOf(memory.Advise(At(page), bytes, MemoryAdvice.PageOut)),
            "cold" => OutcomeOf(memory.Advise(At(page), bytes, MemoryAdvice.Cold)),
            "will need" => OutcomeOf(memory.Advise(At(page), bytes, MemoryAdvice.WillNeed)),
            "free" => Free(member, page, count),
            "reclaim" => Engine.Parts.Reclaim.Reclaimer.Free(operation.B % 64) != 0 ? Done : NotNow,
            "background" => Engine.RunBackground(64) != 0 ? Done : NotNow,
            "lock" => OutcomeOf(
                memory.Lock(At(page), Math.Min(bytes, 4 << 12), (operation.B & 64) != 0 ? LockFlags.OnFault : LockFlags.None)),
            "unlock" => OutcomeOf(UnlockAll(member)),
            "protect" => Protect(memory, page, bytes),
            "move" => Move(member, page),
            "swapon" => SwitchOn(),
            "swapoff" => SwitchOff(operation.B, out failure),
            "compact" => Engine.Frames.Compact().Value != 0 ? Done : NotNow,
            "device fails" => FailDevice(_devices[(int)(operation.B % (uint)_devices.Count)].Store, 1 + ((operation.B >> 8) % 5)),
            _ => FailAllocation(operation.B),
        };
    }

    protected override void HealDevices()
    {
        foreach ((_, FailingSwapStore store) in _devices) store.FailAtOperation = 0;
    }

    private static EngineOptions OptionsFrom(FuzzRandom random) => new()
    {
        RamBytes = 1 << 20,
        RequestHostHugePages = false,
        Overcommit = OvercommitMode.Always,
        Swappiness = random.OneOf([60, 0, 100, 200]),
        SwapReadAheadPages = random.OneOf([1, 8, 32]),
        LendTablesFrom = random.OneOf([1, 4096]),
    };

    private static VirtualAddress SharedAt(int page) => new(Shared + ((uint)page << 12));

    private int WriteShared(WordMember member, int page, uint value, out string? failure)
    {
        failure = null;
        if (!member.Memory.Mmu.TryWrite(SharedAt(page), value, out MemoryFault fault)) return Excuse(fault, out failure);
        _shared[page] = value;
        return Done;
    }

    /// <summary>
    /// A page goes away and comes back at once, so that the addresses stay. Where there is no memory for the way back it is given up.
    /// </summary>
    private static int Move(WordMember member, int page)
    {
        const RemapFlags there = RemapFlags.MayMove | RemapFlags.Fixed;
        AddressSpace memory = member.Memory;
        if (memory.Remap(At(page), 4096, 4096, there, new(Elsewhere), out _) != Errno.None) return Refused;
        if (memory.Remap(new(Elsewhere), 4096, 4096, there, At(page), out _) == Errno.None) return Done;
        _ = memory.Unmap(new(Elsewhere), 4096);
        _ = memory.Map(At(page), 4096, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);
        member.Clear(page, 1);
        return Refused;
    }

    private int SwitchOn()
    {
        if (_devices.Count == DevicesMax) return NotNow;
        FailingSwapStore store = new(new MemorySwapStore(4 << 20));
        if (Engine.Swap.SwitchOn(store, _devices.Count % 2, out SwapDevice? device) != Errno.None) return Refused;
        _devices.Add((device!, store));
        return Done;
    }

    /// <summary>EBUSY is wrong here: it means that a snapshot needs a slot, and there is no snapshot.</summary>
    private int SwitchOff(uint which, out string? failure)
    {
        failure = null;
        if (_devices.Count < 2) return NotNow;
        int index = (int)(which % (uint)_devices.Count);
        Errno error = Engine.Swap.SwitchOff(_devices[index].Device);
        if (error == Errno.EBUSY) failure = "swapoff: EBUSY, and there is no snapshot";
        if (error == Errno.None) _devices.RemoveAt(index);
        return OutcomeOf(error);
    }
}
