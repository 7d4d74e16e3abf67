using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>One descriptor for each frame of RAM, in one native array: 32 bytes a frame, 0.8 % of RAM.</summary>
/// <remarks>
/// Lazily committed like RAM itself: a descriptor of zeros is a free frame, so nothing is written until frames are used.
/// Frame 0 is reserved from the start, as on a PC, so that 0 can mean "no frame" in every link.
/// </remarks>
public sealed unsafe class FrameTable : IDisposable
{
    private const int StateCount = 8;    // a power of two: any byte, even a broken one, is masked into the array

    private readonly HostBlock _block;
    private readonly FrameDescriptor* _descriptors;
    // F1  frames in a state = entered − left, modulo 2^32; Free is what the others leave. Apart, because a frame that is
    //     handed out and taken back at once would otherwise wait for its own count to come back from the store buffer.
    private StateCounts _entered, _left;
    private uint _frameCount;    // 0 after Dispose
    private bool _isAllocatorStarted;

    /// <summary>Makes the table; all frames but frame 0 are free.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No frame at all.</exception>
    /// <exception cref="OutOfMemoryException">The host has no room.</exception>
    public FrameTable(FrameCount frames)
    {
        ArgumentOutOfRangeException.ThrowIfZero(frames.Value, nameof(frames));
        _block = new((ulong)frames.Value * (uint)sizeof(FrameDescriptor), requestHugePages: false);
        _descriptors = (FrameDescriptor*)_block.Address;
        _frameCount = frames.Value;
        Lists = new(this);
        Move(new FrameNumber(0), FrameState.Reserved);
    }

    /// <summary>How many frames there are.</summary>
    public FrameCount Count => new(_frameCount);

    /// <summary>The lists in which frames wait to be reclaimed.</summary>
    internal FrameLists Lists { get; }

    /// <summary>The frame behind the highest reserved one: from here on all frames are free when the allocator starts.</summary>
    internal uint ReservedEnd { get; private set; }

    /// <summary>A copy of a frame's descriptor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond the table.</exception>
    public FrameDescriptor Describe(FrameNumber frame)
    {
        if (frame.Value >= _frameCount) ThrowOutside(frame);
        return _descriptors[frame.Value];
    }

    /// <summary>A frame's descriptor. Bounds are checked only when checks are on.</summary>
    internal ref FrameDescriptor this[FrameNumber frame]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (Check.Cheap && frame.Value >= _frameCount) ThrowOutside(frame);
            return ref _descriptors[frame.Value];
        }
    }

    /// <summary>How many frames are in a state. Counted as they move; <see cref="Audit"/> recounts.</summary>
    public FrameCount CountOf(FrameState state)
    {
        if (state != FrameState.Free) return new(_entered[(int)state] - _left[(int)state]);
        uint free = _frameCount;
        for (int other = 1; other < StateCount; other++) free -= _entered[other] - _left[other];
        return new(free);
    }

    /// <summary>Gives a frame another owner's state; the ways are drawn in <see cref="FrameTransitions"/>.</summary>
    /// <remarks>Frames leave and enter <see cref="FrameState.Free"/> only through <see cref="BuddyAllocator"/>.</remarks>
    /// <exception cref="InvariantException">F2: no such way, when checks are on.</exception>
    public void Move(FrameNumber frame, FrameState next)
    {
        ref FrameDescriptor descriptor = ref this[frame];
        bool isReservation = next == FrameState.Reserved && descriptor.State == FrameState.Free && !_isAllocatorStarted;
        if (Check.Cheap && !isReservation && !FrameTransitions.MayMove(descriptor.State, next)) ThrowBadMove(frame, in descriptor, next);
        if (isReservation) ReservedEnd = uint.Max(ReservedEnd, frame.Value + 1);
        else CountLeaving(descriptor.State);
        descriptor.State = next;
        CountEntering(next);
    }

    /// <summary>Counts one more mapping, which is also one more user, with a single 64-bit add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddReferenceAndMapping(FrameNumber frame) => this[frame].Counts += 0x1_0000_0001;

    /// <summary>From now on frames leave Free only through the allocator.</summary>
    internal void StartAllocator() => _isAllocatorStarted = true;

    /// <summary>The allocator hands a free frame out: everything zero, as it was while free, but the state, and one reference.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void HandOut(ref FrameDescriptor descriptor, FrameState purpose)
    {
        if (Check.Cheap) descriptor.Private = 0;    // the mark of poison
        descriptor.Header = (uint)purpose;
        descriptor.Counts = 1;
        CountEntering(purpose);
    }

    /// <summary>The allocator takes a frame back: everything zero, which is what Free looks like.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void TakeBack(ref FrameDescriptor descriptor)
    {
        CountLeaving(descriptor.State);
        descriptor = default;
    }

    /// <summary>Recounts the states and looks at every descriptor on its own. Costs a pass over the table.</summary>
    /// <remarks>F4, the map counts, is checked where the page tables are: they are the truth.</remarks>
    public void Audit(AuditReport report) => FrameAudit.Run(this, report);

    /// <summary>Gives the memory back to the host.</summary>
    public void Dispose()
    {
        _frameCount = 0;
        _block.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountEntering(FrameState state) => _entered[(int)state & (StateCount - 1)]++;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountLeaving(FrameState state) => _left[(int)state & (StateCount - 1)]++;

    [DoesNotReturn]
    private void ThrowOutside(FrameNumber frame)
    {
        ObjectDisposedException.ThrowIf(_block.IsClosed, this);
        throw new ArgumentOutOfRangeException(nameof(frame), $"Frame {frame.Value:x5} lies beyond RAM of {Count} frames.");
    }

    [DoesNotReturn]
    private static void ThrowBadMove(FrameNumber frame, ref readonly FrameDescriptor descriptor, FrameState next) =>
        throw new InvariantException($"F2: frame {frame.Value:x5} is {descriptor.State} with {descriptor.MapCount} mappings and " +
            $"{descriptor.ReferenceCount} references and cannot become {next}. Only BuddyAllocator takes frames out of Free and back.");

    [InlineArray(StateCount)]
    private struct StateCounts
    {
        private uint _first;
    }
}
