using Paging.Core.Accounting;
using Paging.Core.Faults;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core;

//   access ─► hit: not a watched page, for those are never cached
//        └─► miss: the walk, the faults ─► watched? ─► the handlers ─► the bytes
/// <summary>
/// The watchpoints of one <see cref="Mmu"/>, its marked bytes, and the policy that wants every access; makes the accesses to their pages.
/// </summary>
/// <remarks>
/// A page with a watched or marked byte is kept out of the translation cache, so that each access to it takes the long way, as one to a
/// device does.
/// For a policy that wants every access, all pages are kept out of it.
/// Cost: nothing for hits of other pages; a test per miss while there is a watchpoint; per access to a watched page, a walk and a step for
/// each watchpoint.
/// </remarks>
internal sealed class WatchedPages(Mmu mmu, ThreadGuard guard)
{
    private readonly List<Watchpoint> _all = [];
    private PluggedPolicy? _policy;

    /// <summary>True if a policy wants every access.</summary>
    public bool HasPolicy => _policy is not null;

    /// <summary>True while the pages of an access are only made present (<see cref="UnreportedAccess"/>).</summary>
    public bool IsMakingPresent { get; set; }

    /// <summary>Reports every access to a policy. The process is new: nothing is cached.</summary>
    public void ReportTo(PluggedPolicy policy)
    {
        _policy = policy;
        UpdateHoldsBack();
    }

    /// <summary>Reports an access to a page that was present.</summary>
    /// <param name="before">The entry before the access.</param>
    /// <param name="after">The entry that the access found. If its frame is another one, the policy has seen a page being loaded.</param>
    public void ReportHit(PageTableEntry before, PageTableEntry after)
    {
        // Special frames are never the policy's: the zero page, an image's, the host's.
        if (_policy is null || IsMakingPresent || !before.IsPresent || EntryWords.IsSpecial(before)) return;
        // A watched page is refused as a device's is, although it was present.
        bool isSame = after.IsPresent ? after.Frame == before.Frame : after == Mmu.RefusedBy(FaultOutcome.Device);
        if (isSame) _policy.Hit(before.Frame);
    }

    /// <summary>Returns true if a page that was found must not be cached.</summary>
    public bool HoldsBack(PageNumber page, PageTableEntry entry) => HasPolicy || (Contains(page) && mmu.Ram.HasBytes(entry.Frame));

    public Watchpoint Add(VirtualAddress start, uint byteLength, WatchedAccesses accesses, Action<WatchedAccess> handler)
    {
        Watchpoint added = new(this, start, byteLength, accesses, handler);
        _all.Add(added);
        UpdateHoldsBack();
        mmu.InvalidateRange(added.Pages);    // cached pages would hit and not be seen
        return added;
    }

    public void Remove(Watchpoint watchpoint)
    {
        if (!guard.TryTakeTurnToDispose(out SlowPathTurn turn)) return;
        using (turn)
        {
            _all.Remove(watchpoint);
            UpdateHoldsBack();
        }
    }

    /// <summary>Ends all watches, because the process has ended.</summary>
    public void Clear()
    {
        _all.Clear();
        _policy = null;
        UpdateHoldsBack();
    }

    /// <summary>Called when the policy, the watchpoints or the shadow of the space change.</summary>
    public void UpdateHoldsBack() => mmu.HoldsBack = HasPolicy || _all.Count != 0 || mmu.Space.Shadow is not null;

    public bool Contains(PageNumber page)
    {
        foreach (Watchpoint watchpoint in _all)
            if (watchpoint.Pages.Contains(page)) return true;
        return mmu.Space.Shadow?.Find(page) is not null;
    }

    /// <summary>Returns true and the fault if a <see cref="ByteShadow"/> refuses bytes of one page.</summary>
    public bool Refuses(VirtualAddress address, int byteLength, AccessKind access, ref MemoryFault fault)
    {
        if (mmu.Space.Shadow is not { IsEnforced: true } shadow || shadow.Find(address.Page) is not { } states) return false;
        // A store makes uninitialized bytes good, so it asks for unaddressable ones only.
        int found = states.Find(address.OffsetInPage, byteLength, access != AccessKind.Write && shadow.RefusesUninitialized);
        if (found < 0) return false;
        fault = new(states[found] == ByteState.Unaddressable ? MemoryFaultKind.Unaddressable : MemoryFaultKind.Uninitialized,
            address.Page.Address + (uint)found);
        return true;
    }

    /// <summary>Reports and reads bytes of a watched page that is present.</summary>
    public void Load(VirtualAddress address, Span<byte> destination, ReadOnlySpan<byte> page, AccessKind kind)
    {
        ReadOnlySpan<byte> bytes = page.Slice(address.OffsetInPage, destination.Length);
        Report(new(address, kind, bytes, bytes));
        bytes.CopyTo(destination);
    }

    /// <summary>Reports and writes bytes of a watched page that is present and writable.</summary>
    public void Store(VirtualAddress address, ReadOnlySpan<byte> source, Span<byte> page)
    {
        Span<byte> bytes = page.Slice(address.OffsetInPage, source.Length);
        Report(new(address, AccessKind.Write, bytes, source));
        source.CopyTo(bytes);
        mmu.Space.Shadow?.Set(address.Page, address.OffsetInPage, source.Length, ByteState.Good);
    }

    private void Report(in WatchedAccess access)
    {
        for (int i = 0; i < _all.Count; i++)
        {
            Watchpoint watchpoint = _all[i];
            if (!watchpoint.Sees(access.Address, access.Before.Length, access.Kind)) continue;
            guard.BeginCallback();
            try
            {
                watchpoint.Report(access);
            }
            finally
            {
                guard.EndCallback();
            }
        }
    }
}
