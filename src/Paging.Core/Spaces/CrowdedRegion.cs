using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The result of the last search for a gap: from an area up to a page there is no gap of this many pages.</summary>
/// <remarks><code>
///        ░░░░░░├ At ┤░├──┤░░├─────┤░|       the next search for at least as many pages begins below At
///              First               End
/// </code>
/// Mapping only narrows gaps, so the record stays true. <see cref="AreaTree"/> drops it when pages above First become free.
/// Linux until 3.8: free_area_cache and cached_hole_size of struct mm_struct.</remarks>
/// <param name="At">The lowest area of the region, or none without a result.</param>
/// <param name="First">The first page of that area.</param>
/// <param name="End">The page after the region, where the search began.</param>
/// <param name="Count">A10: every gap in the region is shorter.</param>
internal readonly record struct CrowdedRegion(AreaIndex At, PageNumber First, PageNumber End, PageCount Count)
{
    /// <summary>True if a search from a page downward for this many pages finds no gap above <see cref="First"/>.</summary>
    public bool Answers(uint high, uint count) => At.IsSome && count >= Count.Value && high <= End.Value && high > First.Value;
}
