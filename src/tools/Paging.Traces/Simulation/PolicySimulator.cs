using System.Runtime.InteropServices;
using Paging.Policies;
using Paging.Traces.Reading;

namespace Paging.Traces.Simulation;

/// <summary>
/// Frames under one policy, compiled for it: no call of an access is virtual and none allocates, once all frames and pages have been used.
/// </summary>
/// <remarks>Memory: 4 to 8 bytes for each page of the trace, 17 to 34 for each frame in use; plus the policy's own.</remarks>
/// <typeparam name="TPolicy">The policy.</typeparam>
internal sealed class PolicySimulator<TPolicy> : TraceSimulator
    where TPolicy : struct, IReplacementPolicy
{
    private readonly List<int> _slots = [];                         // by page id: slot + 1; 0 if the page is not resident
    private readonly List<(ulong Page, int Id)> _residents = [];    // by slot
    private readonly List<bool> _isDirty = [];                      // by slot
#pragma warning disable IDE0044 // a mutable struct: calls through a readonly field would change a copy
    private TPolicy _policy;
#pragma warning restore IDE0044
    private long _dirtyEvictionCount;

    /// <summary>Empty frames.</summary>
    /// <param name="frameCount">At least 1.</param>
    /// <param name="policy">A fresh policy for as many frames.</param>
    public PolicySimulator(int frameCount, TPolicy policy) : base(frameCount) => _policy = policy;

    public override long? DirtyEvictionCount => _dirtyEvictionCount;

    public override void Run(in TraceBlock block)
    {
        ReadOnlySpan<TraceAccess> accesses = block.Accesses.Span;
        ReadOnlySpan<int> ids = block.PageIds.Span[..accesses.Length];
        Span<int> slots = CollectionsMarshal.AsSpan(_slots);
        for (int index = 0; index < accesses.Length; index++)
        {
            TraceAccess access = accesses[index];
            int id = ids[index];
            int slot = id < slots.Length ? slots[id] - 1 : -1;
            if (slot >= 0)
            {
                _policy.Hit(slot);
            }
            else
            {
                slot = Load(access.Page, id);
                slots = CollectionsMarshal.AsSpan(_slots);    // may have moved
            }

            if (access.IsStore) _isDirty[slot] = true;
        }

        AccessCount += accesses.Length;
    }

    private int Load(ulong page, int id)
    {
        MissCount++;
        _policy.Missed(page);
        int slot = _residents.Count < FrameCount ? UseNewFrame() : Evict();
        _residents[slot] = (page, id);
        _isDirty[slot] = false;
        while (_slots.Count <= id) _slots.Add(0);
        _slots[id] = slot + 1;
        _policy.Loaded(slot, page);
        return slot;
    }

    private int UseNewFrame()
    {
        _residents.Add(default);
        _isDirty.Add(false);
        return _residents.Count - 1;
    }

    private int Evict()
    {
        FrameBits bits = new(_isDirty);
        int slot = _policy.FindVictim(ref bits);
        if (_isDirty[slot]) _dirtyEvictionCount++;
        (ulong page, int id) = _residents[slot];
        _slots[id] = 0;
        _policy.Evicted(slot, page);
        return slot;
    }

    /// <summary>No accessed bits: every access is reported through <see cref="IReplacementPolicy.Hit"/>.</summary>
    private readonly struct FrameBits(List<bool> isDirty) : IPageBits
    {
        public bool TakeAccessed(int slot) => false;

        public bool IsDirty(int slot) => isDirty[slot];
    }
}
