namespace Paging.Policies.Tests;

/// <summary>Linux's two lists, each page with its two bits, each shadow kept for ever.</summary>
internal sealed class NaiveTwoList(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _inactive = [], _active = [];
    private readonly HashSet<ulong> _accessed = [], _referenced = [];
    private readonly Dictionary<ulong, long> _shadows = [];
    private long _age;

    protected override void Hit(ulong page) => _accessed.Add(page);

    protected override void Miss(ulong page)
    {
        // How recent a refault is, is asked before room is made for it.
        bool isRecent = _shadows.Remove(page, out long shadow) && _age - shadow <= _active.Count;
        if (IsFull) Shrink();
        if (isRecent) _age++;
        (isRecent ? _active : _inactive).Insert(0, page);
        _accessed.Add(page);
    }

    private void Shrink()
    {
        while (true)
        {
            while (_inactive.Count < _active.Count || _inactive.Count == 0)
            {
                ulong idle = Pop(_active);
                _accessed.Remove(idle);
                _inactive.Insert(0, idle);
            }
            ulong page = Pop(_inactive);
            if (!_accessed.Remove(page))
            {
                Evict(page);
                _referenced.Remove(page);
                _shadows[page] = _age++;
                return;
            }
            if (_referenced.Add(page))
            {
                _inactive.Insert(0, page);
                continue;
            }
            _active.Insert(0, page);
            _age++;
        }
    }
}
