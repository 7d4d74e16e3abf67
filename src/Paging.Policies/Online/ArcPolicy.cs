using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>ARC: recency against frequency, the balance learned from the ghosts of both. The target p is fractional.</summary>
/// <remarks><code>
///        ghosts B1 ◄──tail── T1   once       T2   more than once ──tail──► B2 ghosts
///        ├─────── L1 ≤ c ────────┤           ├──────────── L2 ────────────┤        L1 + L2 ≤ 2c
///
///   hit            to T2's head
///   miss in B1     T1 was too short: p rises by max(1, |B2|/|B1|)     sizes as they are before the page leaves its list
///   miss in B2     T2 was too short: p falls by max(1, |B1|/|B2|)
///   REPLACE        T1's tail if |T1| > p, or |T1| = p and the page comes out of B2; otherwise T2's
///
/// Figure 4 trims the ghosts before REPLACE, this policy when the page has been loaded. The result is the same, also
/// where figure 4 drops T1's tail unremembered: with |T1| = c it becomes the only ghost of B1 and is dropped at once.
/// </code>
/// N. Megiddo, D. S. Modha, "ARC: a self-tuning, low overhead replacement cache", USENIX FAST 2003, pp. 115-130.
/// </remarks>
internal struct ArcPolicy : IOnlinePolicy<ArcPolicy>
{
    private const int Once = 0, Often = 1;    // T1 and T2 of slots, B1 and B2 of pages
    private const int Unknown = -1;
    private int _frameCount;
    private double _target;                   // p, 0 to c: the target size of T1
    private SlotLists _lists;
    private bool[] _isOften;                  // by slot
    private PageHistory _ghosts;
    private int _ghostList;                   // where the page that is about to be loaded was remembered

    public static ArcPolicy Create(int frameCount, int reservedFrameCount) => new()
    {
        _frameCount = frameCount,
        _lists = new(listCount: 2, reservedFrameCount),
        _isOften = new bool[reservedFrameCount],
        _ghosts = new(listCount: 2, reservedFrameCount + 1),
        _ghostList = Unknown,
    };

    public void Missed(ulong page)
    {
        _ghostList = Unknown;
        int ghost = _ghosts.Find(page);
        if (ghost == PageHistory.None) return;
        _ghostList = _ghosts.ListOf(ghost);
        double once = _ghosts.Count(Once), often = _ghosts.Count(Often);
        if (_ghostList == Once) _target = Math.Min(_target + (once >= often ? 1 : often / once), _frameCount);
        else _target = Math.Max(_target - (often >= once ? 1 : once / often), 0);
        _ghosts.Drop(ghost);
    }

    public void Loaded(int slot, ulong page)
    {
        if (_ghostList == Unknown) MakeRoomInHistory();
        ArrayGrowth.Ensure(ref _isOften, slot);
        ArrayGrowth.At(_isOften, slot) = _ghostList != Unknown;
        _lists.Push(ListOf(slot), slot);
        _ghostList = Unknown;
    }

    public void Hit(int slot)
    {
        int from = ListOf(slot);
        ArrayGrowth.At(_isOften, slot) = true;
        _lists.Move(from, Often, slot);
    }

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        int victim;
        while ((victim = Replace()) >= 0 && bits.TakeAccessed(victim)) Hit(victim);
        return Math.Max(victim, IReplacementPolicy.None);
    }

    public void Evicted(int slot, ulong page)
    {
        Removed(slot);
        // Only eviction ahead of need can fill the ghosts up: without it they are at most c.
        if (_ghosts.TotalCount > _frameCount) _ghosts.DropOldest(_ghosts.Count(Once) > _ghosts.Count(Often) ? Once : Often);
        _ghosts.Add(ListOf(slot), page);
    }

    public readonly void Removed(int slot) => _lists.Take(ListOf(slot), slot);

    private readonly int Replace()
    {
        int once = _lists.Count(Once);
        bool isOnceTooLong = once > _target || (_ghostList == Often && once == _target);
        return (once > 0 && isOnceTooLong) || _lists.Count(Often) == 0 ? _lists.Tail(Once) : _lists.Tail(Often);
    }

    /// <summary>Makes room before a page that is not remembered becomes the newest of T1: case IV of figure 4.</summary>
    private void MakeRoomInHistory()
    {
        int onceCount = _lists.Count(Once) + _ghosts.Count(Once);
        int oftenCount = _lists.Count(Often) + _ghosts.Count(Often);
        if (onceCount >= _frameCount) _ghosts.DropOldest(Once);
        else if (onceCount + (long)oftenCount >= 2L * _frameCount) _ghosts.DropOldest(Often);
    }

    private readonly int ListOf(int slot) => ArrayGrowth.At(_isOften, slot) ? Often : Once;
}
