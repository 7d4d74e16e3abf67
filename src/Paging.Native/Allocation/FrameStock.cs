namespace Paging.Native.Allocation;

//   hot stack, top first    9 │ 10 11 │ 12 13 │ …        frame 8 is a table       ──► stock: 10 11 12 13 …     frame 9 stays
/// <summary>Frames that a processor takes in one step for many faults. They stay free, but only their taker has them.</summary>
/// <remarks>
/// Two descriptors share a cache line, and faults write them outside the slow path, so a stock takes both or none. In fragmented RAM it
/// takes single ones. On the slow path. Linux: rmqueue_bulk and free_pcppages_bulk (mm/page_alloc.c).
/// </remarks>
internal static class FrameStock
{
    private const int SinglesMax = 8;    // frames without their neighbour that are left alone: then RAM is fragmented

    /// <summary>Takes free frames, zeroed ones first. The frame to be used first comes last. Returns the number of frames taken.</summary>
    public static int TakeStock(this BuddyAllocator allocator, Span<StockFrame> stock)
    {
        Span<StockFrame> singles = stackalloc StockFrame[SinglesMax];    // filled from the end, so that all return in their order
        int taken = 0, single = SinglesMax;
        while (taken < stock.Length && TryTakeOne(allocator, out StockFrame frame))
        {
            bool isPair = IsNext(allocator, frame);
            if (!isPair && single != 0)
            {
                singles[--single] = frame;
                continue;
            }

            stock[taken++] = frame;
            if (isPair && taken < stock.Length && TryTakeOne(allocator, out StockFrame other)) stock[taken++] = other;
        }

        while (taken < stock.Length && single < SinglesMax) stock[taken++] = singles[single++];    // nothing else is free
        allocator.ReturnStock(singles[single..]);
        stock[..taken].Reverse();
        return taken;
    }

    /// <summary>Takes back the rest of a stock. Zeroed frames join the frames zeroed ahead.</summary>
    public static void ReturnStock(this BuddyAllocator allocator, ReadOnlySpan<StockFrame> stock)
    {
        foreach (StockFrame one in stock)
        {
            if (one.IsZero) allocator.Zeroed.Push(one.Frame.Value);
            else allocator.PutBack(one.Frame);
        }
    }

    private static bool TryTakeOne(BuddyAllocator allocator, out StockFrame stock)
    {
        bool isZero = allocator.Zeroed.Count != 0;
        bool isTaken = isZero ? allocator.TryTakeZeroed(out FrameNumber frame) : allocator.TryTake(out frame);
        stock = isZero ? StockFrame.OfZeros(frame) : StockFrame.Of(frame);
        return isTaken;
    }

    /// <summary>True if the frame that shares the frame's cache line of descriptors is taken next.</summary>
    private static bool IsNext(BuddyAllocator allocator, StockFrame frame)
    {
        uint other = frame.Frame.Value ^ 1;
        return frame.IsZero ? allocator.Zeroed.First == other : !allocator.Hot.IsEmpty && allocator.Hot[^1] == other;
    }
}
