using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>Linux's classic reclaim for one kind of page: active and inactive list, second chance, refault distance.</summary>
/// <remarks><code>
///   miss ───────────────────► inactive ──tail: not accessed──► out, with a shadow: the age at eviction
///   miss, refault is recent ► active      │ tail: accessed once ──► marked, another round of the inactive list
///                              ▲          │ tail: accessed again ─► active
///                              └──────────┘
///   active's tail goes back to inactive while inactive × ratio &lt; active; ratio = √(10 × GiB), 1 below 1 GiB
///
///   The age counts evictions and activations. At a refault, age now − age then is how much longer the inactive list would
///   have had to be; the page is part of the working set if the active list could give up that many places.
///
/// Linux     mm/vmscan.c: folio_check_references, shrink_active_list, inactive_is_low; mm/workingset.c (6.x)
/// Differs   one page at a time, where the kernel takes batches of 32 and a priority; one list pair, not one for files and
///           one for anonymous memory; a shadow is dropped when it is too old to matter
/// </code>
/// The load itself sets the accessed bit, so that one use is not enough to stay.
/// </remarks>
internal struct TwoListPolicy : IOnlinePolicy<TwoListPolicy>
{
    private const int Inactive = 0, Active = 1;
    private const int Shadows = 0;
    private const int PagesPerGibibyteShift = 18;
    private int _frameCount;
    private int _inactiveRatio;
    private SlotLists _lists;
    private PageBits[] _pages;    // by slot
    private PageHistory _shadows;
    private long[] _evictionAges;    // by shadow
    private long _age;            // evictions + activations
    private bool _isRecent;       // the page that is about to be loaded refaults, and soon enough

    public static TwoListPolicy Create(int frameCount, int reservedFrameCount) => new()
    {
        _frameCount = frameCount,
        _inactiveRatio = Math.Max(1, (int)Math.Sqrt(10.0 * (frameCount >> PagesPerGibibyteShift))),
        _lists = new(listCount: 2, reservedFrameCount),
        _pages = new PageBits[reservedFrameCount],
        _shadows = new(listCount: 1, reservedFrameCount + 1),
        _evictionAges = new long[reservedFrameCount + 1],
    };

    public void Missed(ulong page)
    {
        int shadow = _shadows.Forget(page);
        _isRecent = shadow >= 0 && _age - _evictionAges[shadow] <= _lists.Count(Active);
    }

    public void Loaded(int slot, ulong page)
    {
        ArrayGrowth.Ensure(ref _pages, slot);
        ArrayGrowth.At(_pages, slot) = PageBits.Accessed | (_isRecent ? PageBits.Active : 0);
        if (_isRecent) _age++;
        _lists.Push(ListOf(slot), slot);
        _isRecent = false;
    }

    public readonly void Hit(int slot) => ArrayGrowth.At(_pages, slot) |= PageBits.Accessed;

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        if (_lists.Count(Inactive) + _lists.Count(Active) == 0) return IReplacementPolicy.None;
        while (true)
        {
            while (IsInactiveLow) Deactivate(ref bits);
            int tail = _lists.Tail(Inactive);
            if (bits.TakeAccessed(tail)) Hit(tail);
            if (!WasAccessed(tail)) return tail;
            KeepOrActivate(tail);
        }
    }

    public void Evicted(int slot, ulong page)
    {
        Removed(slot);
        int shadow = _shadows.Add(Shadows, page);
        ArrayGrowth.Ensure(ref _evictionAges, shadow);
        _evictionAges[shadow] = _age++;
        if (_shadows.Count(Shadows) > _frameCount) _shadows.DropOldest(Shadows);    // its distance exceeds any active list
    }

    public readonly void Removed(int slot) => _lists.Take(ListOf(slot), slot);

    // At 1 and 0 pages the kernel's rule would leave the inactive list empty, but a victim must be found.
    private readonly bool IsInactiveLow =>
        _lists.Count(Inactive) == 0 || _lists.Count(Inactive) * (long)_inactiveRatio < _lists.Count(Active);

    private readonly bool WasAccessed(int slot) => (ArrayGrowth.At(_pages, slot) & PageBits.Accessed) != 0;

    /// <summary>
    /// Moves the oldest active page to the inactive list and clears its accessed bits, which do not keep it active. The mark that a scan
    /// has seen it accessed stays.
    /// </summary>
    private void Deactivate<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        int tail = _lists.Tail(Active);
        _ = bits.TakeAccessed(tail);
        ArrayGrowth.At(_pages, tail) &= PageBits.Referenced;
        _lists.Move(Active, Inactive, tail);
    }

    private void KeepOrActivate(int slot)
    {
        if ((ArrayGrowth.At(_pages, slot) & PageBits.Referenced) == 0)
        {
            ArrayGrowth.At(_pages, slot) = PageBits.Referenced;
            _lists.Move(Inactive, Inactive, slot);
            return;
        }
        ArrayGrowth.At(_pages, slot) = PageBits.Active | PageBits.Referenced;
        _age++;
        _lists.Move(Inactive, Active, slot);
    }

    private readonly int ListOf(int slot) => (ArrayGrowth.At(_pages, slot) & PageBits.Active) != 0 ? Active : Inactive;

    [Flags]
    private enum PageBits : byte
    {
        None = 0,
        Accessed = 1,      // the hardware's bit, or a reported Hit
        Referenced = 2,    // PG_referenced: a scan has seen it accessed
        Active = 4,        // PG_active: on the active list
    }
}
