namespace Paging.Policies;

/// <summary>Frames under one policy, compiled for it: no call of an access is virtual and none allocates, once all frames are in use.</summary>
/// <typeparam name="TPolicy">The policy.</typeparam>
public sealed class PolicySimulator<TPolicy> : TraceSimulator
    where TPolicy : struct, IReplacementPolicy
{
    private TPolicy _policy;
    private PageIndex _slots;          // resident page → slot
    private Frame[] _frames;           // by slot
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
        _frames = new Frame[reserved];
    }

    /// <summary>The policy at work, in place.</summary>
    public ref TPolicy Policy => ref _policy;

    /// <inheritdoc/>
    public override long? DirtyEvictionCount => _dirtyEvictionCount;

    /// <inheritdoc/>
    public override void Run(in TraceBlock block)
    {
        foreach (TraceAccess access in block.Accesses.Span)
        {
            int slot = _slots.Find(access.Page);
            if (slot >= 0) _policy.Hit(slot);
            else slot = Load(access.Page);
            _frames[slot].IsDirty |= access.IsStore;
        }
        AccessCount += block.Accesses.Length;
    }

    private int Load(ulong page)
    {
        MissCount++;
        _policy.Missed(page);
        int slot = _usedFrameCount < FrameCount ? _usedFrameCount++ : Evict();
        ArrayGrowth.Ensure(ref _frames, slot);
        _frames[slot] = new(page, IsDirty: false);
        _slots.Add(page, slot);
        _policy.Loaded(slot, page);
        return slot;
    }

    private int Evict()
    {
        FrameBits bits = new(_frames);
        int slot = _policy.FindVictim(ref bits);
        Frame victim = _frames[slot];
        if (victim.IsDirty) _dirtyEvictionCount++;
        _slots.Remove(victim.Page);
        _policy.Evicted(slot, victim.Page);
        return slot;
    }

    private record struct Frame(ulong Page, bool IsDirty);

    /// <summary>No accessed bits: every access is reported through <see cref="IReplacementPolicy.Hit"/>.</summary>
    private readonly struct FrameBits(Frame[] frames) : IPageBits
    {
        public bool TakeAccessed(int slot) => false;

        public bool IsDirty(int slot) => frames[slot].IsDirty;
    }
}
