using Paging.Core.Swap;
using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>The swap devices of an engine.</summary>
public sealed class EngineSwap
{
    private readonly PagingEngine _engine;

    internal EngineSwap(PagingEngine engine) => _engine = engine;

    /// <summary>The swap devices in use, in the order in which they are filled.</summary>
    public IReadOnlyList<SwapDevice> Devices => _engine.Entered.Files.Swap.Devices;

    /// <summary>Switches a swap device on without a priority, as swapon(2) does. It is filled after all earlier ones.</summary>
    /// <returns>As for <see cref="On(ISwapStore, int, out SwapDevice?)"/>.</returns>
    public Errno On(ISwapStore store, out SwapDevice? device) => SwitchOn(store, priority: null, out device);

    /// <summary>Switches a swap device on, as swapon(2) does. Devices of the same priority are filled in turn.</summary>
    /// <remarks>The engine disposes the store when the device is switched off, or with itself.</remarks>
    /// <returns>EPERM: 16 devices are on. EBUSY: the store is on already. EINVAL: no slot, or more than 2^24 (PAE: 2^27).</returns>
    public Errno On(ISwapStore store, int priority, out SwapDevice? device) => SwitchOn(store, priority, out device);

    /// <summary>Reads back every page on a device and switches it off, as swapoff(2) does.</summary>
    /// <returns>EINVAL: not on. ENOMEM: no room for its pages. EIO: a page cannot be read.</returns>
    /// <remarks>After an error the device stays on, and nothing is lost.</remarks>
    public Errno Off(SwapDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        using SlowPathTurn turn = _engine.TakeTurn();
        return _engine.Guard.Leave(_engine.Parts.SwapOff.Execute(device));
    }

    private Errno SwitchOn(ISwapStore store, int? priority, out SwapDevice? device)
    {
        ArgumentNullException.ThrowIfNull(store);
        using SlowPathTurn turn = _engine.TakeTurn();
        ISwapStore guarded = GuardedSwapStore.Around(store, _engine.Guard);
        return _engine.Guard.Leave(_engine.Parts.Files.Swap.SwitchOn(guarded, priority, out device));
    }
}
