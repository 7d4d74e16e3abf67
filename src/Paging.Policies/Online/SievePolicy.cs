using Paging.Policies.Storage;

namespace Paging.Policies.Online;

/// <summary>SIEVE: one list that is never reordered, one bit a page, and a hand that sifts from the tail to the head.</summary>
/// <remarks><code>
///   head                                  tail
///    ▼                                     ▼
///   ┌───┬───┬───┬───┬───┬───┬───┬───┬───┬───┐    while the page at the hand is visited: clear its bit, step towards the
///   │ 0 │ 0 │ 1 │ 0 │ 1 │ 1 │ 0 │ 0 │ 1 │ 0 │    head (from the head: to the tail). The first that is not is the victim;
///   └───┴───┴───┴───┴───┴───┴───┴───┴───┴───┘    the hand stays beside the hole, newcomers are not in its way.
///     ▲                   ▲ hand
///     new pages, bit clear
/// </code>
/// Y. Zhang, J. Yang, Y. Yue, Y. Vigfusson, K. V. Rashmi, "SIEVE is simpler than LRU: an efficient turn-key eviction
/// algorithm for web caches", USENIX NSDI 2024.
/// </remarks>
internal struct SievePolicy : IOnlinePolicy<SievePolicy>
{
    private const int Queue = 0;
    private SlotLists _lists;
    private bool[] _isVisited;    // by slot
    private int _hand;            // a slot of the list; negative: none, start at the tail

    public static SievePolicy Create(int frameCount, int reservedFrameCount) => new()
    {
        _lists = new(listCount: 1, reservedFrameCount),
        _isVisited = new bool[reservedFrameCount],
        _hand = IReplacementPolicy.None,
    };

    public readonly void Missed(ulong page)
    {
    }

    public void Loaded(int slot, ulong page)
    {
        ArrayGrowth.Ensure(ref _isVisited, slot);
        ArrayGrowth.At(_isVisited, slot) = false;
        _lists.Push(Queue, slot);
    }

    public readonly void Hit(int slot) => ArrayGrowth.At(_isVisited, slot) = true;

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        if (_lists.Count(Queue) == 0) return IReplacementPolicy.None;
        while (true)
        {
            if (_hand < 0) _hand = _lists.Tail(Queue);
            bool isReferenced = bits.TakeAccessed(_hand);
            if (!_isVisited[_hand] && !isReferenced) return _hand;
            _isVisited[_hand] = false;
            _hand = _lists.Newer(_hand);
        }
    }

    public void Evicted(int slot, ulong page) => Removed(slot);

    public void Removed(int slot)
    {
        if (slot == _hand) _hand = _lists.Newer(slot);
        _lists.Take(Queue, slot);
    }
}
