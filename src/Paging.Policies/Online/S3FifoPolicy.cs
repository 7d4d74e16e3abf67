using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>S3-FIFO: a small queue that filters, a main queue that keeps, a ghost queue of pages that were filtered too soon.</summary>
/// <remarks><code>
///   miss ─────────► S, target max(1, c/10) ──count ≤ 1──► out, remembered in G (as many as M's target)
///                   └──count > 1──► M, with count 0
///   miss, in G ───► M, target c − S's      ──count = 0──► out;  otherwise count − 1 and round again
///
///   A hit adds 1 to the count, up to 3. M gives way while it is above its target, or S is empty; otherwise S does, until
///   a page leaves or S has run empty.
/// </code>
/// J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi, "FIFO queues are all you need for cache eviction", ACM SOSP 2023.
/// </remarks>
internal struct S3FifoPolicy : IOnlinePolicy<S3FifoPolicy>
{
    private const int Small = 0, Main = 1;    // of slots
    private const int Ghosts = 0;             // of remembered pages
    private const byte CountMax = 3;
    private int _mainCountMax;                // and of ghosts
    private SlotLists _lists;
    private State[] _states;                  // by slot
    private PageHistory _history;
    private bool _wasRemembered;              // the page that is about to be loaded

    public static S3FifoPolicy Create(int frameCount, int reservedFrameCount) => new()
    {
        _mainCountMax = frameCount - Math.Max(1, frameCount / 10),
        _lists = new(listCount: 2, reservedFrameCount),
        _states = new State[reservedFrameCount],
        _history = new(listCount: 1, reservedFrameCount + 1),
    };

    public void Missed(ulong page) => _wasRemembered = _history.Forget(page) >= 0;

    public void Loaded(int slot, ulong page)
    {
        ArrayGrowth.Ensure(ref _states, slot);
        ArrayGrowth.At(_states, slot) = new(_wasRemembered, 0);
        _lists.Push(ListOf(slot), slot);
        _wasRemembered = false;
    }

    public readonly void Hit(int slot)
    {
        if (ArrayGrowth.At(_states, slot).Count < CountMax) ArrayGrowth.At(_states, slot).Count++;
    }

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        if (_lists.Count(Small) + _lists.Count(Main) == 0) return IReplacementPolicy.None;
        while (true)
        {
            bool mainIsNext = _lists.Count(Main) > _mainCountMax || _lists.Count(Small) == 0;
            int victim = mainIsNext ? FindInMain(ref bits) : FindInSmall(ref bits);
            if (victim >= 0) return victim;
        }
    }

    public void Evicted(int slot, ulong page)
    {
        Removed(slot);
        if (ArrayGrowth.At(_states, slot).IsMain) return;
        _history.Add(Ghosts, page);
        if (_history.Count(Ghosts) > _mainCountMax) _history.DropOldest(Ghosts);
    }

    public readonly void Removed(int slot) => _lists.Take(ListOf(slot), slot);

    private int FindInMain<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        while (true)
        {
            int tail = _lists.Tail(Main);
            if (bits.TakeAccessed(tail)) Hit(tail);
            if (ArrayGrowth.At(_states, tail).Count == 0) return tail;
            ArrayGrowth.At(_states, tail).Count--;
            _lists.Move(Main, Main, tail);
        }
    }

    /// <summary>Returns a negative number if every page has moved to the main queue.</summary>
    private int FindInSmall<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        int tail;
        while ((tail = _lists.Tail(Small)) >= 0)
        {
            if (bits.TakeAccessed(tail)) Hit(tail);
            if (ArrayGrowth.At(_states, tail).Count <= 1) return tail;
            ArrayGrowth.At(_states, tail) = new(IsMain: true, 0);
            _lists.Move(Small, Main, tail);
        }
        return tail;
    }

    private readonly int ListOf(int slot) => ArrayGrowth.At(_states, slot).IsMain ? Main : Small;

    private record struct State(bool IsMain, byte Count);
}
