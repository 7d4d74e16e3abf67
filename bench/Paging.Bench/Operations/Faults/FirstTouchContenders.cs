using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Faults;

/// <summary>The engine: an access to a page of anonymous memory that was never touched. The RAM after it has been.</summary>
internal sealed class EngineFirstTouch(EngineWorld world, VirtualAddress start, PageTour tour, bool isWrite)
    : Contender(Role.Engine, isWrite ? "Mmu.Write, page fault" : "Mmu.Read, page fault")
{
    private FaultCounters _before;
    private uint _sum;

    public override void Prepare(int count)
    {
        world.Discard(start, tour.ByteLength);
        EngineWorld.CatchUp(world.Engine);
        _before = world.Space.Faults;
    }

    public override void Run(int count)
    {
        Mmu mmu = world.Mmu;
        ReadOnlySpan<uint> offsets = tour.Offsets[..count];
        if (isWrite)
        {
            foreach (uint offset in offsets) mmu.Write(start + offset, EngineWorld.FilledWord);
        }
        else
        {
            uint sum = 0;
            foreach (uint offset in offsets) sum += mmu.Read<uint>(start + offset);
            _sum = sum;
        }
    }

    public override void Verify(int count)
    {
        FaultCounters now = world.Space.Faults;
        BrokenBenchmarkException.ThrowUnlessEqual("minor faults", count, now.Minor - _before.Minor);
        BrokenBenchmarkException.ThrowUnlessEqual("zeroed frames", isWrite ? count : 0, now.Anonymous - _before.Anonymous);
        BrokenBenchmarkException.ThrowUnlessEqual("zero pages", isWrite ? 0 : count, now.ZeroPage - _before.ZeroPage);
        BrokenBenchmarkException.ThrowUnlessEqual("the sum of zeros", 0, _sum);
    }
}

/// <summary>The reference of a write: zeroing the same frames, and nothing else.</summary>
internal sealed class BareClear(EngineWorld world, VirtualAddress start, PageTour tour) : Contender(Role.Reference,
    "zeroing of the same frames")
{
    private readonly nint[] _pages = new nint[tour.Offsets.Length];

    // Unsafe: the tour lies in the memory that its creator made as long.
    public override unsafe void Prepare(int count)
    {
        for (int i = 0; i < count; i++)
        {
            VirtualAddress address = start + tour.Offsets[i];
            world.Mmu.Write(address, EngineWorld.FilledWord);
            _pages[i] = (nint)world.HostPage(address.Page);
        }
    }

    // Unsafe: the tour lies in the memory that its creator made as long.
    public override unsafe void Run(int count)
    {
        foreach (nint page in _pages.AsSpan(0, count)) BareLoops.Clear((byte*)page);
    }

    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnlessEqual("the word that was zeroed last", 0,
            world.Mmu.Read<uint>(start + tour.Offsets[count - 1]));
}

/// <summary>
/// The engine: a first write to a page in RAM that the host has not committed yet, so that the host's page faults count, too.
/// </summary>
internal sealed class EngineFreshTouch(PageTour tour) : Contender(Role.Engine, "Mmu.Write, page fault, RAM fresh")
{
    private EngineWorld? _world;
    private VirtualAddress _start;
    private long _anonymousBefore;

    /// <summary>
    /// Makes a new engine. Its RAM has never been touched but for one page, after which the engine allocates nothing managed.
    /// </summary>
    public override void Prepare(int count)
    {
        _world?.Dispose();
        _world = new(tour.ByteLength);
        _world.Touch(_world.Map(1 << 12), pageCount: 1);
        _start = _world.Map(tour.ByteLength);
        _anonymousBefore = _world.Space.Faults.Anonymous;
    }

    public override void Run(int count)
    {
        Mmu mmu = _world!.Mmu;
        foreach (uint offset in tour.Offsets[..count]) mmu.Write(_start + offset, EngineWorld.FilledWord);
    }

    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnlessEqual("zeroed frames", count, _world!.Space.Faults.Anonymous - _anonymousBefore);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _world?.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>The reference of a write to fresh RAM: zeroing host memory that is not committed yet.</summary>
internal sealed class FreshClear(HostRegion region, PageTour tour) : Contender(Role.Reference, "zeroing of fresh host memory, huge pages")
{
    public override void Prepare(int count) => region.Discard();

    public override unsafe void Run(int count)    // the tour lies in the region: its creator gave it the tour's length
    {
        foreach (uint offset in tour.Offsets[..count]) BareLoops.Clear(region.Address + offset);
    }
}

/// <summary>The kernel: an access to a page of this process that it has not given yet.</summary>
/// <param name="address">The start of the tour.</param>
/// <param name="discard">Takes all pages away.</param>
/// <param name="tour">The pages.</param>
/// <param name="isWrite">Writes, or reads.</param>
/// <param name="hugePages">The memory has huge pages, where the host gives them: a fault brings 512 pages.</param>
internal sealed class KernelFirstTouch(nint address, Action discard, PageTour tour, bool isWrite, bool hugePages = false)
    : Contender(hugePages ? Role.KernelHuge : Role.Kernel, hugePages
        ? "page fault of this process, huge pages" : "page fault of this process")
{
    private const int PagesOfHugePage = 512;
    private long _before;
    private uint _sum;

    /// <summary>
    /// 128 MiB, four times what a last-level cache holds: faults cost the same from there on, and are most of the time of a race.
    /// </summary>
    public override int CountMax => 1 << 15;

    public override void Prepare(int count)
    {
        discard();
        _before = HostKernel.MinorFaults;
    }

    // Unsafe: the tour lies in the memory that its creator made as long.
    public override unsafe void Run(int count)
    {
        byte* start = (byte*)address;
        ReadOnlySpan<uint> offsets = tour.Offsets[..count];
        if (isWrite)
        {
            foreach (uint offset in offsets) *(uint*)(start + offset) = EngineWorld.FilledWord;
        }
        else
        {
            uint sum = 0;
            foreach (uint offset in offsets) sum += *(uint*)(start + offset);
            _sum = sum;
        }
    }

    public override void Verify(int count)
    {
        long faults = HostKernel.MinorFaults - _before;
        int expected = hugePages ? (count + PagesOfHugePage - 1) / PagesOfHugePage : count;
        BrokenBenchmarkException.ThrowUnless(faults >= expected, $"The kernel counted {faults} faults for {count} pages.");
        BrokenBenchmarkException.ThrowUnlessEqual("the sum of zeros", 0, _sum);
    }
}

/// <summary>The C# way: an access to a page that is not in the dictionary yet.</summary>
internal sealed class DictionaryFirstTouch(DictionaryMemory memory, uint start, PageTour tour, bool isWrite)
    : Contender(Role.CSharp, "Dictionary, NativeMemory a page")
{
    private uint _sum;

    public override void Prepare(int count) => memory.Clear();

    public override void Run(int count)
    {
        ReadOnlySpan<uint> offsets = tour.Offsets[..count];
        if (isWrite)
        {
            foreach (uint offset in offsets) memory.Write(start + offset, EngineWorld.FilledWord);
        }
        else
        {
            uint sum = 0;
            foreach (uint offset in offsets) sum += memory.Read(start + offset);
            _sum = sum;
        }
    }

    public override void Verify(int count)
    {
        BrokenBenchmarkException.ThrowUnlessEqual("pages in the dictionary", count, memory.PageCount);
        BrokenBenchmarkException.ThrowUnlessEqual("the sum of zeros", 0, _sum);
    }
}
