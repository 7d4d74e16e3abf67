using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Native.Allocation;

/// <summary>
/// The free blocks of 2^order frames: one doubly linked list per order, linked through the descriptors of their first frames.
/// </summary>
/// <remarks>
/// <code>
///   order 0   ─► [5] ◄─► [17]                    a block of order k starts at a multiple of 2^k; its buddy is the other
///   order 1   ─► [6 7]                           half of the block of order k + 1 around it: first XOR 2^k
///   order 2   (none)
///   order 3   ─► [8 … 15]                        two free buddies are always one block (B3)
/// </code>
/// Only the first frame of a block carries information (BuddyHead, the order, the links); the others are plain free frames.
/// Last in, first out, so the same calls give the same frames. Taking and returning a block costs O(orders).
/// Linux: mm/page_alloc.c, __rmqueue_smallest and __free_one_page.
/// </remarks>
internal sealed class FreeLists(FrameTable frames)
{
    /// <summary>The largest blocks: 1024 frames, 4 MiB.</summary>
    public const int OrderMax = 10;

    /// <exception cref="ArgumentOutOfRangeException">No block has this order.</exception>
    public static void CheckOrder(int order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, OrderMax);
    }

    private const uint NoBlock = uint.MaxValue;    // 0 will not do here: it is the buddy of frame 1

    private readonly uint[] _first = new uint[OrderMax + 1];    // 0 none
    private readonly uint[] _blockCount = new uint[OrderMax + 1];    // B4

    /// <summary>Frames in all the lists.</summary>
    public uint FrameCount { get; private set; }

    /// <summary>The first block of a list, 0 for an empty list.</summary>
    public uint First(int order) => _first[order];

    /// <summary>The length of a list.</summary>
    public uint BlockCount(int order) => _blockCount[order];

    /// <summary>Adds a range of free frames, cut into the largest possible blocks. The lowest block is taken first.</summary>
    public void AddRange(uint first, uint end)
    {
        while (first < end)    // downwards, as the last block put in is the first one out
        {
            int order = int.Min(System.Numerics.BitOperations.TrailingZeroCount(end), OrderMax);
            while (end - first < 1u << order) order--;
            end -= 1u << order;
            Push(end, order);
        }
    }

    /// <summary>Takes a block of an order. Splits the smallest block that is large enough, from the low end.</summary>
    public bool TryTake(int order, out uint first)
    {
        for (int available = order; available <= OrderMax; available++)
        {
            first = _first[available];
            if (first == 0) continue;
            Unlink(first, available);
            while (available > order)
            {
                available--;
                Push(first + (1u << available), available);
            }
            return true;
        }
        first = 0;
        return false;
    }

    /// <summary>Takes a block of an order, or else the largest smaller one.</summary>
    public bool TryTakeUpTo(int orderMax, out uint first, out int order)
    {
        for (order = orderMax; order >= 0; order--)
            if (order == orderMax ? TryTake(order, out first) : TryTakeExactly(order, out first)) return true;
        first = 0;
        return false;
    }

    /// <summary>Takes the block around a frame, whichever its order is. False: the frame is in no block of these lists.</summary>
    public bool TryTakeAround(uint frame, out uint first, out int order)
    {
        for (order = 0; order <= OrderMax; order++)
        {
            first = frame & ~((1u << order) - 1);
            if (first == 0 || !IsFreeBlock(first, order)) continue;
            Unlink(first, order);
            return true;
        }

        first = 0;
        return false;
    }

    /// <summary>Takes a block back and joins it with its buddy as long as the buddy is free.</summary>
    public void Return(uint first, int order)
    {
        while (order < OrderMax && IsFreeBlock(first ^ (1u << order), order))
        {
            Unlink(first ^ (1u << order), order);
            first &= ~(1u << order);
            order++;
        }
        Push(first, order);
    }

    /// <summary>Takes a run of frames back, in the largest blocks that it contains.</summary>
    public void ReturnRange(uint first, uint end)
    {
        while (first < end)
        {
            int order = int.Min(System.Numerics.BitOperations.TrailingZeroCount(first), OrderMax);
            while (end - first < 1u << order) order--;
            Return(first, order);
            first += 1u << order;
        }
    }

    /// <summary>Takes single frames back, a few dozen at most. Neighbours are joined first, without a list.</summary>
    /// <remarks>
    /// A process often frees its frames in order: 32 neighbours become one block of order 5 on the way, as a binary
    /// counter carries, and one block is returned instead of 32. Frames in no order cost one more compare each than alone.
    /// </remarks>
    public void ReturnEach(ReadOnlySpan<uint> singles)
    {
        Span<uint> waiting = stackalloc uint[OrderMax + 1];    // at most one block of each order
        waiting.Fill(NoBlock);
        foreach (uint single in singles)
        {
            uint first = single;
            int order = 0;
            for (; waiting[order] == (first ^ (1u << order)); order++)
            {
                waiting[order] = NoBlock;
                first &= ~(1u << order);
            }
            if (waiting[order] != NoBlock) Return(waiting[order], order);
            waiting[order] = first;
        }
        for (int order = 0; order <= OrderMax; order++)
            if (waiting[order] != NoBlock) Return(waiting[order], order);
    }

    private bool IsFreeBlock(uint first, int order) =>
        first < frames.Count.Value && frames[new FrameNumber(first)].Header == FrameHeader.OfBlock(order);

    private bool TryTakeExactly(int order, out uint first)
    {
        first = _first[order];
        if (first == 0) return false;
        Unlink(first, order);
        return true;
    }

    private void Push(uint first, int order)
    {
        uint next = _first[order];
        ref FrameDescriptor head = ref frames[new FrameNumber(first)];
        head.Header = FrameHeader.OfBlock(order);
        head.Next = next;
        head.Previous = 0;
        if (next != 0) frames[new FrameNumber(next)].Previous = first;
        _first[order] = first;
        _blockCount[order]++;
        FrameCount += 1u << order;
    }

    private void Unlink(uint first, int order)
    {
        ref FrameDescriptor head = ref frames[new FrameNumber(first)];
        if (Check.Cheap) CheckLinks(first, in head, order);
        if (head.Previous != 0) frames[new FrameNumber(head.Previous)].Next = head.Next;
        else _first[order] = head.Next;
        if (head.Next != 0) frames[new FrameNumber(head.Next)].Previous = head.Previous;
        head.Header = default;    // free, and nothing else
        head.Next = head.Previous = 0;
        _blockCount[order]--;
        FrameCount -= 1u << order;
    }

    // B5  neighbours in a list point at each other. Following a broken link would write into a frame in use.
    private void CheckLinks(uint first, ref readonly FrameDescriptor head, int order)
    {
        bool isLinked = head.Header == FrameHeader.OfBlock(order)
            && (head.Previous == 0 ? _first[order] : frames[new FrameNumber(head.Previous)].Next) == first
            && (head.Next == 0 || frames[new FrameNumber(head.Next)].Previous == first);
        if (!isLinked)
            throw new InvariantException(
                $"B5: block {first:x5} of order {order} is marked {head.State} {head.Flags} order {head.Header.Order}, " +
                $"previous {head.Previous:x5}, next {head.Next:x5}, and its neighbours do not agree.");
    }
}
