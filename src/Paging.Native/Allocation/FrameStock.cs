namespace Paging.Native.Allocation;

/// <summary>Frames that a processor takes in one step for many faults. They stay free, but only their taker has them.</summary>
/// <remarks>On the slow path. Linux: rmqueue_bulk and free_pcppages_bulk (mm/page_alloc.c).</remarks>
internal static class FrameStock
{
    /// <summary>Takes free frames, zeroed ones first. The frame to be used first comes last. Returns the number of frames taken.</summary>
    public static int TakeStock(this BuddyAllocator allocator, Span<StockFrame> stock)
    {
        int taken = 0;
        while (taken < stock.Length)
        {
            bool isZero = allocator.Zeroed.Count != 0;
            if (!(isZero ? allocator.TryTakeZeroed(out FrameNumber frame) : allocator.TryTake(out frame))) break;
            stock[taken++] = isZero ? StockFrame.OfZeros(frame) : StockFrame.Of(frame);
        }

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
}
