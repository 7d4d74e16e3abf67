using Paging.Native;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Allocations;

/// <summary>Finds room for an allocation at a place that the system chooses. Rule 8.</summary>
/// <remarks>Windows: MiFindEmptyAddressRangeInTree and MiFindEmptyAddressRangeDownTree, first fit on 64 KB.</remarks>
internal static class VadPlacement
{
    /// <summary>Finds the lowest granule at which the pages fit, below a limit. Returns false if they fit nowhere.</summary>
    /// <remarks>Cost: O(allocations above the lowest granule whose first page is free).</remarks>
    public static bool TryFindLowest(WindowsSpace space, PageCount count, PageNumber limit, out PageNumber first)
    {
        VadTree vads = space.Vads;
        first = space.LowestRoom;    // below it no granule is free
        bool isRoomKnown = false;
        for (VadIndex at = vads.FirstEndingAfter(first); at.IsSome; at = vads.Next(at))
        {
            ref Vad vad = ref vads[at];
            if (first < vad.First && !isRoomKnown)
            {
                space.LowestRoom = first;
                isRoomKnown = true;
            }

            if ((ulong)first.Value + count.Value <= vad.First.Value) break;
            if (vad.End > first) first = VadStore.AlignUp(vad.End);    // the rest of its last granule cannot be reserved (rule 2)
        }

        if (!isRoomKnown) space.LowestRoom = first;
        return (ulong)first.Value + count.Value <= limit.Value;
    }

    /// <summary>Finds the highest free range in which the pages fit at a granule, and their highest place there.</summary>
    /// <remarks>Cost: O(allocations above the place).</remarks>
    public static bool TryFindHighest(WindowsSpace space, PageCount count, PageNumber limit, out PageNumber first)
    {
        VadTree vads = space.Vads;
        PageNumber end = limit;
        for (VadIndex at = vads.Last; ; at = vads.Previous(at))
        {
            PageNumber floor = at.IsSome ? vads[at].End : UserRange.Lowest;    // the first 64 KB are never given out
            if (end > floor && end.Value >= count.Value)
            {
                // The range may end inside a granule, its room must begin at one
                first = new((end.Value - count.Value) & ~(UserRange.GranulePages - 1));
                if (first >= floor) return true;
            }

            if (at.IsNone) break;
            if (vads[at].First < end) end = vads[at].First;
        }

        first = default;
        return false;
    }

    /// <summary>Returns true if no allocation has a page of the range.</summary>
    public static bool IsFree(WindowsSpace space, PageRange range)
    {
        VadIndex at = space.Vads.FirstEndingAfter(range.First);
        return at.IsNone || space.Vads[at].First >= range.End;
    }
}
