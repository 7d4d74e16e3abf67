using Paging.Core.Cache;
using Paging.Core.Frames;
using Paging.Native;

namespace Paging.Core.Reclaim;

/// <summary>What a plugged policy is to the engine, whatever its type.</summary>
internal abstract class PluggedPolicy : IFrameWatcher
{
    /// <summary>It is told of each access, instead of asking for accessed bits.</summary>
    public abstract bool WantsEveryAccess { get; }

    /// <summary>A fault has found no frame for a page: it is a miss, and a victim will be asked for.</summary>
    public abstract void Announce(PageIdentity page);

    /// <summary>Evicts what the policy names. 0: nothing it names can go.</summary>
    public abstract uint Free(uint wanted, ref ReclaimCounters counters);

    /// <summary>The page in a frame was accessed again.</summary>
    public abstract void Hit(FrameNumber frame);

    public abstract void Joined(FrameNumber frame);

    public abstract void Left(FrameNumber frame);

    /// <summary>The page in a frame whose owner and index are known.</summary>
    public static PageIdentity PageIn(in FrameDescriptor descriptor) => descriptor switch
    {
        { State: FrameState.PageCache } => PageIdentity.OfObject(descriptor.Owner, descriptor.Index),
        { State: FrameState.SwapCache, MapCount: 0 } => PageIdentity.OfSlot(new(descriptor.Private)),    // read ahead: whose it is will show
        _ => PageIdentity.OfPrivate(descriptor.Owner, descriptor.Index),
    };
}

/// <summary>Runs a policy on the frames of one group: names slots, gathers accessed bits, evicts what it chooses.</summary>
/// <remarks>Cost: 4 bytes a frame of RAM and 12 a slot, in arrays made once.</remarks>
internal sealed class PluggedPolicy<TPolicy> : PluggedPolicy where TPolicy : struct, IReclaimPolicy
{
    private readonly ReclaimContext _context;
    private readonly int[] _slotOf;       // by frame; 0 is none, so slot + 1
    private readonly FrameNumber[] _frameIn;
    private readonly PageIdentity[] _pageIn;
    private readonly int[] _freeSlots;
    private readonly int _capacity;
    private TPolicy _policy;
    private int _freeCount, _slotCount;
    private PageIdentity _announced = PageIdentity.None;
    private FrameNumber _victim;

    public PluggedPolicy(ReclaimContext context, int group, int capacity, TPolicy policy, AccessInformation information)
    {
        int ram = (int)context.Frames.Count.Value;
        _context = context;
        _policy = policy;
        _capacity = capacity;
        WantsEveryAccess = information == AccessInformation.EveryAccess;
        _slotOf = new int[ram];
        _frameIn = new FrameNumber[capacity];
        _pageIn = new PageIdentity[capacity];
        _freeSlots = new int[capacity];
        context.Lists.Watch(group, this);
    }

    public override bool WantsEveryAccess { get; }

    private ref TPolicy Policy => ref _policy;    // by reference: a call on a copy would change the copy

    public override void Announce(PageIdentity page)
    {
        if (_announced == page) return;
        _announced = page;
        Policy.Missed(page);
    }

    public override void Joined(FrameNumber frame)
    {
        PageIdentity page = PageIn(in _context.Frames[frame]);
        Announce(page);
        _announced = PageIdentity.None;
        if (_freeCount == 0 && _slotCount == _capacity) return;    // more than it was made for: it does not see this one
        int slot = _freeCount != 0 ? _freeSlots[--_freeCount] : _slotCount++;
        (_slotOf[frame.Value], _frameIn[slot], _pageIn[slot]) = (slot + 1, frame, page);
        Policy.Loaded(slot, page);
    }

    public override void Left(FrameNumber frame)
    {
        int slot = _slotOf[frame.Value] - 1;
        if (slot < 0) return;
        if (frame == _victim) Policy.Evicted(slot, _pageIn[slot]);
        else Policy.Removed(slot);
        _slotOf[frame.Value] = 0;
        _freeSlots[_freeCount++] = slot;
    }

    public override void Hit(FrameNumber frame)
    {
        int slot = _slotOf[frame.Value] - 1;
        if (slot >= 0) Policy.Hit(slot);
    }

    public override uint Free(uint wanted, ref ReclaimCounters counters)
    {
        uint freed = 0;
        Bits bits = new(this);
        for (int refused = 0; freed < wanted && refused <= _slotCount;)
        {
            int slot = Policy.FindVictim(ref bits);
            if (slot == IReclaimPolicy.None) break;
            counters.Scanned++;
            if (TryEvict(_frameIn[slot], ref counters))
            {
                freed++;
                continue;
            }

            // Locked, held, or its device failed: as if it had just been loaded.
            refused++;
            Policy.Removed(slot);
            Policy.Loaded(slot, _pageIn[slot]);
        }

        return freed;
    }

    private bool TryEvict(FrameNumber frame, ref ReclaimCounters counters)
    {
        References references = _context.Use.Look(frame);
        if (references.IsLocked) return false;
        _victim = frame;
        EvictionResult result = _context.Eviction.Evict(frame, references.IsWritten, ref counters);
        _victim = default;
        return result == EvictionResult.Freed;
    }

    private readonly struct Bits(PluggedPolicy<TPolicy> owner) : IAccessedBits
    {
        public bool TakeAccessed(int slot) => !owner.WantsEveryAccess && owner._context.Use.Look(owner._frameIn[slot]).AccessedCount != 0;

        public bool IsDirty(int slot) => owner._context.Use.IsDirty(owner._frameIn[slot]);
    }
}
