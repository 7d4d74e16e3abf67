using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Native.Allocation;

/// <summary>Hands out the frames of RAM: single ones from a hot stack in front, blocks of 2^order from free lists after.</summary>
/// <remarks>
/// <code>
///   TryAllocate ◄──┐  ┌──────────── hot stack ────────────┐       TryAllocateBlock
///                  ├──┤ top … 32 │ 31 …             bottom │              ▲
///   Free ──────────┘  └─────▲────┴───────────┬────────────┘              │
///                     empty:│ a block of 32  │ full: these join their    │
///                  ┌────────┴────────────────▼──── buddies ──────────────┴──┐
///                  │ ZoneLists, orders 0 to 10                              │◄──── FreeBlock
///                  └────────┬───────────────────────────────────────────────┘
///                 ZeroAhead ▼ zeroes
///                     ZeroedFrames ───► TryTakeZeroed; everything else takes them only when nothing else is left
/// </code>
/// Costs: a single frame some twenty instructions; every 32nd time a refill puts the frames of a whole block straight
/// onto the stack. The stack is an array of numbers, not a chain through the descriptors: a pop then waits for no descriptor.
/// Deterministic: the same calls give the same frames. No managed allocation. A shortage is a value, false.
/// Threading: slow path only; not safe for concurrent use.
/// Linux: mm/page_alloc.c; the hot stack has the role of the per-CPU lists (struct per_cpu_pages).
/// </remarks>
internal sealed class BuddyAllocator : IFreeFrames
{
    /// <summary>The largest blocks: 2^10 frames, 4 MiB.</summary>
    public const int OrderMax = FreeLists.OrderMax;

    /// <summary>The value of freed bytes when checks are on.</summary>
    public const byte PoisonByte = 0xA5;

    /// <summary>B6: the value in <see cref="FrameDescriptor.Private"/> that marks a free frame as poisoned.</summary>
    internal const uint PoisonMark = 0xA5A5A5A5;

    private const int RefillOrder = 5;
    private const int HalfStack = 1 << RefillOrder;
    private const int HotCountMax = 2 * HalfStack;
    private const uint ZeroedPrefetchDistance = 4;

    private readonly PhysicalMemory _ram;
    private readonly FrameObservers _observers;    // of RAM: freeing a frame follows a pointer less
    private readonly FrameTable _frames;
    private readonly ZoneLists _lists;
    private readonly FaultInjection? _injection;
    private readonly ZeroedFrames _zeroed;
    private HotFrames _hot;    // free frames; the last one in is the first one out
    private int _hotCount;

    /// <summary>Takes over every frame that is not reserved.</summary>
    /// <param name="ram">The bytes, for poison.</param>
    /// <param name="frames">Their descriptors, of the same number of frames; no frame may be in use yet.</param>
    /// <exception cref="ArgumentException">The two differ in size, or frames are in use.</exception>
    public BuddyAllocator(PhysicalMemory ram, FrameTable frames) : this(ram, frames, null) { }

    /// <inheritdoc cref="BuddyAllocator(PhysicalMemory, FrameTable)"/>
    internal BuddyAllocator(PhysicalMemory ram, FrameTable frames, FaultInjection? injection)
    {
        if (ram.FrameCount != frames.Count)
            throw new ArgumentException($"RAM has {ram.FrameCount} frames, the table {frames.Count}.", nameof(frames));
        if (frames.CountOf(FrameState.Free) + frames.CountOf(FrameState.Reserved) != frames.Count)
            throw new ArgumentException("Frames are in use already: a table has one allocator.", nameof(frames));
        _ram = ram;
        _observers = ram.Observers;
        _frames = frames;
        _injection = injection;
        _lists = new(frames);
        _zeroed = new(frames);
        AddUnreserved();
        frames.StartAllocator(this);
    }

    /// <summary>Frames that can still be handed out, those on the hot stack and the zeroed ones included.</summary>
    public FrameCount FreeFrames => new(_lists.FrameCount + (uint)_hotCount + _zeroed.Count);

    /// <summary>The free frames for any caller: without those that low memory keeps for <see cref="TryAllocateLow"/>.</summary>
    public FrameCount AvailableFrames => new(FreeFrames.Value - _lists.HeldBackCount);

    /// <summary>Free frames that were zeroed ahead of need.</summary>
    public FrameCount ZeroedCount => new(_zeroed.Count);

    internal FrameTable Frames => _frames;
    internal PhysicalMemory Ram => _ram;
    internal ZoneLists Lists => _lists;
    internal ZeroedFrames Zeroed => _zeroed;

    /// <summary>The source of frames for page tables, if they are to lie together; null: any free frame.</summary>
    internal FixedFrames? Fixed { get; set; }

    internal bool Refuses => _injection is not null && _injection.Refuses();

    internal ReadOnlySpan<uint> Hot => _hot[.._hotCount];

    /// <summary>Free blocks of an order, the hot stack not counted.</summary>
    public long FreeBlocks(int order) => _lists.BlockCount(order);

    /// <summary>Hands out one frame. Its bytes are left as they are.</summary>
    /// <param name="purpose">The state that the frame gets; one reference, no mapping, all else zero.</param>
    /// <param name="frame">The frame, or frame 0.</param>
    /// <returns>False: no frame is free.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The purpose is Free or Reserved; when checks are on.</exception>
    public bool TryAllocate(FrameState purpose, out FrameNumber frame)
    {
        if (Check.Cheap) CheckPurpose(purpose);
        if (!TryTake(out frame)) return false;
        _frames.HandOut(ref _frames[frame], purpose);
        return true;
    }

    /// <summary>Takes one frame but leaves its state Free: the caller sets it. Returns false if no frame is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTake(out FrameNumber frame)
    {
        int count = _hotCount;    // one load, one store: the processor then forwards the count from call to call at no cost
        if ((_injection is not null && _injection.Refuses()) || (count == 0 && (count = Refill()) == 0))
        {
            frame = default;
            return false;
        }
        frame = new(_hot[--count]);
        if (Check.Cheap) CheckFree(frame, in _frames[frame]);
        _hotCount = count;
        return true;
    }

    /// <summary>Takes one frame of zeros, as <see cref="TryTake"/> does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTakeZeroed(out FrameNumber frame)
    {
        if (_zeroed.Count != 0)
        {
            frame = TakeZeroedAhead();
            return frame != default;
        }

        if (!TryTake(out frame)) return false;
        _ram.Clear(frame);
        return true;
    }

    /// <summary>Zeroes free frames ahead of need, past the cache, until <paramref name="target"/> of them wait. For idle time.</summary>
    /// <returns>The number zeroed now, at most <paramref name="countMax"/>. Cost: some 50 ns each.</returns>
    public uint ZeroAhead(uint target, uint countMax)
    {
        uint done = 0;
        while (done < countMax && _zeroed.Count < target)
        {
            uint wanted = uint.Min(countMax - done, target - _zeroed.Count);
            if (!_lists.TryTakeUpTo(int.Min(RefillOrder, System.Numerics.BitOperations.Log2(wanted)), out uint first, out int order)) break;
            for (uint i = 1u << order; i-- > 0;)    // the lowest is taken first, as from the stack
            {
                FrameNumber frame = new(first + i);
                if (Check.Cheap) CheckFree(frame, in _frames[frame]);
                _ram.ClearAhead(frame);
                _zeroed.Push(frame.Value);
            }

            done += 1u << order;
        }

        return done;
    }

    /// <summary>Hands out 2^order frames in a row, the first at a multiple of 2^order. They may be freed together or one by one.</summary>
    /// <param name="order">0 to 10.</param>
    /// <param name="purpose">The state each frame gets; one reference each, no mapping, all else zero.</param>
    /// <param name="first">The first frame; frame 0 when there are none.</param>
    /// <returns>False: no such block is free, even with the hot stack given back.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such order; the purpose is Free or Reserved, when checks are on.</exception>
    public bool TryAllocateBlock(int order, FrameState purpose, out FrameNumber first) =>
        TryAllocateBlock(order, purpose, needsLow: false, out first);

    /// <summary>Hands out one frame below 896 MiB, if need be from the reserve there. As <see cref="TryAllocate"/>.</summary>
    public bool TryAllocateLow(FrameState purpose, out FrameNumber frame) =>
        _lists.High is null ? TryAllocate(purpose, out frame) : TryAllocateBlock(0, purpose, needsLow: true, out frame);

    internal bool TryAllocateBlock(int order, FrameState purpose, bool needsLow, out FrameNumber first)
    {
        FreeLists.CheckOrder(order);
        if (Check.Cheap) CheckPurpose(purpose);
        if (!TryTakeBlock(order, needsLow, out first)) return false;
        for (uint number = first.Value; number < first.Value + (1u << order); number++)
        {
            ref FrameDescriptor descriptor = ref _frames[new FrameNumber(number)];
            if (Check.Cheap) CheckFree(new FrameNumber(number), in descriptor);
            _frames.HandOut(ref descriptor, purpose);
        }
        return true;
    }

    /// <summary>Takes a frame back. No translation and no entry may lead to it. With checks on, its bytes become poison.</summary>
    /// <exception cref="InvariantException">B7: the frame is not handed out, still mapped, or has other users; when checks are
    /// on.</exception>
    public void Free(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (Check.Cheap) CheckFreeable(frame, in descriptor);
        _frames.TakeBack(ref descriptor);
        if (Check.Cheap) Poison(frame, ref descriptor);
        _observers.Code?.Changed(frame);
        Reinsert(frame);
    }

    /// <summary>Fills the hot stack if it is empty. Returns false if no frame is free.</summary>
    internal bool TryFillHot() => _hotCount != 0 || Refill() != 0;

    /// <summary>Takes frames from the top of the hot stack, and leaves their state Free.</summary>
    internal void TakeHot(int count)
    {
        for (int i = _hotCount - count; Check.Cheap && i < _hotCount; i++) CheckFree(new(_hot[i]), in _frames[new FrameNumber(_hot[i])]);
        _hotCount -= count;
    }

    /// <summary>Puts a frame that is free, but in no list, on the hot stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Reinsert(FrameNumber frame)
    {
        int count = _hotCount == HotCountMax ? SpillBottomHalf() : _hotCount;
        _hot[count] = frame.Value;
        _hotCount = count + 1;
    }

    /// <summary>Takes back neighbours that were anonymous pages with one user, and clears their descriptors in one sweep.</summary>
    internal void FreeAnonymous(FrameNumber first, uint count)
    {
        FrameNumber end = first + new FrameCount(count);
        for (FrameNumber frame = first; Check.Cheap && frame < end; frame++) CheckOneUser(frame, in _frames[frame]);
        _frames.TakeBackAnonymous(first, count);
        for (FrameNumber frame = first; Check.Cheap && frame < end; frame++) Poison(frame, ref _frames[frame]);
        for (FrameNumber frame = first; _observers.Code is { } code && frame < end; frame++) code.Changed(frame);
        _lists.ReturnRange(first.Value, end.Value);
    }

    /// <summary>Takes back 2^order frames in a row, at a multiple of 2^order, straight into the free lists.</summary>
    /// <exception cref="ArgumentException">No such order, or no block of that order begins there.</exception>
    /// <exception cref="InvariantException">B7: as <see cref="Free"/>, for any of the frames.</exception>
    public void FreeBlock(FrameNumber first, int order)
    {
        FreeLists.CheckOrder(order);
        if ((first.Value & ((1u << order) - 1)) != 0)
            throw new ArgumentException($"Frame {first.Value:x5} does not begin a block of order {order}.", nameof(first));
        for (uint number = first.Value; number < first.Value + (1u << order); number++)
        {
            FrameNumber frame = new(number);
            ref FrameDescriptor descriptor = ref _frames[frame];
            if (Check.Cheap) CheckFreeable(frame, in descriptor);
            _frames.TakeBack(ref descriptor);
            if (Check.Cheap) Poison(frame, ref descriptor);
            _observers.Code?.Changed(frame);
        }
        _lists.Return(first.Value, order);
    }

    /// <summary>
    /// Gives the hot stack and the zeroed frames back to the free lists, where they join their buddies. Linux: drain_all_pages.
    /// </summary>
    public void Drain()
    {
        Spill(_hotCount);
        while (TakeZeroed() != 0) Spill(_hotCount);
    }

    /// <summary>
    /// Finds each free frame in exactly one place and recounts. Costs a pass over the frames; thorough: over free bytes, too.
    /// </summary>
    public void Audit(AuditReport report) => new BuddyAudit(this, report).Run();

    /// <summary>Takes a block but leaves its frames Free: the caller sets their states. Returns false as TryAllocateBlock does.</summary>
    internal bool TryTakeBlock(int order, bool needsLow, out FrameNumber first)
    {
        first = default;
        if (_injection is not null && _injection.Refuses()) return false;
        if (!TryFind(order, needsLow, out uint found))
        {
            Drain();
            if (!TryFind(order, needsLow, out found)) return false;
        }

        first = new(found);
        return true;
    }

    private bool TryFind(int order, bool needsLow, out uint first) =>
        needsLow ? _lists.TryTakeLow(order, out first) : _lists.TryTake(order, out first);

    // Runs of unreserved frames, highest first, so that the lowest frames are handed out first.
    private void AddUnreserved()
    {
        _lists.AddRange(_frames.ReservedEnd, _frames.OrdinaryCount.Value);
        for (uint frame = _frames.ReservedEnd; frame-- > 0;)
        {
            if (_frames[new FrameNumber(frame)].State != FrameState.Free) continue;
            uint end = frame + 1;
            while (_frames[new FrameNumber(frame)].State == FrameState.Free) frame--;    // ends at frame 0, reserved
            _lists.AddRange(frame + 1, end);
        }
    }

    // The block goes onto the stack as it is, lowest frame on top: no list sees its halves.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Refill()
    {
        if (!_lists.TryTakeUpTo(RefillOrder, out uint first, out int order)) return TakeZeroed();
        int count = 1 << order;
        for (int i = 0; i < count; i++) _hot[i] = first + (uint)(count - 1 - i);
        return _hotCount = count;
    }

    // By value, 0 for none: an out parameter would keep the caller's frame number in memory.
    private FrameNumber TakeZeroedAhead()
    {
        if (_injection is not null && _injection.Refuses()) return default;
        FrameNumber frame = new(_zeroed.Pop());
        if (Check.Thorough) CheckZero(frame);
        _ram.PrefetchLine(frame + new FrameCount(ZeroedPrefetchDistance));
        return frame;
    }

    // Onto the empty stack, as ordinary frames.
    private int TakeZeroed()
    {
        int count = (int)uint.Min(_zeroed.Count, HalfStack);
        for (int i = count; i-- > 0;) _hot[i] = _zeroed.Pop();
        return _hotCount = count;
    }

    // The bottom half is the one whose bytes have left the cache.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int SpillBottomHalf()
    {
        Spill(HalfStack);
        return _hotCount;
    }

    private void Spill(int countFromBottom)
    {
        _lists.ReturnEach(_hot[..countFromBottom]);
        _hot[countFromBottom.._hotCount].CopyTo(_hot);
        _hotCount -= countFromBottom;
    }

    internal void Poison(FrameNumber frame, ref FrameDescriptor descriptor)
    {
        _ram.Fill(frame, PoisonByte);
        descriptor.Private = PoisonMark;
    }

    private static void CheckPurpose(FrameState purpose)
    {
        if (!FrameTransitions.IsHandedOut(purpose))
            throw new ArgumentOutOfRangeException(nameof(purpose), $"A frame cannot be handed out as {purpose}.");
    }

    // B2, B6  a frame that leaves the allocator was free, and was not written to meanwhile.
    internal void CheckFree(FrameNumber frame, ref readonly FrameDescriptor descriptor)
    {
        if (descriptor.Header != FrameHeader.Of(FrameState.Free))
            throw new InvariantException(
                $"B2: frame {frame.Value:x5} is on a free list, yet {descriptor.State} with flags {descriptor.Flags}.");
        if (Check.Thorough && descriptor.Private == PoisonMark && !_ram.IsFilledWith(frame, PoisonByte))
            throw new InvariantException(
                $"B6: frame {frame.Value:x5} was written to after it was freed. Frames are freed after their translations are gone.");
    }

    internal static void CheckFreeable(FrameNumber frame, ref readonly FrameDescriptor descriptor)
    {
        if (!FrameTransitions.IsHandedOut(descriptor.State) || descriptor.MapCount != 0 || descriptor.ReferenceCount > 1
            || (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None)
            ThrowNotFreeable(frame, in descriptor);
    }

    private static void CheckOneUser(FrameNumber frame, ref readonly FrameDescriptor descriptor)
    {
        if (descriptor is not { State: FrameState.Anonymous, ReferenceCount: 1, MapCount: <= 1 }) ThrowNotFreeable(frame, in descriptor);
    }

    // B7  only a frame that was handed out, without a mapping or another user, is freed.
    [DoesNotReturn]
    private static void ThrowNotFreeable(FrameNumber frame, ref readonly FrameDescriptor descriptor) =>
        throw new InvariantException($"B7: frame {frame.Value:x5} is {descriptor.State} with {descriptor.MapCount} mappings and " +
            $"{descriptor.ReferenceCount} references and cannot be freed. Frames are freed once, by their last user, " +
            "after their translations are gone.");

    // B9  a frame that waits to be handed out as zeros is not written to.
    internal void CheckZero(FrameNumber frame)
    {
        if (!_ram.IsZero(frame))
            throw new InvariantException(
                $"B9: frame {frame.Value:x5} was zeroed ahead and is no longer zero. Frames are freed after their translations are gone.");
    }

    // In the object itself: one load less than an array on every single frame.
    [InlineArray(HotCountMax)]
    private struct HotFrames
    {
        private uint _first;
    }

    /// <summary>Same as <see cref="TryAllocateBlock(int, FrameState, out FrameNumber)"/>, for a huge page, in O(orders).</summary>
    /// <param name="header">The header that each frame gets; one reference each, no mapping, all else zero.</param>
    /// <param name="first">The first frame; frame 0 when there are none.</param>
    internal bool TryAllocateWhole(FrameHeader header, out FrameNumber first)
    {
        FrameTable frames = Frames;
        if (!TryTakeBlock(frames.Wholes.Order, needsLow: false, out first)) return false;
        for (uint i = 0; Check.Cheap && i < 1u << frames.Wholes.Order; i++)
        {
            FrameNumber frame = first + new FrameCount(i);
            CheckFree(frame, in frames[frame]);
            frames[frame].Private = 0;    // the mark of poison
        }

        frames.HandOutWhole(first, header);
        return true;
    }

    /// <summary>Takes back a block that is still whole. No translation and no entry may lead to it.</summary>
    internal void FreeWhole(FrameNumber first)
    {
        FrameTable frames = Frames;
        if (Check.Cheap) CheckFreeable(first, in frames[first]);
        frames.Wholes.Remove(first);
        frames.TakeBack(ref frames[first]);
        FrameNumber end = first + new FrameCount(1u << frames.Wholes.Order);
        for (FrameNumber frame = first; Check.Cheap && frame < end; frame++) Poison(frame, ref frames[frame]);
        for (FrameNumber frame = first; _observers.Code is { } code && frame < end; frame++) code.Changed(frame);
        Lists.Return(first.Value, frames.Wholes.Order);
    }

    //   hot stack, top first    9 │ 10 11 │ 12 13 │ …        frame 8 is a table       ──► stock: 10 11 12 13 …     frame 9 stays
    /// <summary>Takes free frames, zeroed ones first. The frame to be used first comes last. Returns the number of frames taken.</summary>
    /// <remarks>
    /// They stay free, but only their taker has them. Two descriptors share a cache line, and faults write them outside the slow path, so a
    /// stock takes both or none; in fragmented RAM it takes single ones. Linux: rmqueue_bulk and free_pcppages_bulk (mm/page_alloc.c).
    /// </remarks>
    internal int TakeStock(Span<StockFrame> stock)
    {
        const int singlesMax = 8;    // frames without their neighbour that are left alone: then RAM is fragmented
        Span<StockFrame> singles = stackalloc StockFrame[singlesMax];    // filled from the end, so that all return in their order
        int taken = 0, single = singlesMax;
        while (taken < stock.Length)
        {
            int inPairs = Zeroed.Count != 0 ? TakeZeroedPairs(stock[taken..]) : TakeHotPairs(stock[taken..]);
            taken += inPairs;
            if (inPairs != 0) continue;
            if (!TryTakeOne(out StockFrame frame)) break;
            if (single != 0) singles[--single] = frame;
            else stock[taken++] = frame;
        }

        while (taken < stock.Length && single < singlesMax) stock[taken++] = singles[single++];    // nothing else is free
        ReturnStock(singles[single..]);
        stock[..taken].Reverse();
        return taken;
    }

    /// <summary>Takes back the rest of a stock. Zeroed frames join the frames zeroed ahead.</summary>
    internal void ReturnStock(ReadOnlySpan<StockFrame> stock)
    {
        foreach (StockFrame one in stock)
        {
            if (one.IsZero) Zeroed.Push(one.Frame.Value);
            else Reinsert(one.Frame);
        }
    }

    /// <summary>Takes pairs of the runs of zeroed frames, up to a run that begins or ends within a pair.</summary>
    private int TakeZeroedPairs(Span<StockFrame> stock)
    {
        int taken = 0;
        while (taken < stock.Length && Zeroed.Top is var run && (run.First & 1) == 0)
        {
            uint count = Math.Min(run.End - run.First, (uint)(stock.Length - taken)) & ~1u;
            if (count == 0) break;
            for (uint frame = run.First; frame < run.First + count; frame++)
            {
                if (Check.Thorough) CheckZero(new(frame));
                stock[taken++] = StockFrame.OfZeros(new(frame));    // its mark stays, as handing it out writes the whole descriptor
            }

            Zeroed.PopMarked(count);
        }

        return taken;
    }

    /// <summary>Takes pairs from the top of the hot stack, down to a frame without its neighbour.</summary>
    private int TakeHotPairs(Span<StockFrame> stock)
    {
        if (!TryFillHot()) return 0;
        ReadOnlySpan<uint> hot = Hot;
        int taken = 0;
        for (int top = hot.Length - 1; top > 0 && taken + 1 < stock.Length && (hot[top] ^ 1) == hot[top - 1]; top -= 2)
        {
            stock[taken++] = StockFrame.Of(new(hot[top]));
            stock[taken++] = StockFrame.Of(new(hot[top - 1]));
        }

        TakeHot(taken);
        return taken;
    }

    private bool TryTakeOne(out StockFrame stock)
    {
        if (Zeroed.Count != 0)
        {
            stock = StockFrame.OfZeros(new(Zeroed.Pop()));
            if (Check.Thorough) CheckZero(stock.Frame);
            return true;
        }

        bool isTaken = TryTake(out FrameNumber frame);
        stock = StockFrame.Of(frame);
        return isTaken;
    }
}
