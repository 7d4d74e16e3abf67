using Paging.Native;

namespace Paging.Core.Areas;

/// <summary>What a search for a gap leaves for the next one: from an area upward to a page there is no gap of so many pages.</summary>
/// <remarks><code>
///        ░░░░░░├ At ┤░├──┤░░├─────┤░|       the next search for as many pages, or more, begins below At
///              First               End
/// </code>Mapping only makes gaps smaller, so that it stays true; <see cref="AreaTree"/> forgets it when ground above First becomes free.
/// Linux until 3.8: free_area_cache and cached_hole_size of struct mm_struct.</remarks>
/// <param name="At">The lowest area of the ground; none where nothing is known.</param>
/// <param name="First">Its first page.</param>
/// <param name="End">Where the search began: the page behind the ground.</param>
/// <param name="Count">A10: each gap between is shorter.</param>
internal readonly record struct CrowdedGround(AreaIndex At, PageNumber First, PageNumber End, PageCount Count)
{
    /// <summary>No search from a page downward for so many pages finds them above <see cref="First"/>.</summary>
    public bool Answers(uint high, uint count) => At.IsSome && count >= Count.Value && high <= End.Value && high > First.Value;
}
