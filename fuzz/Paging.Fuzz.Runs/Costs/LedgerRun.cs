using Paging.Core;
using Paging.Core.Files;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Processes that compute, map, fork, read and swap, with their time in a ledger and in the slow one.</summary>
internal sealed class LedgerRun : IStructureRun
{
    public static readonly string[] Operations =
    [
        "loads", "loads", "stores", "stores", "fetches", "scattered", "scattered", "loop", "loop", "map", "map file", "unmap", "protect",
        "discard", "fork", "end", "read", "write", "synchronize", "background", "kernel", "snapshot",
        "call",
    ];

    public static readonly string[] Outcomes = ["done", "refused", "not now"];

    private const int Done = 0, Refused = 1, NotNow = 2;
    private const int ProcessesMax = 4, MappingsMax = 6, AccessesMax = 48;
    private const int FilePages = 96, PageShift = 12;
    private const long Second = 1_000_000_000_000;

    private readonly PagingEngine _engine;
    private readonly LedgerPair _pair;
    private readonly List<Member> _members = [];
    private readonly GuestFile[] _files;
    private readonly int _processors;
    private readonly byte[] _bytes = new byte[64 << 10];

    public LedgerRun(FuzzRandom random)
    {
        _engine = new(new EngineOptions
        {
            RamBytes = random.OneOf([1ul << 20, 2ul << 20, 16ul << 20]),
            Tables = random.Percent(50) ? TableFormat.Pae : TableFormat.Classic,
            Seed = random.Next(),
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            TransparentHugePages = random.Percent(50) ? TransparentHugePages.Advised : TransparentHugePages.Never,
            ReadAheadPages = random.OneOf([0, 4, 32]),
            SwapReadAheadPages = random.OneOf([1, 8]),
            FaultAroundPages = random.OneOf([1, 16]),
            LendTablesFrom = random.OneOf([1, 4096]),
        });
        _processors = random.Between(1, 3);
        _pair = new(_engine, PricesFrom(random), _processors);
        _pair.AddSwap(8 << 20);
        _files = [_pair.CreateFile("a", FilePages << PageShift), _pair.CreateFile("b", ((FilePages - 1) << PageShift) + 1)];
        Member first = new(_engine.CreateProcess("first"));
        foreach (GuestFile file in _files) file.Open(first.Process, FileRights.ReadWrite, out _);
        _members.Add(first);
    }

    /// <summary>The accesses so far.</summary>
    public long AccessCount { get; private set; }

    public int Execute(in RawOperation operation, out string? failure)
    {
        int outcome = Execute(Operations[operation.Kind], operation, _members[(int)(operation.C % (uint)_members.Count)]);
        failure = _pair.Difference();
        return outcome;
    }

    public string? Verify()
    {
        AuditReport report = _engine.Audit();
        return report.IsClean ? _pair.Difference() : report.ToString();
    }

    public string? Finish() => Verify() ?? _pair.SampleDifference();

    public void Dispose() => _engine.Dispose();

    /// <summary>A list that comes with the assembly, or small hardware of any shape with prices that tell themselves apart.</summary>
    private static PriceList PricesFrom(FuzzRandom random)
    {
        PriceList list = PriceList.Find(random.OneOf(["desktop-2009", "server-2025"]))!;
        if (random.Percent(30)) return list;
        Replacement rule = random.OneOf([Replacement.Lru, Replacement.Plru, Replacement.Fifo, Replacement.Random]);
        int ways = random.OneOf([1, 2, 4, 8]);
        return list with
        {
            Translation = new()
            {
                Tlbs =
                [
                    new("ITLB", 1, ServedAccesses.Fetches, HeldPages.Both, new(ways * random.Between(1, 3), ways, rule)),
                    new("DTLB", 1, random.OneOf([ServedAccesses.Loads, ServedAccesses.Data]),
                        random.OneOf([HeldPages.Small, HeldPages.Both]), new(8, 4, rule)),
                    new("DTLB large", 1, ServedAccesses.Loads, HeldPages.Large, new(2, 2, rule)),
                    new("STLB", 2, random.OneOf([ServedAccesses.All, ServedAccesses.Data]), HeldPages.Both, new(ways * 8, ways, rule)),
                ],
                DirectoryCache = random.Percent(70) ? new(2, 2, rule) : null,
                EntryLines = new(ways * 4, ways, rule),
            },
            Processor = new(new(1), new(10), new(100), new(1_000), new(10_000)),
            Kernel = new(Of(1), Of(10), Of(100), Of(1_000), Of(3), Of(30), Of(300), Of(3_000), Of(7), Of(70), Of(700), Of(7_000), Of(9)),
            Files = DeviceFrom(random),
            Swap = random.Percent(50) ? null : DeviceFrom(random),
        };

        static DeviceShape DeviceFrom(FuzzRandom random) => random.Percent(50)
            ? new DiskShape(1_000_000_000, new(5 * Second / 1000), new(Second / 1000), new(Second / 100), 100_000_000, 300_000_000,
                random.OneOf([0, 50_000, 1_000_000]), random.Percent(30))
            : new SsdShape(new(60_000_000), new(15_000_000), 1_400_000_000, 1_000_000_000, random.OneOf([1, 2, 100]));

        static VirtualTime Of(long nanoseconds) => VirtualTime.FromNanoseconds(nanoseconds);
    }

    private int Execute(string name, in RawOperation operation, Member member)
    {
        int processor = (int)((operation.C >> 8) % (uint)_processors);
        UserProcess process = member.Process;
        (VirtualAddress at, uint pages) = member.MappingOf(operation.A);
        VirtualAddress page = at + (operation.A / MappingsMax % pages << PageShift);
        uint length = (1 + (operation.B % 8)) << PageShift;
        return name switch
        {
            "loads" => Burst(process, page, operation, AccessKind.Read, processor),
            "stores" => Burst(process, page, operation, AccessKind.Write, processor),
            "fetches" => Burst(process, page, operation, AccessKind.Fetch, processor),
            "scattered" => Scatter(process, at, pages, operation, processor),
            "loop" => Loop(process, page, operation, processor),
            "map" => Map(member, operation, processor),
            "map file" => MapFile(member, operation, processor),
            "unmap" => Call(member, processor, process.Memory.Unmap(page, length)),
            "protect" => Call(member, processor, process.Memory.Protect(page, length,
                operation.B % 16 < 6 ? MemoryProtection.Read : MemoryProtection.ReadWrite)),
            "discard" => Call(member, processor, process.Memory.Advise(page, length,
                operation.B % 3 == 0 ? MemoryAdvice.WillNeed : MemoryAdvice.DontNeed)),
            "fork" => Fork(member, processor),
            "end" => End(member, operation, processor),
            "read" => Read(member, operation, processor),
            "write" => Write(member, operation, processor),
            "synchronize" => Call(member, processor, process.FileDescriptors.Synchronize(3 + (int)(operation.A & 1))),
            "background" => Background(operation),
            "kernel" => Kernel(process, operation, processor),
            "snapshot" => TakeSnapshot(member),
            _ => Call(member, processor, Errno.None, operation.B % 20_000),
        };
    }

    private int Call(Member member, int processor, Errno error, long copied = 0)
    {
        _pair.EndCall(member.Process, copied, processor);
        return error == Errno.None ? Done : Refused;
    }

    private void Access(UserProcess process, VirtualAddress at, AccessKind kind, int processor)
    {
        Mmu mmu = process.Memory.Mmu;
        if (kind == AccessKind.Write) mmu.TryWrite(at, at.Value);
        else if (kind == AccessKind.Fetch) mmu.TryFetch(at, out uint _, out _);
        else mmu.TryRead(at, out uint _);
        _pair.Observe(process, at, sizeof(uint), kind, processor);
        AccessCount++;
    }

    /// <summary>Accesses at a stride, back to the first one now and then; some cross a border between pages.</summary>
    private int Burst(UserProcess process, VirtualAddress page, in RawOperation operation, AccessKind kind, int processor)
    {
        uint stride = (uint)(1 << (int)(operation.B % 14)), round = 1 + (operation.B >> 8 & 15);
        for (uint i = 0; i < 1 + (operation.B >> 16) % AccessesMax; i++)
            Access(process, page + (i % round * stride) + (operation.B >> 24 == 1 ? 4094u : 0), kind, processor);
        return Done;
    }

    private int Scatter(UserProcess process, VirtualAddress at, uint pages, in RawOperation operation, int processor)
    {
        ulong random = operation.B;
        for (uint i = 0; i < 1 + operation.A % AccessesMax; i++)
        {
            ulong word = SplitMix64.Next(ref random);
            Access(process, at + ((uint)(word % pages) << PageShift) + (uint)(word >> 32) % 4000,
                (word >> 60) < 6 ? AccessKind.Write : AccessKind.Read, processor);
        }

        return Done;
    }

    private int Loop(UserProcess process, VirtualAddress page, in RawOperation operation, int processor)
    {
        AccessKind kind = (operation.C & 0x10000) != 0 ? AccessKind.Write : AccessKind.Read;
        int step = 1 << (int)(2 + (operation.B % 12));
        VirtualAddress first = page + (operation.B >> 8 & 7);
        uint length = 1 + (operation.A >> 4) % (uint)(step * AccessesMax);
        for (uint done = 0; done < length; done += 256)
        {
            if (kind == AccessKind.Write) process.Memory.Mmu.TryWrite(first + done, (byte)1);
            else process.Memory.Mmu.TryRead(first + done, out byte _);
        }

        _pair.ObserveRun(process, first, length, step, kind, processor);
        AccessCount += (length + step - 1) / step;
        return Done;
    }

    private int Map(Member member, in RawOperation operation, int processor)
    {
        if (member.Mappings.Count == MappingsMax) return NotNow;
        uint pages = (operation.B & 0x300) == 0 ? 2_048 : 1 + (operation.B % 200);
        MapFlags flags = MapFlags.Anonymous | ((operation.A & 1) != 0 ? MapFlags.Shared : MapFlags.Private);
        if ((operation.A & 6) == 0 && pages < 64) flags |= MapFlags.Populate;
        Errno error = member.Process.Memory.Map(default, pages << PageShift, MemoryProtection.ReadWrite, flags, out VirtualAddress at);
        if (error == Errno.None) member.Mappings.Add((at, pages));
        if (error == Errno.None && pages == 2_048) member.Process.Memory.Advise(at, pages << PageShift, MemoryAdvice.HugePage);
        return Call(member, processor, error);
    }

    private int MapFile(Member member, in RawOperation operation, int processor)
    {
        if (member.Mappings.Count == MappingsMax) return NotNow;
        uint pages = 1 + (operation.B % FilePages), first = (operation.B >> 8) % (FilePages - pages + 1);
        MapFlags flags = (operation.A & 2) != 0 ? MapFlags.Shared : MapFlags.Private;
        Errno error = member.Process.Memory.Map(default, pages << PageShift, MemoryProtection.ReadWrite, flags,
            3 + (int)(operation.A & 1), (ulong)first << PageShift, out VirtualAddress at);
        if (error == Errno.None) member.Mappings.Add((at, pages));
        return Call(member, processor, error);
    }

    private int Fork(Member member, int processor)
    {
        if (_members.Count == ProcessesMax || member.Process.Fork(out UserProcess? child) != Errno.None) return NotNow;
        _members.Add(new(child!, member.Mappings));
        _pair.EndFork(member.Process, child!, processor);
        return Done;
    }

    private int End(Member member, in RawOperation operation, int processor)
    {
        if (_members.Count == 1 || operation.B % 4 != 0) return NotNow;
        member.Process.Exit(0);
        _members.Remove(member);
        return Call(member, processor, Errno.None);
    }

    private int Read(Member member, in RawOperation operation, int processor)
    {
        int descriptor = 3 + (int)(operation.A & 1);
        long offset = (operation.A >> 1) % (FilePages << PageShift);
        Errno error = member.Process.FileDescriptors.Read(descriptor, offset, _bytes.AsSpan(0, (int)(operation.B % 20_000)), out int count);
        if (operation.B >> 30 == 0) return Call(member, processor, error, count);
        _pair.EndRead(member.Process, _files[descriptor - 3], offset, count, processor);
        return error == Errno.None ? Done : Refused;
    }

    private int Write(Member member, in RawOperation operation, int processor)
    {
        long offset = (operation.A >> 1) % ((FilePages << PageShift) - (16 << 10));
        Errno error = member.Process.FileDescriptors.Write(3 + (int)(operation.A & 1), offset, _bytes.AsSpan(0, (int)(operation.B % 9_000)),
            out int count);
        return Call(member, processor, error, count);
    }

    private int Background(in RawOperation operation)
    {
        int done = _engine.RunBackground((int)(operation.A % 64));
        _pair.EndBackground();
        return done != 0 ? Done : NotNow;
    }

    /// <summary>The kernel half is global and large.</summary>
    private int Kernel(UserProcess process, in RawOperation operation, int processor)
    {
        VirtualAddress at = PagingEngine.KernelAddressOf(new(operation.A % 200));
        if (!process.Memory.Mmu.TryReadAsSupervisor(at, out uint _, out _)) return Refused;
        _pair.Observe(process, at, sizeof(uint), AccessKind.Read, processor);
        return Done;
    }

    /// <summary>Closes the tables for stores. It is dropped at once, so that it keeps no pages.</summary>
    private static int TakeSnapshot(Member member)
    {
        if (!member.Process.TryTakeSnapshot(out Snapshot? snapshot, out _)) return NotNow;
        snapshot.Dispose();
        return Done;
    }

    private sealed class Member(UserProcess process, IEnumerable<(VirtualAddress At, uint Pages)>? mappings = null)
    {
        public UserProcess Process => process;

        public List<(VirtualAddress At, uint Pages)> Mappings { get; } = [.. mappings ?? []];

        public (VirtualAddress At, uint Pages) MappingOf(uint number) =>
            Mappings.Count == 0 ? (new(0x1000), 4u) : Mappings[(int)(number % (uint)Mappings.Count)];
    }
}
