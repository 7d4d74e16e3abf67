using Paging.Core.Frames;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Spaces;

//   access ─► hit: not a watched page, for those are never cached
//        └─► miss: the walk, the faults ─► watched? ─► the handlers ─► the bytes
/// <summary>
/// The watched ranges of one space, its marked bytes, and the policy that wants every access; makes the accesses to their pages.
/// </summary>
/// <remarks>
/// A page with a watched or marked byte is kept out of the translation cache, so that each access to it takes the long way, as one to a
/// device does.
/// For a policy that wants every access, all pages are kept out of it.
/// Cost: nothing for hits of other pages; a test per miss while there is a watched range; per access to a watched page, a walk and a step
/// for each range.
/// </remarks>
internal sealed class WatchedPages
{
    private readonly CallerCheck _callers;
    private readonly List<WatchedBytes> _all = [];
    private readonly Space _space;
    private IGroupPolicy? _policy;
    private bool _hasEnded;    // the space may belong to the next process

    private WatchedPages(Space space, CallerCheck callers) => (_space, _callers) = (space, callers);

    /// <summary>Returns the watched pages of a space, and makes them on the first call.</summary>
    public static WatchedPages Of(Space space, CallerCheck callers) => space.Watched ??= new(space, callers);

    /// <summary>Called when a shadow of the space has been opened or closed.</summary>
    public static void UpdateShadow(Space space, CallerCheck callers)
    {
        if (space.Shadow is not null) Of(space, callers);
        space.Watched?.UpdateUncached();
    }

    /// <summary>True if a policy wants every access.</summary>
    public bool HasPolicy => _policy is not null;

    /// <summary>True while the pages of an access are only made present (<c>UnreportedAccess</c>).</summary>
    public bool IsMakingPresent { get; set; }

    /// <summary>Reports every access to a policy. The process is new: nothing is cached.</summary>
    public void ReportTo(IGroupPolicy policy)
    {
        _policy = policy;
        UpdateUncached();
    }

    /// <summary>Reports an access to a page that was present.</summary>
    public void ReportHit(PageTableEntry entry)
    {
        // Special frames are never the policy's: the zero page, an image's, the host's.
        if (_policy is not null && !IsMakingPresent && entry.IsPresent && !EntryWords.IsSpecial(entry)) _policy.Hit(entry.Frame);
    }

    public void Add(WatchedBytes range)
    {
        _all.Add(range);
        UpdateUncached();
        _space.Translations.InvalidateRange(range.Pages);    // cached pages would hit and not be seen
    }

    public void Remove(WatchedBytes range)
    {
        if (!_callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            _all.Remove(range);
            UpdateUncached();
        }
    }

    /// <summary>Ends all watches, because the process has ended.</summary>
    public void End()
    {
        _all.Clear();
        _policy = null;
        UpdateUncached();
        _hasEnded = true;
    }

    public bool Contains(PageNumber page)
    {
        foreach (WatchedBytes range in _all)
            if (range.Pages.Contains(page)) return true;
        return _space.Shadow?.Find(page) is not null;
    }

    /// <summary>Finds the first page, from one on, with a watched byte, or with a marked byte that may be refused.</summary>
    public bool TryNext(PageNumber from, out PageNumber page)
    {
        page = default;
        if (from >= _space.Bounds.End) return false;    // neither has bytes there
        bool isFound = _space.Shadow is { IsEnforced: true } shadow && shadow.TryNext(from, out page);
        foreach (WatchedBytes range in _all)
        {
            PageNumber first = range.Pages.First < from ? from : range.Pages.First;
            if (first >= range.Pages.End || (isFound && first >= page)) continue;
            (isFound, page) = (true, first);
        }

        return isFound;
    }

    /// <summary>Returns true and the fault if a <see cref="ByteShadow"/> refuses bytes of one page.</summary>
    public bool Refuses(VirtualAddress address, int byteLength, AccessKind access, ref MemoryFault fault)
    {
        if (_space.Shadow is not { IsEnforced: true, IsPaused: false } shadow || shadow.Find(address.Page) is not { } states) return false;
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
        _space.Shadow?.NoteStore(address.Page, address.OffsetInPage, source.Length);
    }

    private void Report(in WatchedAccess access)
    {
        for (int i = 0; i < _all.Count; i++)
        {
            WatchedBytes range = _all[i];
            if (!range.Sees(access.Address, access.Before.Length, access.Kind)) continue;
            using HostCall call = _callers.Callbacks.Begin();
            range.Report(access);
        }
    }

    /// <summary>Called when the policy, the ranges, the shadow or the MMU of the space change.</summary>
    public void UpdateUncached()
    {
        if (!_hasEnded) _space.Translations.HasUncached = HasPolicy || _all.Count != 0 || _space.Shadow is not null;
    }
}
