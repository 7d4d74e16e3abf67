namespace Paging.Policies.Tests;

internal sealed class NaiveTwoQueue(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _in = [], _out = [], _main = [];

    protected override void Hit(ulong page)
    {
        if (!_main.Remove(page)) return;
        _main.Insert(0, page);
    }

    protected override void Miss(ulong page)
    {
        bool wasOut = _out.Remove(page);
        if (IsFull) MakeRoom();
        (wasOut ? _main : _in).Insert(0, page);
    }

    private void MakeRoom()
    {
        if (_in.Count > Math.Max(1, C / 4) || _main.Count == 0)
        {
            ulong victim = Pop(_in);
            Evict(victim);
            _out.Insert(0, victim);
            if (_out.Count > Math.Max(1, C / 2)) Pop(_out);
        }
        else
        {
            Evict(Pop(_main));
        }
    }
}

/// <summary>Figure 4 of the paper, case by case.</summary>
internal sealed class NaiveArc(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _t1 = [], _t2 = [], _b1 = [], _b2 = [];
    private double _p;

    protected override void Hit(ulong page)
    {
        if (!_t1.Remove(page)) _t2.Remove(page);
        _t2.Insert(0, page);
    }

    protected override void Miss(ulong page)
    {
        if (_b1.Contains(page))
        {
            _p = Math.Min(_p + (_b1.Count >= _b2.Count ? 1 : (double)_b2.Count / _b1.Count), C);
            Replace(page);
            _b1.Remove(page);
            _t2.Insert(0, page);
        }
        else if (_b2.Contains(page))
        {
            _p = Math.Max(_p - (_b2.Count >= _b1.Count ? 1 : (double)_b1.Count / _b2.Count), 0);
            Replace(page);
            _b2.Remove(page);
            _t2.Insert(0, page);
        }
        else
        {
            MissUnknown(page);
            _t1.Insert(0, page);
        }
    }

    private void MissUnknown(ulong page)
    {
        if (_t1.Count + _b1.Count == C)
        {
            if (_t1.Count < C)
            {
                Pop(_b1);
                Replace(page);
            }
            else
            {
                Evict(Pop(_t1));
            }
        }
        else if (_t1.Count + _b1.Count + _t2.Count + _b2.Count >= C)
        {
            if (_t1.Count + _b1.Count + _t2.Count + _b2.Count == 2 * C) Pop(_b2);
            Replace(page);
        }
    }

    private void Replace(ulong page)
    {
        bool fromT1 = _t1.Count >= 1 && (_t1.Count > _p || (_b2.Contains(page) && _t1.Count == _p));
        ulong victim = Pop(fromT1 ? _t1 : _t2);
        Evict(victim);
        (fromT1 ? _b1 : _b2).Insert(0, victim);
    }
}

internal sealed class NaiveS3Fifo(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _small = [], _main = [], _ghosts = [];
    private readonly Dictionary<ulong, int> _counts = [];

    private int MainTarget => C - Math.Max(1, C / 10);

    protected override void Hit(ulong page) => _counts[page] = Math.Min(3, _counts[page] + 1);

    protected override void Miss(ulong page)
    {
        bool wasGhost = _ghosts.Remove(page);
        while (IsFull) EvictOnce();
        (wasGhost ? _main : _small).Insert(0, page);
        _counts[page] = 0;
    }

    private void EvictOnce()
    {
        if (_main.Count > MainTarget || _small.Count == 0)
        {
            ulong page = Pop(_main);
            for (; _counts[page] > 0; page = Pop(_main))
            {
                _counts[page]--;
                _main.Insert(0, page);
            }
            Evict(page);
            return;
        }
        while (_small.Count > 0)
        {
            ulong page = Pop(_small);
            if (_counts[page] > 1)
            {
                _counts[page] = 0;
                _main.Insert(0, page);
                continue;
            }
            Evict(page);
            _ghosts.Insert(0, page);
            if (_ghosts.Count > MainTarget) Pop(_ghosts);
            return;
        }
    }
}
