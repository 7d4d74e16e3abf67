using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Swap;
using Paging.Costs;
using Paging.Costs.Devices;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Tour.Stories.Time;

/// <summary>The ledger of a story's engine, and the program's steps that it is told.</summary>
/// <param name="engine">The engine.</param>
/// <param name="prices">The name of a price list.</param>
internal sealed class Meter(PagingEngine engine, string prices = "desktop-2009")
{
    private VirtualTime[] _mark = new VirtualTime[CostAccount.CauseCount];

    public CostLedger Ledger { get; } = new(engine, PriceList.Find(prices)!);

    /// <summary>A file on the list's device. Every page begins with its own number.</summary>
    public GuestFile File(string name, uint pages, long place = -1)
    {
        byte[] bytes = new byte[pages << 12];
        for (uint page = 0; page < pages; page++) BitConverter.TryWriteBytes(bytes.AsSpan((int)(page << 12)), page);
        return Ledger.CreateFile(name, new MemoryBacking(bytes), place: place);
    }

    /// <summary>Switches a swap device on, on the list's device.</summary>
    public void Swap(ulong bytes) => Stage.Ok(engine.Swap.SwitchOn(Ledger.Time(new MemorySwapStore(bytes)), out _));

    public void Load(UserProcess process, VirtualAddress at)
    {
        _ = process.Memory.Mmu.Read<uint>(at);
        Ledger.Observe(process, at, sizeof(uint), AccessKind.Read);
    }

    public void Store(UserProcess process, VirtualAddress at)
    {
        process.Memory.Mmu.Write(at, 1u);
        Ledger.Observe(process, at, sizeof(uint), AccessKind.Write);
    }

    /// <summary>Reads bytes of a file into memory, and lets the program look at each word.</summary>
    public void Read(UserProcess process, GuestFile file, int descriptor, long offset, VirtualAddress to, uint byteLength,
        bool isUsed = true)
    {
        Stage.Ok(process.FileDescriptors.Seek(descriptor, offset, SeekOrigin.Begin, out _));
        Stage.Ok(process.FileDescriptors.ReadTo(descriptor, to, byteLength, out uint got));
        Ledger.EndRead(process, file, offset, got);
        if (isUsed) Ledger.ObserveRun(process, to, got, sizeof(uint), AccessKind.Read);
    }

    /// <summary>Looks at each word of mapped memory.</summary>
    public void Scan(UserProcess process, VirtualAddress at, uint pages)
    {
        for (uint page = 0; page < pages; page++)
        {
            Load(process, at + (page << 12));
            Ledger.ObserveRun(process, at + (page << 12), VirtualAddress.PageSize, sizeof(uint), AccessKind.Read);
        }
    }

    /// <summary>The time of a process so far.</summary>
    public VirtualTime TotalOf(UserProcess process) => Ledger.AccountOf(process).Total;

    /// <summary>The time that an action takes a process.</summary>
    public VirtualTime Measure(UserProcess process, Action action)
    {
        VirtualTime before = TotalOf(process);
        action();
        return TotalOf(process) - before;
    }

    /// <summary>Draws the time by cause since the last picture.</summary>
    public Figure Causes(string title)
    {
        VirtualTime[] now = [.. Enum.GetValues<CostCause>().Select(Ledger.TotalOf)];
        (string, double)[] bars = [.. Enum.GetValues<CostCause>().Select(cause => (CostCauses.NameOf(cause),
            (now[(int)cause] - _mark[(int)cause]).Picoseconds / 1e6)).Where(static bar => bar.Item2 > 0)];
        _mark = now;
        return BarsFigure.Draw("causes", title, "µs", bars);
    }

    /// <summary>A per mille of one time in another, as a percentage.</summary>
    public static long Percent(VirtualTime part, VirtualTime whole) => (long)Math.Round(100.0 * part.Picoseconds / whole.Picoseconds);
}
