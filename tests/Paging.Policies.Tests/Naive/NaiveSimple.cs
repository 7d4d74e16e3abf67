namespace Paging.Policies.Tests;

internal sealed class NaiveFifo(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _queue = [];

    protected override void Hit(ulong page)
    {
    }

    protected override void Miss(ulong page)
    {
        if (IsFull) Evict(Pop(_queue));
        _queue.Insert(0, page);
    }
}

internal sealed class NaiveLru(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _stack = [];

    protected override void Hit(ulong page)
    {
        _stack.Remove(page);
        _stack.Insert(0, page);
    }

    protected override void Miss(ulong page)
    {
        if (IsFull) Evict(Pop(_stack));
        _stack.Insert(0, page);
    }
}

internal sealed class NaiveClock(int frameCount, bool bitOnLoad) : NaiveCache(frameCount)
{
    private readonly List<ulong> _ring = [];
    private readonly Dictionary<ulong, bool> _bits = [];
    private int _hand;

    protected override void Hit(ulong page) => _bits[page] = true;

    protected override void Miss(ulong page)
    {
        if (!IsFull) _ring.Add(page);
        else
        {
            while (_bits[_ring[_hand]])
            {
                _bits[_ring[_hand]] = false;
                _hand = (_hand + 1) % C;
            }
            Evict(_ring[_hand]);
            _bits.Remove(_ring[_hand]);
            _ring[_hand] = page;
            _hand = (_hand + 1) % C;
        }
        _bits[page] = bitOnLoad;
    }
}

internal sealed class NaiveLfu(int frameCount) : NaiveCache(frameCount)
{
    private readonly Dictionary<ulong, (long Count, long LastAccess)> _pages = [];
    private long _now;

    protected override void Hit(ulong page) => _pages[page] = (_pages[page].Count + 1, _now++);

    protected override void Miss(ulong page)
    {
        if (IsFull)
        {
            ulong victim = _pages.MinBy(static pair => pair.Value).Key;
            _pages.Remove(victim);
            Evict(victim);
        }
        _pages[page] = (1, _now++);
    }
}

internal sealed class NaiveSieve(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _list = [];
    private readonly HashSet<ulong> _visited = [];
    private ulong? _hand;

    protected override void Hit(ulong page) => _visited.Add(page);

    protected override void Miss(ulong page)
    {
        if (IsFull)
        {
            int index = _hand is { } hand ? _list.IndexOf(hand) : _list.Count - 1;
            while (_visited.Remove(_list[index])) index = index == 0 ? _list.Count - 1 : index - 1;
            Evict(_list[index]);
            _hand = index == 0 ? null : _list[index - 1];
            _list.RemoveAt(index);
        }
        _list.Insert(0, page);
    }
}
