using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Policies;

namespace Paging.Core.Reclaim;

/// <summary>A plugged policy as the engine sees it, independent of its type.</summary>
internal abstract class PluggedPolicy : IGroupPolicy
{
    /// <summary>True after the policy has thrown or has named a slot that holds no page: the group's lists choose from then on.</summary>
    public bool IsBroken { get; protected set; }

    /// <summary>True if each access is reported to the policy; false if it reads accessed bits.</summary>
    public abstract bool WantsEveryAccess { get; }

    /// <summary>Reports a miss: a fault has found no frame for the page and will request a victim.</summary>
    public abstract void Announce(PageIdentity page);

    /// <summary>Evicts the pages that the policy chooses. Returns the number of frames freed; 0 if none of its choices can go.</summary>
    public abstract uint Free(uint wanted, ref ReclaimCounters counters);

    /// <summary>Reports that the page in a frame was accessed again.</summary>
    public abstract void Hit(FrameNumber frame);

    /// <summary>Reports that a frame of the group got a page.</summary>
    public abstract void Joined(FrameNumber frame);

    /// <summary>Reports that a frame of the group lost its page.</summary>
    public abstract void Left(FrameNumber frame);

    /// <summary>Returns the name of the page in a frame.</summary>
    public static PageIdentity PageIn(in FrameDescriptor descriptor) => descriptor switch
    {
        { State: FrameState.PageCache } => PageIdentity.OfObject(descriptor.Owner, descriptor.Index),
        // A page that was read ahead has no known owner yet.
        { State: FrameState.SwapCache, MapCount: 0 } => PageIdentity.OfSlot(SwapEntry.FromKey(descriptor.Private)),
        _ => PageIdentity.OfPrivate(descriptor.Owner, descriptor.Index),
    };
}

/// <summary>Runs a policy on the frames of one group: assigns slots, gathers accessed bits, evicts its choices.</summary>
/// <remarks>
/// Memory: 4 bytes per frame of RAM and 16 per slot, in arrays allocated once.
/// An exception of the policy reaches the host when the operation has ended. A policy of the host's own cannot call the engine.
/// </remarks>
internal sealed class PluggedPolicy<TPolicy> : PluggedPolicy where TPolicy : struct, IReplacementPolicy
{
    private static readonly bool IsOfTheHost = typeof(TPolicy).Assembly != typeof(IReplacementPolicy).Assembly;

    private readonly ReclaimContext _context;
    private readonly CallerCheck _callers;
    private readonly int[] _slotOf;       // by frame: slot + 1, or 0 for none
    private readonly FrameNumber[] _frameIn;
    private readonly PageIdentity[] _pageIn;
    private readonly int[] _freeSlots;
    private readonly int _capacity;
    private TPolicy _policy;
    private int _freeCount, _slotCount;
    private PageIdentity _announced = PageIdentity.None;
    private FrameNumber _victim;

    public PluggedPolicy(
        ReclaimContext context, CallerCheck callers, int group, int capacity, TPolicy policy, AccessInformation information)
    {
        int ram = (int)context.Frames.Count.Value;
        _context = context;
        _callers = callers;
        _policy = policy;
        _capacity = capacity;
        WantsEveryAccess = information == AccessInformation.EveryAccess;
        _slotOf = new int[ram];
        _frameIn = new FrameNumber[capacity];
        _pageIn = new PageIdentity[capacity];
        _freeSlots = new int[capacity];
        context.Lists.SetPolicy(group, this);
    }

    public override bool WantsEveryAccess { get; }

    private ref TPolicy Policy => ref _policy;    // by reference, because a call on a copy would change only the copy

    public override void Announce(PageIdentity page)
    {
        if (_announced == page) return;    // reported when the fault found no frame (MemoryPressure.Announce)
        _announced = page;
        Report(PolicyEvent.Missed, page: page);
    }

    public override void Joined(FrameNumber frame)
    {
        PageIdentity page = PageIn(in _context.Frames[frame]);
        Announce(page);
        _announced = PageIdentity.None;    // loaded: another fault on this page will be another miss
        if (_freeCount == 0 && _slotCount == _capacity) return;    // more frames than the policy was made for: this one is not reported
        int slot = _freeCount != 0 ? _freeSlots[--_freeCount] : _slotCount++;
        (_slotOf[frame.Value], _frameIn[slot], _pageIn[slot]) = (slot + 1, frame, page);
        Report(PolicyEvent.Loaded, slot, page);
    }

    public override void Left(FrameNumber frame)
    {
        int slot = _slotOf[frame.Value] - 1;
        if (slot < 0) return;
        // A page that was unmapped or truncated was not evicted.
        Report(frame == _victim ? PolicyEvent.Evicted : PolicyEvent.Removed, slot, _pageIn[slot]);
        _slotOf[frame.Value] = 0;
        _freeSlots[_freeCount++] = slot;
    }

    public override void Hit(FrameNumber frame)
    {
        if (frame.Value >= (uint)_slotOf.Length) return;    // a page of the host's memory
        int slot = _slotOf[frame.Value] - 1;
        if (slot >= 0) Report(PolicyEvent.Hit, slot);
    }

    public override uint Free(uint wanted, ref ReclaimCounters counters)
    {
        uint freed = 0;
        for (int refused = 0; freed < wanted && refused <= _slotCount;)    // after as many refusals as pages, none can go
        {
            int slot = FindVictim();
            if (slot == IReplacementPolicy.None) break;
            counters.Scanned++;
            if (TryEvict(_frameIn[slot], ref counters))
            {
                freed++;
                continue;
            }

            // The page is locked or held, or its device failed. It stays, as if it had just been loaded.
            refused++;
            Report(PolicyEvent.Removed, slot);
            Report(PolicyEvent.Loaded, slot, _pageIn[slot]);
        }

        return freed;
    }

    private int FindVictim()
    {
        if (IsBroken) return IReplacementPolicy.None;
        using HostCall call = BeginCall();
        try
        {
            Bits bits = new(this);
            int slot = Policy.FindVictim(ref bits);
            if (slot == IReplacementPolicy.None) return slot;
            if ((uint)slot < (uint)_slotCount && _slotOf[_frameIn[slot].Value] == slot + 1) return slot;    // false: a free slot
            Break(new InvalidOperationException($"The policy chose slot {slot}, which holds no page."));
        }
        catch (Exception failure)
        {
            Break(failure);
        }

        return IReplacementPolicy.None;
    }

    /// <summary>Makes each call of the policy that returns nothing. An exception breaks it.</summary>
    private void Report(PolicyEvent what, int slot = IReplacementPolicy.None, PageIdentity page = default)
    {
        if (IsBroken) return;
        using HostCall call = BeginCall();
        try
        {
            switch (what)
            {
                case PolicyEvent.Hit: Policy.Hit(slot); break;
                case PolicyEvent.Missed: Policy.Missed(page.Word); break;
                case PolicyEvent.Loaded: Policy.Loaded(slot, page.Word); break;
                case PolicyEvent.Evicted: Policy.Evicted(slot, page.Word); break;
                default: Policy.Removed(slot); break;
            }
        }
        catch (Exception failure)
        {
            Break(failure);
        }
    }

    private HostCall BeginCall() => IsOfTheHost ? _callers.Callbacks.Begin() : default;

    private void Break(Exception failure)
    {
        IsBroken = true;
        _callers.Keep(failure);
    }

    private bool TryEvict(FrameNumber frame, ref ReclaimCounters counters)
    {
        References references = _context.Use.CollectReferences(frame);
        if (references.IsLocked) return false;
        _victim = frame;
        EvictionResult result = _context.Eviction.Evict(frame, references.IsWritten, ref counters);
        _victim = default;
        return result == EvictionResult.Freed;
    }

    private enum PolicyEvent
    {
        Hit,
        Missed,
        Loaded,
        Evicted,
        Removed,
    }

    private readonly struct Bits(PluggedPolicy<TPolicy> owner) : IPageBits
    {
        public bool TakeAccessed(int slot) => !owner.WantsEveryAccess
            && owner._context.Use.CollectReferences(owner._frameIn[slot]).AccessedCount != 0;

        public bool IsDirty(int slot) => owner._context.Use.IsDirty(owner._frameIn[slot]);
    }
}
