using Paging.Native.Diagnostics;

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
        while (taken < stock.Length)
        {
            int inPairs = allocator.Zeroed.Count != 0 ? TakeZeroed(allocator, stock[taken..]) : TakeHot(allocator, stock[taken..]);
            taken += inPairs;
            if (inPairs != 0) continue;
            if (!TryTakeOne(allocator, out StockFrame frame)) break;
            if (single != 0) singles[--single] = frame;
            else stock[taken++] = frame;
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

    /// <summary>Takes pairs of the runs of zeroed frames, up to a run that begins or ends within a pair.</summary>
    private static int TakeZeroed(BuddyAllocator allocator, Span<StockFrame> stock)
    {
        int taken = 0;
        while (taken < stock.Length && allocator.Zeroed.Top is var run && (run.First & 1) == 0)
        {
            uint count = Math.Min(run.End - run.First, (uint)(stock.Length - taken)) & ~1u;
            if (count == 0) break;
            for (uint frame = run.First; frame < run.First + count; frame++)
            {
                if (Check.Thorough) allocator.CheckZero(new(frame));
                stock[taken++] = StockFrame.OfZeros(new(frame));    // its mark stays, as handing it out writes the whole descriptor
            }

            allocator.Zeroed.PopMarked(count);
        }

        return taken;
    }

    /// <summary>Takes pairs from the top of the hot stack, down to a frame without its neighbour.</summary>
    private static int TakeHot(BuddyAllocator allocator, Span<StockFrame> stock)
    {
        if (!allocator.TryFillHot()) return 0;
        ReadOnlySpan<uint> hot = allocator.Hot;
        int taken = 0;
        for (int top = hot.Length - 1; top > 0 && taken + 1 < stock.Length && (hot[top] ^ 1) == hot[top - 1]; top -= 2)
        {
            stock[taken++] = StockFrame.Of(new(hot[top]));
            stock[taken++] = StockFrame.Of(new(hot[top - 1]));
        }

        allocator.TakeHot(taken);
        return taken;
    }

    private static bool TryTakeOne(BuddyAllocator allocator, out StockFrame stock)
    {
        if (allocator.Zeroed.Count != 0)
        {
            stock = StockFrame.OfZeros(new(allocator.Zeroed.Pop()));
            if (Check.Thorough) allocator.CheckZero(stock.Frame);
            return true;
        }

        bool isTaken = allocator.TryTake(out FrameNumber frame);
        stock = StockFrame.Of(frame);
        return isTaken;
    }
}

//  31   30                    0
// ┌───┬───────────────────────┐
// │ Z │     frame number      │      Z: its bytes are zero
// └───┴───────────────────────┘
/// <summary>A free frame that a processor has taken out of the allocator before it is needed.</summary>
internal readonly record struct StockFrame(uint Word)
{
    private const uint Zero = 1u << 31;    // frame numbers have 24 bits at most

    public FrameNumber Frame => new(Word & ~Zero);

    /// <summary>True if its bytes are zero.</summary>
    public bool IsZero => (Word & Zero) != 0;

    /// <summary>A frame of any bytes.</summary>
    public static StockFrame Of(FrameNumber frame) => new(frame.Value);

    /// <summary>A frame of zeros.</summary>
    public static StockFrame OfZeros(FrameNumber frame) => new(frame.Value | Zero);
}
