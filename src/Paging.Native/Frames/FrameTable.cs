using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Paging.Native.Diagnostics;
using Paging.Native.Memory;

namespace Paging.Native.Frames;

/// <summary>One descriptor for each frame of RAM, in one native array: 32 bytes a frame, 0.8 % of RAM.</summary>
/// <remarks>
/// Lazily committed like RAM itself: a descriptor of zeros is a free frame, so nothing is written until frames are used.
/// Frame 0 is reserved from the start, as on a PC, so that 0 can mean "no frame" in every link.
/// The array has room for every frame that a page-table entry can name, however little RAM there is: an entry that a host or a guest
/// has written by itself then leads to the descriptor of a free frame, which nothing counts, and never out of the array.
/// </remarks>
internal sealed class FrameTable : IDisposable
{
    /// <summary>One reference that is a mapping, in <see cref="FrameDescriptor.Counts"/>.</summary>
    internal const ulong OneReferenceAndMapping = 0x1_0000_0001;

    // A classic page-table entry has 20 bits for the frame, one of PAE 24.
    internal const uint ClassicNameableCount = 1 << 20, PaeNameableCount = 1 << 24;

    // A huge page covers the range of a table.
    internal const int ClassicHugeOrder = 10, PaeHugeOrder = 9;

    private const int StateCount = 8;    // a power of two: any byte, even a broken one, is masked into the array

    private readonly HostBlock _block;
    private readonly unsafe FrameDescriptor* _descriptors;
    // F1  frames in a state = entered − left, modulo 2^32. Two counters, because with one a frame that is handed out and taken
    //     back at once would wait for its own count to return from the store buffer. Free frames are counted by the allocator.
    //     Anonymous frames are the rest: counting them would add to every first touch.
    private StateCounts _entered, _left;
    private readonly uint _nameableCount, _reach;
    private uint _frameCount;    // 0 after Dispose
    private IFreeFrames? _allocator;
    private (uint First, uint Count)[] _images = [];    // a descriptor for each page would take longer than the rest of a clone

    /// <summary>Makes the table; all frames but frame 0 are free.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No frame at all.</exception>
    /// <exception cref="OutOfMemoryException">The host has no room.</exception>
    // SAFETY: the block has been made for as many descriptors as are ever indexed: all that an entry can name.
    public unsafe FrameTable(FrameCount frames, TableFormat format = TableFormat.Classic)
    {
        ArgumentOutOfRangeException.ThrowIfZero(frames.Value, nameof(frames));
        _reach = ReachOf(format);
        _nameableCount = uint.Max(frames.Value, _reach);
        _block = new((ulong)_nameableCount * (uint)sizeof(FrameDescriptor));
        _descriptors = (FrameDescriptor*)_block.Address;
        _frameCount = frames.Value;
        Wholes = new(format == TableFormat.Pae ? PaeHugeOrder : ClassicHugeOrder, _nameableCount);
        Move(new FrameNumber(0), FrameState.Reserved);
    }

    /// <summary>All frames of RAM, reserved ones included.</summary>
    public FrameCount Count => new(_frameCount);

    /// <summary>The frames that an entry of a page table can name. Frames beyond are reached by huge leaves only (PSE-36).</summary>
    internal FrameCount OrdinaryCount => new(uint.Min(_frameCount, _reach));

    /// <summary>The frame after the highest reserved one. All frames from here on are free when the allocator starts.</summary>
    internal uint ReservedEnd { get; private set; }

    /// <summary>The blocks of huge pages of which only the first frame's descriptor is written.</summary>
    internal WholeBlocks Wholes { get; }

    /// <summary>The number of frames that an entry of a page table can name.</summary>
    internal static uint ReachOf(TableFormat format) => format == TableFormat.Pae ? PaeNameableCount : ClassicNameableCount;

    /// <summary>A copy of a frame's descriptor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The frame lies beyond the table.</exception>
    public FrameDescriptor Describe(FrameNumber frame)
    {
        if (frame.Value >= _frameCount) ThrowOutside(frame);
        return Shown(frame);
    }

    /// <summary>
    /// As <see cref="Named"/>, by value: a frame of a block that was handed out whole is shown as in use, although only the first one's
    /// descriptor is written.
    /// </summary>
    internal FrameDescriptor Shown(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref Named(frame);
        return descriptor.State == FrameState.Free && Wholes.HasTail(frame) ? Wholes.Tail : descriptor;
    }

    /// <summary>A frame's descriptor. Bounds are checked only when checks are on.</summary>
    // SAFETY: the array covers every number that an entry of the format can name; RAM and the allocator have no others.
    internal unsafe ref FrameDescriptor this[FrameNumber frame]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (Check.Cheap && frame.Value >= _frameCount) ThrowOutside(frame);
            return ref _descriptors[frame.Value];
        }
    }

    /// <summary>The descriptor of a frame that a page-table entry names; one beyond RAM reads as free.</summary>
    /// <remarks>
    /// For code that goes through tables which a host or a guest may have written. Free and reserved frames have no counts.
    /// </remarks>
    // SAFETY: as the indexer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal unsafe ref FrameDescriptor Named(FrameNumber frame)
    {
        if (Check.Cheap && frame.Value >= _nameableCount) ThrowOutside(frame);
        return ref _descriptors[frame.Value];
    }

    /// <summary>The number of frames in a state. Counted as they move; <see cref="Audit"/> recounts.</summary>
    public FrameCount CountOf(FrameState state)
    {
        if (state is not (FrameState.Free or FrameState.Anonymous)) return new(_entered[(int)state] - _left[(int)state]);
        uint rest = _frameCount;
        for (int other = 1; other < StateCount; other++) rest -= _entered[other] - _left[other];
        FrameCount free = _allocator?.FreeFrames ?? new(rest);
        return state == FrameState.Free ? free : new FrameCount(rest) - free;
    }

    /// <summary>Gives a frame another state. <see cref="FrameTransitions"/> draws the allowed transitions.</summary>
    /// <remarks>Frames leave and enter <see cref="FrameState.Free"/> only through <c>BuddyAllocator</c>.</remarks>
    /// <exception cref="InvariantException">F2: the new state may not follow the old one. Only when checks are on.</exception>
    public void Move(FrameNumber frame, FrameState next)
    {
        ref FrameDescriptor descriptor = ref this[frame];
        bool isReservation = next == FrameState.Reserved && descriptor.State == FrameState.Free && _allocator is null;
        if (Check.Cheap && !isReservation && !FrameTransitions.MayMove(descriptor.State, next)) ThrowBadMove(frame, in descriptor, next);
        if (isReservation) ReservedEnd = uint.Max(ReservedEnd, frame.Value + 1);
        else CountLeaving(descriptor.State);
        descriptor.State = next;
        CountEntering(next);
    }

    /// <summary>Marks frames beyond RAM as an image's for good. They are as reserved ones, and have no descriptors of their own.</summary>
    internal void AddImage(FrameNumber first, FrameCount count) => _images = [.. _images, (first.Value, count.Value)];

    /// <summary>True for a reserved frame, and for one of an image. Cost: O(images) beyond RAM.</summary>
    internal bool IsReserved(FrameNumber frame)
    {
        if (frame.Value < _frameCount) return Named(frame).State == FrameState.Reserved;
        foreach ((uint first, uint count) in _images)
            if (frame.Value - first < count) return true;
        return false;
    }

    /// <summary>Counts one more mapping, which is also one more user, with a single 64-bit add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddReferenceAndMapping(FrameNumber frame) => this[frame].Counts += OneReferenceAndMapping;

    /// <summary>
    /// Counts one more mapping of eight neighbours, if each of them is anonymous and of kind 0. Otherwise changes nothing.
    /// </summary>
    internal bool TryShareEight(FrameNumber first) => TryCountEight(first, OneReferenceAndMapping, mustBeShared: false);

    /// <summary>
    /// Counts one mapping less of eight neighbours, if each of them is anonymous, of kind 0, and mapped elsewhere as well. Otherwise
    /// changes nothing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryUnshareEight(FrameNumber first) =>
        Named(first).MapCount > 1 && TryCountEight(first, unchecked(0 - OneReferenceAndMapping), mustBeShared: true);

    // SAFETY: ForkCopy and EntryRanges have found eight neighbours in entries of 20-bit numbers, so the last one is in the array, too.
    private unsafe bool TryCountEight(FrameNumber first, ulong change, [ConstantExpected] bool mustBeShared)
    {
        ulong* words = (ulong*)((FrameDescriptor*)Unsafe.AsPointer(ref Named(first)));
        if (Check.Cheap) _ = Named(first + new FrameCount(7));
        const ulong StateAndKind = FrameHeader.StateMask | FrameHeader.KindMask, Own = (ulong)FrameState.Anonymous;
        Vector512<ulong> kind = Vector512.Create(StateAndKind, 0, 0, 0, StateAndKind, 0, 0, 0),
            own = Vector512.Create(Own, 0, 0, 0, Own, 0, 0, 0);
        Vector512<ulong> one = Vector512.Create(0, change, 0, 0, 0, change, 0, 0);
        Vector512<ulong> a = Vector512.Load(words), b = Vector512.Load(words + 8), c = Vector512.Load(words + 16),
            d = Vector512.Load(words + 24);
        if ((((a ^ own) | (b ^ own) | (c ^ own) | (d ^ own)) & kind) != Vector512<ulong>.Zero) return false;
        if (mustBeShared)
        {
            const ulong Two = 2 * OneReferenceAndMapping;
            Vector512<ulong> least = Vector512.Min(Vector512.Min(a, b), Vector512.Min(c, d));
            if (Vector512.LessThanAny(least, Vector512.Create(0, Two, 0, 0, 0, Two, 0, 0))) return false;
        }

        (a + one).Store(words);
        (b + one).Store(words + 8);
        (c + one).Store(words + 16);
        (d + one).Store(words + 24);
        return true;
    }

    /// <summary>True if each of some neighbours has exactly one reference, and no mapping.</summary>
    /// <remarks>An even number of frames of RAM, from an even one on. Cost: a load for each two.</remarks>
    // SAFETY: the frames are parts of a block that the allocator has handed out, so all of them are in RAM.
    internal unsafe bool HaveOneReferenceEach(FrameNumber first, uint count)
    {
        ulong* words = (ulong*)((FrameDescriptor*)Unsafe.AsPointer(ref this[first]));
        if (Check.Cheap) _ = this[first + new FrameCount(count - 1)];
        Vector512<ulong> counts = Vector512.Create(0, ulong.MaxValue, 0, 0, 0, ulong.MaxValue, 0, 0),
            one = Vector512.Create(0ul, 1, 0, 0, 0, 1, 0, 0), different = Vector512<ulong>.Zero;
        for (uint i = 0; i < count; i += 2, words += Vector512<ulong>.Count) different |= Vector512.Load(words) ^ one;
        return (different & counts) == Vector512<ulong>.Zero;
    }

    /// <summary>The allocator takes over the free frames: they leave Free only through it from now on.</summary>
    internal void StartAllocator(IFreeFrames allocator) => _allocator = allocator;

    /// <summary>Hands out a free frame: it gets its state and one reference; all else stays zero, as it was while free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void HandOut(ref FrameDescriptor descriptor, FrameState purpose)
    {
        if (Check.Cheap) descriptor.Private = 0;    // the mark of poison
        descriptor.Header = FrameHeader.Of(purpose);
        descriptor.Counts = 1;
        CountEntering(purpose);
    }

    /// <summary>
    /// Hands out an anonymous page that is mapped at once and is the first of a list, in one store. Its state is not counted.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void HandOutAnonymous(FrameNumber frame, FrameHeader header, uint owner, uint index, uint next)
    {
        ulong headerAndOwner = header.Word | ((ulong)owner << 32), indexAndNext = index | ((ulong)next << 32);
        Vector256<ulong> words = Vector256.Create(headerAndOwner, OneReferenceAndMapping, indexAndNext, 0);
        words.StoreUnsafe(ref Unsafe.As<FrameDescriptor, ulong>(ref this[frame]));
    }

    /// <summary>Hands out a block by the descriptor of its first frame. The others stay zero until <see cref="WriteTails"/>.</summary>
    internal void HandOutWhole(FrameNumber first, FrameHeader header)
    {
        ref FrameDescriptor descriptor = ref this[first];
        HandOut(ref descriptor, header.State);
        descriptor.Header = header;
        Wholes.Add(first, header);
    }

    /// <summary>Writes the descriptors of a block that was handed out whole, because its frames will differ.</summary>
    internal void WriteTails(FrameNumber first)
    {
        Wholes.Remove(first);
        FrameDescriptor tail = Wholes.Tail;
        for (uint i = 1; i < 1u << Wholes.Order; i++) this[first + new FrameCount(i)] = tail;
    }

    /// <summary>Takes a frame back: its descriptor becomes all zero, as every free frame's is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void TakeBack(ref FrameDescriptor descriptor)
    {
        CountLeaving(descriptor.State);
        descriptor = default;
    }

    /// <summary>Takes back neighbours that are anonymous. That state is not counted.</summary>
    // SAFETY: the allocator has handed out each frame of the run, so all of them are in RAM.
    internal unsafe void TakeBackAnonymous(FrameNumber first, uint count) =>
        NativeMemory.Clear(_descriptors + first.Value, count * (nuint)sizeof(FrameDescriptor));

    /// <summary>Recounts the states and checks every descriptor by itself. Costs a pass over the table.</summary>
    /// <remarks>F4, the map counts, is checked where the page tables are: they are the truth.</remarks>
    public void Audit(AuditReport report) => FrameAudit.Run(this, report);

    /// <summary>Gives the memory back to the host.</summary>
    public void Dispose()
    {
        _frameCount = 0;
        _block.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountEntering(FrameState state)
    {
        if (state != FrameState.Anonymous) _entered[(int)state & (StateCount - 1)]++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountLeaving(FrameState state)
    {
        if (state != FrameState.Anonymous) _left[(int)state & (StateCount - 1)]++;
    }

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
