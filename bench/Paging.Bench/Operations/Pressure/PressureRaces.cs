using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Bench.Operations.Pressure;

/// <summary>
/// What does a fault cost when each has to put a page out and bring another one back? And what does freeing a frame cost alone?
/// </summary>
/// <remarks>
/// The device is memory, so that only our own work is measured: two copies of 4 KiB, and the reclaim between them. Read-ahead is off, each
/// access
/// is a major fault. This host has no swap device, so the kernel has no lane here; its parts are known from its own benchmarks.
/// </remarks>
internal static class PressureRaces
{
    private const int WarmCount = 512;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("swap-fault", "4x-ram", "fault that puts a page out and brings one back", static scale =>
            new(scale.Pick(8192, tiny: 700), WarmCount, [new SwapFault(isWrite: true), new TwoCopies()])),
        new("swap-fault-clean", "4x-ram", "fault that drops a clean page and brings one back", static scale =>
            new(scale.Pick(8192, tiny: 700), WarmCount, [new SwapFault(isWrite: false), new TwoCopies()])),
        new("reclaim-page", "8MiB", "frame freed by the two lists, its page written to swap", static scale =>
            new(scale.Pick(1024, tiny: 64), WarmCount, [new ReclaimPage()])),
    ];
}

/// <summary>A working set of four times RAM, gone through in order: under LRU-like replacement no page is ever still there.</summary>
internal sealed class SwapFault : Contender
{
    private const int RamMiB = 8;
    private const int PageCount = 4 * RamMiB * 256;
    private static readonly VirtualAddress Start = new(0x2000_0000);

    private readonly PagingEngine _engine;
    private readonly UserProcess _process;
    private readonly bool _isWrite;
    private ReclaimCounters _before;
    private long _majorBefore;
    private int _next;
    private uint _sum;

    public SwapFault(bool isWrite) : base(Role.Engine, isWrite ? "Mmu.Write, page out, page in" : "Mmu.Read, page dropped, page in")
    {
        _isWrite = isWrite;
        _engine = new(new EngineOptions { RamBytes = RamMiB << 20, Overcommit = OvercommitMode.Always, SwapReadAheadPages = 1 });
        Worlds.EngineWorld.Require(_engine.Swap.SwitchOn(new MemorySwapStore(40 << 20), out _), "swapon");
        _process = _engine.CreateProcess("pressure");
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        Worlds.EngineWorld.Require(_process.Memory.Map(Start, PageCount << 12, MemoryProtection.ReadWrite, flags, out _), "mmap");
        for (int page = 0; page < PageCount; page++) _process.Memory.Mmu.Write(Start + ((uint)page << 12), page + 1);
    }

    public override void Prepare(int count)
    {
        _before = _engine.Reclaimed;
        _majorBefore = _engine.Faults.Major;
    }

    public override void Run(int count)
    {
        Mmu mmu = _process.Memory.Mmu;
        for (int i = 0; i < count; i++)
        {
            VirtualAddress at = Start + ((uint)_next << 12);
            if (_isWrite) mmu.Write(at, _next + 1);
            else _sum += mmu.Read<uint>(at);
            if (++_next == PageCount) _next = 0;
        }
    }

    public override void Verify(int count)
    {
        BrokenBenchmarkException.ThrowUnless(_engine.Faults.Major - _majorBefore > count / 2, "Most accesses should be major faults.");
        BrokenBenchmarkException.ThrowUnless(_engine.Reclaimed.SwapReads - _before.SwapReads > count / 2,
            "Most pages should come from the device.");
        BrokenBenchmarkException.ThrowUnless(_sum != 1, "The pages should hold what was written.");
    }

    protected override void Dispose(bool disposing)
    {
        _engine.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>The reference: a page copied out and a page copied in.</summary>
internal sealed class TwoCopies() : Contender(Role.Reference, "two copies of 4 KiB")
{
    private readonly byte[] _ram = GC.AllocateArray<byte>(8 << 20, pinned: true);
    private readonly byte[] _device = GC.AllocateArray<byte>(32 << 20, pinned: true);

    public override void Run(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Span<byte> frame = _ram.AsSpan((i & 2047) << 12, 4096);
            frame.CopyTo(_device.AsSpan((i & 8191) << 12));
            _device.AsSpan(((i + 4096) & 8191) << 12, 4096).CopyTo(frame);
        }
    }
}

/// <summary>Background reclaim of pages that were used once: looked at twice, written out, unmapped, freed.</summary>
internal sealed class ReclaimPage : Contender
{
    private static readonly VirtualAddress Start = new(0x2000_0000);

    private readonly PagingEngine _engine = new(new EngineOptions
    {
        RamBytes = 8 << 20,
        Overcommit = OvercommitMode.Always,
        SwapReadAheadPages = 1
    });
    private readonly UserProcess _process;
    private long _before;

    public ReclaimPage() : base(Role.Engine, "Reclaimer, all entries looked at, page written, frame freed")
    {
        Worlds.EngineWorld.Require(_engine.Swap.SwitchOn(new MemorySwapStore(64 << 20), out _), "swapon");
        _process = _engine.CreateProcess("pressure");
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        Worlds.EngineWorld.Require(_process.Memory.Map(Start, 6 << 20, MemoryProtection.ReadWrite, flags, out _), "mmap");
    }

    public override void Prepare(int count)
    {
        for (int page = 0; page < 1536; page++) _process.Memory.Mmu.Write(Start + ((uint)page << 12), page + 1);
        _before = _engine.Reclaimed.Reclaimed;
    }

    public override void Run(int count) => _engine.Parts.Reclaim.Reclaimer.Free((uint)count);

    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnless(_engine.Reclaimed.Reclaimed - _before >= count, "So many frames should be free now.");

    protected override void Dispose(bool disposing)
    {
        _engine.Dispose();
        base.Dispose(disposing);
    }
}
