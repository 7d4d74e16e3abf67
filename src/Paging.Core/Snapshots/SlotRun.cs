using Paging.Native;

namespace Paging.Core.Snapshots;

//   slots of the form   │ 0 … 99      │ 100 │ 101 … 65535    │
//                         parent's 0 …  own 0  parent's 101 …     three runs
/// <summary>Pages of an image that lie one after the other in its own memory, or in that of an ancestor.</summary>
/// <param name="First">The number of the first one in the order of the saved form.</param>
/// <param name="Count">The number of pages, at least one.</param>
/// <param name="Layer">Whose memory: 0 the image's own, 1 its parent's, 2 that of the parent's parent.</param>
/// <param name="Index">The place of the first one in that memory, in pages.</param>
internal readonly record struct SlotRun(uint First, uint Count, uint Layer, uint Index)
{
    /// <summary>The slot after the last one.</summary>
    public uint End => First + Count;

    /// <summary>The runs of an image without a parent.</summary>
    public static SlotRun[] AllOf(Memory<byte> pages) =>
        pages.IsEmpty ? [] : [new(0, (uint)pages.Length >> VirtualAddress.PageShift, 0, 0)];

    /// <summary>Finds the run of a slot, or the place after the last run.</summary>
    public static int Find(ReadOnlySpan<SlotRun> runs, uint slot)
    {
        int low = 0, high = runs.Length;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (runs[middle].End <= slot) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
