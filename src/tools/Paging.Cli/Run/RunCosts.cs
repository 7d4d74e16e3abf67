using Paging.Core;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Guest;
using Paging.Native;
using Paging.Processors;

namespace Paging.Cli.Run;

/// <summary>The ledger of a run: each access of the emulated processor, each system call.</summary>
/// <remarks>Files of the host lie on no device of the ledger, swap does.</remarks>
/// <param name="prices">The machine.</param>
internal sealed class RunCosts(PriceList prices) : IGuestAccessSink, IGuestObserver
{
    private CostLedger? _ledger;

    /// <summary>The ledger.</summary>
    public CostLedger Ledger => _ledger ?? throw new InvalidOperationException("The machine has not been made.");

    public void Started(PagingEngine engine) => _ledger = new(engine, prices);

    // At once, although several accesses make a stretch: reclaim may take a page before its end.
    public void Take(in GuestAccess access)
    {
        if (!access.Process.HasExited) Ledger.Observe(access.Process, access.Address, access.ByteLength, KindOf(access.Kind));
    }

    public void OnProgress(UserProcess process, string? call, long nanoseconds)
    {
        if (call is not null && !process.HasExited) Ledger.EndCall(process);
    }

    private static AccessKind KindOf(GuestAccessKind kind) => kind switch
    {
        GuestAccessKind.Fetch => AccessKind.Fetch,
        GuestAccessKind.Load => AccessKind.Read,
        _ => AccessKind.Write,
    };
}
