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
    /// <returns>As for <see cref="SwitchOn(ISwapStore, int, out SwapDevice?)"/>.</returns>
    public Errno SwitchOn(ISwapStore store, out SwapDevice? device) => Add(store, priority: null, out device);

    /// <summary>Switches a swap device on, as swapon(2) does. Devices of the same priority are filled in turn.</summary>
    /// <remarks>The engine disposes the store when the device is switched off, or with itself.</remarks>
    /// <returns>EPERM: 16 devices are on. EBUSY: the store is on already. EINVAL: no slot, or more than 2^24 (PAE: 2^27).</returns>
    public Errno SwitchOn(ISwapStore store, int priority, out SwapDevice? device) => Add(store, priority, out device);

    /// <summary>Reads back every page on a device and switches it off, as swapoff(2) does.</summary>
    /// <returns>EINVAL: not on. ENOMEM: no room for its pages. EIO: a page cannot be read.</returns>
    /// <remarks>After an error the device stays on, and nothing is lost.</remarks>
    public Errno SwitchOff(SwapDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        using SlowPathHold hold = _engine.Hold();
        Errno error = _engine.Parts.Files.Swap.IsOn(device) ? _engine.Parts.Contents.ReadSlots() : Errno.None;
        return _engine.Callers.Leave(error == Errno.None ? _engine.Parts.SwapOff.Execute(device) : error);
    }

    private Errno Add(ISwapStore store, int? priority, out SwapDevice? device)
    {
        ArgumentNullException.ThrowIfNull(store);
        using SlowPathHold hold = _engine.Hold();
        ISwapStore guarded = ScopedSwapStore.Around(store, _engine.Callers);
        return _engine.Callers.Leave(_engine.Parts.Files.Swap.SwitchOn(guarded, priority, out device));
    }
}
