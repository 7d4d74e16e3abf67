namespace Paging.Policies.Online;

/// <summary>LIRS: pages are kept by the distance between their last two accesses, not by the time since the last one.</summary>
/// <remarks><code>
///   S, by recency (the top is the newest)              Q, resident HIR pages (FIFO)
///   ┌─────┬─────┬─────┬─────┬─────┬─────┐              ┌─────┬─────┐
///   │ HIR │ LIR │ hir │ LIR │ hir │ LIR │              │ HIR │ HIR │ ──front──► out; stays in S, if it is there, as hir
///   └─────┴─────┴─────┴─────┴─────┴─────┘              └─────┴─────┘
///    top                           bottom: always LIR    HIR resident, hir remembered only
///
///   hit, LIR              to S's top; prune
///   hit, HIR in S         becomes LIR at S's top; the bottom LIR becomes HIR at Q's end; prune
///   hit, HIR not in S     to S's top and to Q's end
///   miss, hir in S        as "HIR in S"
///   miss otherwise        LIR while there is room among them; else HIR at S's top and Q's end
///   prune                 takes pages off S's bottom until a LIR page is there
///
///   max(1, c/100) frames are for HIR pages. At most c pages are remembered: the one evicted longest ago is forgotten.
/// </code>
/// S. Jiang, X. Zhang, "LIRS: an efficient low inter-reference recency set replacement policy to improve buffer cache
/// performance", ACM SIGMETRICS 2002. Hardware bits are read when a page reaches the front of Q.
/// </remarks>
internal struct LirsPolicy : IOnlinePolicy<LirsPolicy>
{
    private int _lowCountMax;      // LIR pages
    private int _frameCount;
    private RecencyStack _stack;
    private bool _isRefault;       // the page that is about to be loaded is remembered

    public static LirsPolicy Create(int frameCount, int reservedFrameCount) => new()
    {
        _lowCountMax = frameCount - Math.Max(1, frameCount / 100),
        _frameCount = frameCount,
        _stack = new(reservedFrameCount),
    };

    public void Missed(ulong page) => _isRefault = _stack.FindRemembered(page) >= 0;

    public void Loaded(int slot, ulong page)
    {
        int node = _stack.FindRemembered(page);    // again: finding a victim may have pruned it
        bool isLow = node >= 0 || _stack.LowCount < _lowCountMax;
        if (node >= 0) _stack.MakeResident(node, slot);
        else node = _stack.AddResident(slot);
        if (isLow) Promote(node);
        else
        {
            _stack.PushOnStack(node);
            _stack.PushOnQueue(node);
        }
        _isRefault = false;
        TrimHistory();
    }

    public void Hit(int slot)
    {
        int node = _stack.NodeOf(slot);
        if (_stack.IsLow(node))
        {
            _stack.PushOnStack(node);
            _stack.Prune();
        }
        else if (_stack.IsOnStack(node)) Promote(node);
        else
        {
            _stack.PushOnStack(node);
            _stack.PushOnQueue(node);
        }
    }

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        int node;
        while ((node = _stack.QueueFront) >= 0 && bits.TakeAccessed(_stack.SlotOf(node))) Hit(_stack.SlotOf(node));
        if (node < 0) node = _stack.Bottom;    // only after Removed: every page left is LIR
        return node < 0 ? IReplacementPolicy.None : _stack.SlotOf(node);
    }

    public void Evicted(int slot, ulong page)
    {
        int node = _stack.NodeOf(slot);
        bool isRemembered = !_stack.IsLow(node) && _stack.IsOnStack(node);
        if (isRemembered) _stack.Remember(node, page);
        else Removed(slot);
        if (!_isRefault) TrimHistory();    // otherwise the newcomer leaves the history first
    }

    public void Removed(int slot)
    {
        _stack.Delete(_stack.NodeOf(slot));
        _stack.Prune();
    }

    private void TrimHistory()
    {
        while (_stack.RememberedCount > _frameCount) _stack.ForgetOldest();
    }

    /// <summary>The page becomes LIR at the top; when that is one too many, the LIR at the bottom becomes HIR.</summary>
    private void Promote(int node)
    {
        _stack.TakeOffQueue(node);
        _stack.SetLow(node, isLow: true);
        _stack.PushOnStack(node);
        _stack.Prune();
        if (_stack.LowCount <= _lowCountMax) return;
        int bottom = _stack.Bottom;
        _stack.SetLow(bottom, isLow: false);
        _stack.PushOnQueue(bottom);
        _stack.Prune();
    }
}
