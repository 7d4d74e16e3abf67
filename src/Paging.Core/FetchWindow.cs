using System.Runtime.CompilerServices;
using Paging.Core.Faults;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Translation;

namespace Paging.Core;

//   fetch ──► in the page, and the epoch is the same? ── yes ──► one load
//                    └─ no ──► Mmu.TryFetch ──► the page becomes the window's, if it is cached and code may be fetched
/// <summary>Fetches a processor's code at the cost of a load, by caching the page of the last fetch.</summary>
/// <remarks>
/// Each fetch has the result of <see cref="Mmu.TryFetch"/>. Every call that removes a translation or the right to execute
/// invalidates the window's page (<see cref="TranslationCache.Epoch"/>), waits for a fetch that is under way, and the next one checks
/// again. A device's page, or one with a watchpoint, never becomes the window's.
/// Cost: some loads and two comparisons for a hit; <see cref="Mmu.TryFetch"/> and an area lookup for a miss; no allocation.
/// Threading: one processor's, so one thread's; as for loads, that thread calls <see cref="VirtualProcessor.Poll"/>.
/// </remarks>
public sealed class FetchWindow
{
    private readonly Mmu _mmu;
    private CachedPage _page;

    /// <summary>Makes a window on the code in an address space.</summary>
    public FetchWindow(Mmu mmu)
    {
        ArgumentNullException.ThrowIfNull(mmu);
        _mmu = mmu;
        _page = new(mmu);
    }

    /// <summary>Fetches code. Returns false and the fault if <see cref="Mmu.TryFetch"/> would.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFetch<T>(VirtualAddress address, out T value, out MemoryFault fault) where T : unmanaged
    {
        fault = default;
        CachedPage page = _page;    // a copy of the fields: a call on the field itself costs a null check and its address
        if (page.TryRead(address, out value)) return true;
        (value, fault) = FetchAndMove<T>(address);
        return !fault.IsFault;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (T Value, MemoryFault Fault) FetchAndMove<T>(VirtualAddress address) where T : unmanaged
    {
        if (_mmu.Callers.IsHere && _page.TryRenew() && _page.TryRead(address, out T kept)) return (kept, MemoryFault.None);
        if (!_mmu.TryFetch(address, out T value, out MemoryFault fault)) return (default, fault);    // first: it may fault the page in
        using SlowPathHold hold = _mmu.Callers.HoldBesideTouches(out _);    // no right is removed meanwhile
        if (_mmu.Parts.Fetches.MayFetch(_mmu.Space, address)) _page.Choose(address);
        else _page.Drop();    // each fetch asks for the right again
        return (value, MemoryFault.None);
    }
}
