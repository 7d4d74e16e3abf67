using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Native;

namespace Paging.Costs.Tests;

/// <summary>An engine and its ledger, with prices that are told apart in a sum: each its own power of ten.</summary>
internal sealed class Machine : IDisposable
{
    public static readonly VirtualTime Access = new(1), Second = new(10), LineHit = new(100), LineMiss = new(1_000), Invlpg = new(10_000);

    public Machine(EngineOptions? options = null, int processors = 1, TranslationShape? shape = null, DeviceShape? disk = null)
    {
        Engine = new(options ?? new EngineOptions { RamBytes = 8 << 20 });
        Prices = new PriceList
        {
            Name = "powers",
            About = "",
            Translation = shape ?? (Shapes.One(64, 64) with { EntryLines = new(64, 64) }),
            Processor = new(Access, Second, LineHit, LineMiss, Invlpg),
            Kernel = new(SystemCall: Ns(100), Exception: Ns(1_000), FaultWork: Ns(500), Signal: Ns(3_000), ClearPage: Ns(200),
                CopyPage: Ns(300), CopyFromCache: Ns(40), MapPage: Ns(7), UnmapPage: Ns(9), ScanPage: Ns(2), Switch: Ns(4_000),
                Shootdown: Ns(800), Request: Ns(50)),
            Files = disk ?? new SsdShape(Ns(100_000), Ns(20_000), 4_096_000_000, 4_096_000_000, Parallel: 8),    // a page passes in 1 µs
            Numbers = [],
        };
        Ledger = new(Engine, Prices, processors);
    }

    public PagingEngine Engine { get; }

    public PriceList Prices { get; }

    public CostLedger Ledger { get; }

    public static VirtualTime Ns(long nanoseconds) => VirtualTime.FromNanoseconds(nanoseconds);

    public UserProcess Process(string name) => Engine.CreateProcess(name);

    public static VirtualAddress Map(UserProcess process, uint pages)
    {
        Assert.Equal(Errno.None, process.Memory.Map(default, pages << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress at));
        return at;
    }

    /// <summary>A process with pages that it may write, none of which was touched.</summary>
    public (UserProcess Process, VirtualAddress At) ProcessOf(uint pages)
    {
        UserProcess process = Process("one");
        return (process, Map(process, pages));
    }

    /// <summary>A process that has mapped a file, shared and read-only.</summary>
    public (UserProcess Process, VirtualAddress At) ProcessOfFile(uint pages)
    {
        UserProcess process = Process("one");
        Assert.Equal(Errno.None, File(pages).Open(process, FileRights.Read, out int descriptor));
        Assert.Equal(Errno.None, process.Memory.Map(default, pages << 12, MemoryProtection.Read, MapFlags.Shared, descriptor, 0,
            out VirtualAddress at));
        return (process, at);
    }

    public void Store(UserProcess process, VirtualAddress at, int processor = 0)
    {
        process.Memory.Mmu.TryWrite(at, 1u);
        Ledger.Observe(process, at, 4, AccessKind.Write, processor);
    }

    public void Load(UserProcess process, VirtualAddress at, int processor = 0)
    {
        process.Memory.Mmu.TryRead(at, out uint _);
        Ledger.Observe(process, at, 4, AccessKind.Read, processor);
    }

    public GuestFile File(uint pages) => Ledger.CreateFile("scene.dat", new MemoryBacking(new byte[pages << 12]));

    public void Swap(uint bytes = 8 << 20) =>
        Assert.Equal(Errno.None, Engine.Swap.SwitchOn(Ledger.Time(new MemorySwapStore(bytes)), out _));

    public void Dispose()
    {
        Engine.Audit().ThrowIfBroken();
        Engine.Dispose();
    }
}
