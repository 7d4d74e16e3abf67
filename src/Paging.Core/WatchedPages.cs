using Paging.Core.Accounting;
using Paging.Native;

namespace Paging.Core;

//   access ─► hit: not a watched page, for those are never cached
//        └─► miss: the walk, the faults ─► watched? ─► the handlers ─► the bytes
/// <summary>The watchpoints of one <see cref="Mmu"/>, and the accesses to their pages.</summary>
/// <remarks>
/// A page with a watched byte is kept out of the translation cache, so that each access to it takes the long way, as one to a device does.
/// Cost: a hit of another page, nothing; a miss, a test while there is a watchpoint; an access to a watched page, a walk and a step for
/// each watchpoint.
/// </remarks>
internal sealed class WatchedPages(Mmu mmu, ThreadGuard guard)
{
    private readonly List<Watchpoint> _all = [];

    public Watchpoint Add(VirtualAddress start, uint byteLength, WatchedAccesses accesses, WatchHandler handler)
    {
        Watchpoint added = new(this, start, byteLength, accesses, handler);
        _all.Add(added);
        mmu.HoldsBack = true;
        mmu.InvalidateRange(added.Pages);
        return added;
    }

    public void Remove(Watchpoint watchpoint)
    {
        if (!guard.TryTakeTurnToDispose(out SlowPathTurn turn)) return;
        using (turn)
        {
            _all.Remove(watchpoint);
            mmu.HoldsBack = _all.Count != 0;
        }
    }

    /// <summary>The process has ended: nothing is watched any more.</summary>
    public void Clear()
    {
        _all.Clear();
        mmu.HoldsBack = false;
    }

    public bool Contains(PageNumber page)
    {
        foreach (Watchpoint watchpoint in _all)
            if (watchpoint.Pages.Contains(page)) return true;
        return false;
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
