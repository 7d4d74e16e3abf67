using Paging.Policies.Storage;

namespace Paging.Policies.Simulation;

/// <summary>
/// Frames under one policy, compiled for it: no call of an access is virtual and none allocates, once all frames are in use.
/// </summary>
/// <typeparam name="TPolicy">The policy.</typeparam>
internal sealed class PolicySimulator<TPolicy> : TraceSimulator
    where TPolicy : struct, IReplacementPolicy
{
#pragma warning disable IDE0044 // a mutable struct: calls through a readonly field would change a copy
    private TPolicy _policy;
#pragma warning restore IDE0044
    private PageIndex _slots;          // of resident pages
    private bool[] _isDirty;           // by slot
    private int _usedFrameCount;
    private long _dirtyEvictionCount;

    /// <summary>Empty frames.</summary>
    /// <param name="frameCount">At least 1.</param>
    /// <param name="policy">A fresh policy for as many frames.</param>
    public PolicySimulator(int frameCount, TPolicy policy) : base(frameCount)
    {
        int reserved = SimulatorSizes.ReservedFor(frameCount);
        _policy = policy;
        _slots = new(reserved);
        _isDirty = new bool[reserved];
    }

    public override long? DirtyEvictionCount => _dirtyEvictionCount;

    public override void Run(in TraceBlock block)
    {
        foreach (TraceAccess access in block.Accesses.Span)
        {
            int slot = _slots.Find(access.Page);
            if (slot >= 0) _policy.Hit(slot);
            else slot = Load(access.Page);
            if (access.IsStore) _isDirty[slot] = true;
        }
        AccessCount += block.Accesses.Length;
    }

    private int Load(ulong page)
    {
        MissCount++;
        _policy.Missed(page);
        int slot = _usedFrameCount < FrameCount ? _usedFrameCount++ : Evict();
        ArrayGrowth.Ensure(ref _isDirty, slot);
        _isDirty[slot] = false;
        _slots.Add(page, slot);
        _policy.Loaded(slot, page);
        return slot;
    }

    private int Evict()
    {
        FrameBits bits = new(_isDirty);
        int slot = _policy.FindVictim(ref bits);
        if (_isDirty[slot]) _dirtyEvictionCount++;
        ulong page = _slots.PageOf(slot);
        _slots.Remove(slot);
        _policy.Evicted(slot, page);
        return slot;
    }

    /// <summary>No accessed bits: every access is reported through <see cref="IReplacementPolicy.Hit"/>.</summary>
    private readonly struct FrameBits(bool[] isDirty) : IPageBits
    {
        public bool TakeAccessed(int slot) => false;

        public bool IsDirty(int slot) => isDirty[slot];
    }
}
