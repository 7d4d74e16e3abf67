namespace Paging.Policies.Tests;

/// <summary>The paper's rules on two lists; beyond c evicted pages, the ones that left first are dropped.</summary>
internal sealed class NaiveLirs(int frameCount) : NaiveCache(frameCount)
{
    private readonly List<ulong> _s = [];            // index 0 is the top
    private readonly List<ulong> _q = [];            // index 0 is the end, the last index the front
    private readonly HashSet<ulong> _lir = [];
    private readonly List<ulong> _remembered = [];   // index 0 left last

    private int LirTarget => C - Math.Max(1, C / 100);

    protected override void Hit(ulong page)
    {
        bool wasOnStack = _s.Contains(page);
        Top(page);
        if (_lir.Contains(page)) Prune();
        else if (wasOnStack) Promote(page);
        else
        {
            _q.Remove(page);
            _q.Insert(0, page);
        }
    }

    protected override void Miss(ulong page)
    {
        if (IsFull)
        {
            ulong victim = Pop(_q);
            Evict(victim);
            if (_s.Contains(victim)) _remembered.Insert(0, victim);
        }
        bool wasRemembered = _remembered.Remove(page);
        Top(page);
        if (wasRemembered || _lir.Count < LirTarget) Promote(page);
        else _q.Insert(0, page);
        while (_remembered.Count > C) _s.Remove(Pop(_remembered));
    }

    private void Top(ulong page)
    {
        _s.Remove(page);
        _s.Insert(0, page);
    }

    private void Promote(ulong page)
    {
        _lir.Add(page);
        _q.Remove(page);
        Prune();
        if (_lir.Count <= LirTarget) return;
        ulong bottom = _s[^1];
        _lir.Remove(bottom);
        _q.Insert(0, bottom);
        Prune();
    }

    private void Prune()
    {
        while (_s.Count > 0 && !_lir.Contains(_s[^1])) _remembered.Remove(Pop(_s));
    }
}
