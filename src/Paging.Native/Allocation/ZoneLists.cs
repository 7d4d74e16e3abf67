using Paging.Native.Frames;

namespace Paging.Native.Allocation;

/// <summary>The free lists of low and of high memory. Requests that any frame can serve are met from high memory first.</summary>
/// <remarks>
/// <code>
///   TryTake, TryTakeUpTo ──► High ──(none)──► Low, down to the reserve        TryTakeLow ──► Low, to the last
/// </code>
/// Zones begin at multiples of the largest block, so no block and no pair of buddies crosses from one into another.
/// Without high memory all of it is one set of lists. Linux: get_page_from_freelist, zone_watermark_ok with lowmem_reserve.
/// </remarks>
internal sealed class ZoneLists(FrameTable frames)
{
    private readonly uint _reserve = MemoryZones.LowReserve(frames.OrdinaryCount);

    /// <summary>The lists of the frames below 896 MiB.</summary>
    public FreeLists Low { get; } = new(frames);

    /// <summary>The lists of the frames from 896 MiB on; null if RAM ends before.</summary>
    public FreeLists? High { get; } = frames.OrdinaryCount.Value > MemoryZones.HighStart ? new(frames) : null;

    /// <summary>Frames in all lists.</summary>
    public uint FrameCount => Low.FrameCount + (High?.FrameCount ?? 0);

    /// <summary>Frames in the lists of low memory that are kept for callers that need low memory.</summary>
    public uint HeldBackCount => uint.Min(Low.FrameCount, _reserve);

    /// <summary>Free blocks of an order in all lists.</summary>
    public uint BlockCount(int order) => Low.BlockCount(order) + (High?.BlockCount(order) ?? 0);

    /// <summary>Adds a range of free frames; lower ones are taken first.</summary>
    public void AddRange(uint first, uint end)
    {
        if (end > MemoryZones.HighStart && High is not null) High.AddRange(uint.Max(first, MemoryZones.HighStart), end);
        if (first < MemoryZones.HighStart) Low.AddRange(first, uint.Min(end, MemoryZones.HighStart));
    }

    /// <summary>Same as <see cref="FreeLists.TryTake"/>, for callers that can use any frames.</summary>
    public bool TryTake(int order, out uint first)
    {
        if (High is null) return Low.TryTake(order, out first);
        if (High.TryTake(order, out first)) return true;
        return MayTakeLow(order) && Low.TryTake(order, out first);
    }

    /// <summary>Same as <see cref="FreeLists.TryTake"/>, for callers that need low memory.</summary>
    public bool TryTakeLow(int order, out uint first) => Low.TryTake(order, out first);

    /// <summary>Same as <see cref="FreeLists.TryTakeUpTo"/>, for callers that can use any frames.</summary>
    public bool TryTakeUpTo(int orderMax, out uint first, out int order)
    {
        if (High is null) return Low.TryTakeUpTo(orderMax, out first, out order);
        if (High.TryTakeUpTo(orderMax, out first, out order)) return true;
        while (orderMax >= 0 && !MayTakeLow(orderMax)) orderMax--;
        if (orderMax >= 0) return Low.TryTakeUpTo(orderMax, out first, out order);
        order = 0;
        return false;
    }

    /// <summary>Same as <see cref="FreeLists.TryTakeAround"/>.</summary>
    public bool TryTakeAround(uint frame, out uint first, out int order) => ListsOf(frame).TryTakeAround(frame, out first, out order);

    /// <summary>Same as <see cref="FreeLists.Return"/>.</summary>
    public void Return(uint first, int order) => ListsOf(first).Return(first, order);

    /// <summary>Same as <see cref="FreeLists.ReturnRange"/>.</summary>
    public void ReturnRange(uint first, uint end)
    {
        uint middle = uint.Clamp(MemoryZones.HighStart, first, end);
        if (first < middle) Low.ReturnRange(first, middle);
        if (middle < end) ListsOf(middle).ReturnRange(middle, end);
    }

    /// <summary>Same as <see cref="FreeLists.ReturnEach"/>.</summary>
    public void ReturnEach(ReadOnlySpan<uint> singles)
    {
        if (High is null)
        {
            Low.ReturnEach(singles);
            return;
        }

        while (!singles.IsEmpty)
        {
            bool isHigh = singles[0] >= MemoryZones.HighStart;
            int length = 1;
            while (length < singles.Length && singles[length] >= MemoryZones.HighStart == isHigh) length++;
            ListsOf(singles[0]).ReturnEach(singles[..length]);
            singles = singles[length..];
        }
    }

    private FreeLists ListsOf(uint frame) => High is not null && frame >= MemoryZones.HighStart ? High : Low;

    private bool MayTakeLow(int order) => Low.FrameCount >= _reserve + (1u << order);
}
