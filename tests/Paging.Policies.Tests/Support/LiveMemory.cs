namespace Paging.Policies.Tests;

/// <summary>Frames as an engine has them: the processor sets accessed bits and reports nothing; frames come from a free list.</summary>
internal sealed class LiveMemory<TPolicy>(int frameCount, int pageCount, TPolicy policy)
    where TPolicy : struct, IReplacementPolicy
{
    private AccessedBits _bits = new(frameCount);
    private readonly int[] _slotOfPage = [.. Enumerable.Repeat(-1, pageCount)];
    private readonly int[] _pageOfSlot = [.. Enumerable.Repeat(-1, frameCount)];
    private readonly int[] _free = [.. Enumerable.Range(0, frameCount).Reverse()];    // a stack, frame 0 on top
    private int _freeCount = frameCount;

    public int ResidentCount => _pageOfSlot.Length - _freeCount;

    public int MissCount { get; private set; }

    /// <summary>Whether the access that loads a page leaves its bit set, as it does on an x86.</summary>
    public bool BitStaysOnLoad { get; init; } = true;

    /// <summary>A hit sets a bit; a miss makes room and loads.</summary>
    public void Access(int page)
    {
        int slot = _slotOfPage[page];
        if (slot < 0)
        {
            MissCount++;
            policy.Missed((ulong)page);
            if (_freeCount == 0) Evict();
            slot = _free[--_freeCount];
            (_slotOfPage[page], _pageOfSlot[slot]) = (slot, page);
            _bits.Set(slot, BitStaysOnLoad);
            policy.Loaded(slot, (ulong)page);
            return;
        }
        _bits.Set(slot, isAccessed: true);
    }

    /// <summary>Background reclaim: evicts one page although no access waits for its frame. Returns the slot, or none.</summary>
    public int Evict()
    {
        int slot = policy.FindVictim(ref _bits);
        if (slot == IReplacementPolicy.None) return slot;
        int page = _pageOfSlot[slot];
        if (page < 0) Assert.Fail($"slot {slot} is not resident");
        policy.Evicted(slot, (ulong)page);
        Free(slot, page);
        return slot;
    }

    /// <summary>Unmaps a page, if it is resident.</summary>
    public void Unmap(int page)
    {
        int slot = _slotOfPage[page];
        if (slot < 0) return;
        policy.Removed(slot);
        Free(slot, page);
    }

    private void Free(int slot, int page)
    {
        (_slotOfPage[page], _pageOfSlot[slot]) = (-1, -1);
        _free[_freeCount++] = slot;
        _bits.Set(slot, isAccessed: false);
    }

    private struct AccessedBits(int frameCount) : IPageBits
    {
        private readonly bool[] _bits = new bool[frameCount];

        public readonly void Set(int slot, bool isAccessed) => _bits[slot] = isAccessed;

        public readonly bool TakeAccessed(int slot)
        {
            bool isAccessed = _bits[slot];
            _bits[slot] = false;
            return isAccessed;
        }

        public readonly bool IsDirty(int slot) => false;
    }
}

/// <summary>Makes memories under policies that need no future.</summary>
internal static class LiveMemory
{
    public const int PageCount = 3_000;

    extension<TPolicy>(LiveMemory<TPolicy>) where TPolicy : struct, IOnlinePolicy<TPolicy>
    {
        public static LiveMemory<TPolicy> Create(int frameCount) => new(frameCount, PageCount, TPolicy.Create(frameCount, frameCount));
    }
}
