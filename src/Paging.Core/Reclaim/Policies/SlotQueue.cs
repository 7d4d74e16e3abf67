namespace Paging.Core.Reclaim;

/// <summary>Slots in the order in which they were added: a list through two arrays, made once.</summary>
internal struct SlotQueue
{
    private readonly int[] _older, _newer;
    private int _newest;

    public SlotQueue(int slotCount)
    {
        _older = new int[slotCount];
        _newer = new int[slotCount];
        _newest = IReclaimPolicy.None;
        Oldest = IReclaimPolicy.None;
    }

    /// <summary>The slot added longest ago, or <see cref="IReclaimPolicy.None"/>.</summary>
    public int Oldest { get; private set; }

    public void AddNewest(int slot)
    {
        _older[slot] = _newest;
        _newer[slot] = IReclaimPolicy.None;
        if (_newest == IReclaimPolicy.None) Oldest = slot;
        else _newer[_newest] = slot;
        _newest = slot;
    }

    public void Remove(int slot)
    {
        (int older, int newer) = (_older[slot], _newer[slot]);
        if (older == IReclaimPolicy.None) Oldest = newer;
        else _newer[older] = newer;
        if (newer == IReclaimPolicy.None) _newest = older;
        else _older[newer] = older;
    }
}
