using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>2Q, the full version: new pages queue in A1in; a page accessed again after leaving it enters Am.</summary>
/// <remarks><code>
///   miss ──────────────► A1in (FIFO) ──tail──► out, remembered in A1out (FIFO of page numbers)
///   miss, in A1out ────► Am   (LRU)  ──tail──► out, not remembered
///
///   Kin = max(1, c/4), Kout = max(1, c/2). A1in gives way while it is longer than Kin, or Am is empty; otherwise Am does.
/// </code>
/// T. Johnson, D. Shasha, "2Q: a low overhead high performance buffer management replacement algorithm", VLDB 1994.
/// </remarks>
internal struct TwoQueuePolicy : IOnlinePolicy<TwoQueuePolicy>
{
    private const int In = 0, Main = 1;    // of slots
    private const int Out = 0;             // of remembered pages
    private int _inCountMax, _outCountMax;
    private SlotLists _lists;
    private bool[] _isMain;                // by slot
    private PageHistory _history;
    private bool _wasRemembered;           // the page that is about to be loaded

    public static TwoQueuePolicy Create(int frameCount, int reservedFrameCount) => new()
    {
        _inCountMax = Math.Max(1, frameCount / 4),
        _outCountMax = Math.Max(1, frameCount / 2),
        _lists = new(listCount: 2, reservedFrameCount),
        _isMain = new bool[reservedFrameCount],
        _history = new(listCount: 1, (reservedFrameCount / 2) + 2),
    };

    public void Missed(ulong page) => _wasRemembered = _history.Forget(page) >= 0;

    public void Loaded(int slot, ulong page)
    {
        ArrayGrowth.Ensure(ref _isMain, slot);
        ArrayGrowth.At(_isMain, slot) = _wasRemembered;
        _lists.Push(ListOf(slot), slot);
        _wasRemembered = false;
    }

    public void Hit(int slot)
    {
        if (ArrayGrowth.At(_isMain, slot)) _lists.Move(Main, Main, slot);
    }

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        if (_lists.Count(In) > _inCountMax || _lists.Count(Main) == 0) return Math.Max(_lists.Tail(In), IReplacementPolicy.None);
        int tail;
        while (bits.TakeAccessed(tail = _lists.Tail(Main))) Hit(tail);
        return tail;
    }

    public void Evicted(int slot, ulong page)
    {
        Removed(slot);
        if (ArrayGrowth.At(_isMain, slot)) return;
        _history.Add(Out, page);
        if (_history.Count(Out) > _outCountMax) _history.DropOldest(Out);
    }

    public readonly void Removed(int slot) => _lists.Take(ListOf(slot), slot);

    private readonly int ListOf(int slot) => ArrayGrowth.At(_isMain, slot) ? Main : In;
}
