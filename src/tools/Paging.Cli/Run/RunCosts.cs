using Paging.Core;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Guest;
using Paging.Native;
using Paging.Processors;

namespace Paging.Cli.Run;

/// <summary>The ledger of a run: each access of the emulated processor, each system call.</summary>
/// <remarks>
/// Accesses wait until the end of their stretch, as a sink may not use the engine. Files of the host lie on no device of the ledger, swap
/// does.
/// </remarks>
/// <param name="prices">The machine.</param>
internal sealed class RunCosts(PriceList prices) : IGuestAccessSink, IGuestObserver
{
    private readonly List<GuestAccess> _accesses = [];
    private CostLedger? _ledger;

    /// <summary>The ledger.</summary>
    public CostLedger Ledger => _ledger ?? throw new InvalidOperationException("The machine has not been made.");

    public void Started(PagingEngine engine) => _ledger = new(engine, prices);

    public void Take(in GuestAccess access) => _accesses.Add(access);

    public void OnProgress(UserProcess process, string? call, long nanoseconds)
    {
        foreach (GuestAccess access in _accesses)
            if (!access.Process.HasExited) Ledger.Observe(access.Process, access.Address, access.ByteLength, KindOf(access.Kind));
        _accesses.Clear();
        if (call is not null && !process.HasExited) Ledger.EndCall(process);
    }

    private static AccessKind KindOf(GuestAccessKind kind) => kind switch
    {
        GuestAccessKind.Fetch => AccessKind.Fetch,
        GuestAccessKind.Load => AccessKind.Read,
        _ => AccessKind.Write,
    };
}
