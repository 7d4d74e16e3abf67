using Paging.Core.Composition;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Pfn;
using Paging.Windows.Spaces;

namespace Paging.Windows.WorkingSets;

/// <summary>Ages working sets and takes pages out of them, the oldest first.</summary>
/// <remarks>
/// No thread runs in the background: the embedder calls once a second. Linux ages all frames of the machine on two lists instead,
/// without regard to their processes. Windows: MmWorkingSetManager, MiAgeWorkingSet, MiTrimWorkingSet.
/// </remarks>
internal sealed class WorkingSetManager(EngineParts core, PfnDatabase pfn, TransitionPages transitions)
{
    /// <summary>The frames that are available at once: free ones, zeroed ones, and private pages on standby.</summary>
    public uint Available => core.Machine.Allocator.FreeFrames.Value + pfn.StandbyTotal;

    /// <summary>One pass over every set: ages its pages, trims it to its maximum, and trims more while available frames are few.</summary>
    /// <returns>The number of pages that have left their working sets.</returns>
    public uint Balance(IReadOnlyList<WindowsSpace> spaces)
    {
        uint trimmed = 0;
        foreach (WindowsSpace space in spaces)
        {
            Age(space);
            trimmed += Trim(space, space.Limits.Maximum, youngest: 0);
        }

        // Harder passes take younger pages. Within a pass the sets that are furthest above their minimum go first.
        for (int age = WorkingSetAges.Max; age >= 0 && Available < core.Reclaim.Reclaimer.Watermarks.Low.Value; age--)
        {
            foreach (WindowsSpace space in spaces.OrderByDescending(static one => one.Space.Statistics.Resident - one.Limits.Minimum))
            {
                // Up to the high mark: stopping at the low one, the next pass would trim again
                if (Available >= core.Reclaim.Reclaimer.Watermarks.High.Value) break;
                trimmed += Trim(space, space.Limits.Minimum, age);
            }
        }

        return trimmed;
    }

    /// <summary>Ages every page of a set: one that was used since the last pass is young, another one grows older.</summary>
    public static void Age(WindowsSpace space)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Space.Tables.TouchedIn(PageRange.Between(default, UserRange.EndOfAll)))
        {
            if (!entry.IsPresent) continue;
            space.Ages.Update(page, entry.IsAccessed);    // before the bit is cleared
            if (entry.IsAccessed) space.Space.Tables.StoreUnnoted(page, entry.WithoutAccessed());    // the next use sets it again
        }
    }

    /// <summary>Takes pages out of a set until it has a number of pages, the oldest first.</summary>
    /// <param name="space">The set.</param>
    /// <param name="target">The number of pages that should stay.</param>
    /// <param name="youngest">Pages of lower ages stay.</param>
    /// <returns>The number of pages taken out. Locked and pinned pages stay.</returns>
    public uint Trim(WindowsSpace space, uint target, int youngest)
    {
        uint trimmed = 0;
        for (int age = WorkingSetAges.Max; age >= youngest && space.Space.Statistics.Resident > target; age--)
        {
            PageNumber from = default;
            while (space.Space.Statistics.Resident > target
                && space.Space.Tables.TryNextTouched(from, UserRange.EndOfAll, out PageNumber page, out PageTableEntry entry))
            {
                from = page + PageCount.One;
                if (entry.IsPresent && space.Ages[page] >= age && transitions.TryTrim(space, page, entry)) trimmed++;
            }
        }

        core.Machine.Lists.Shootdown?.TrySettle();    // once for all pages: an interrupt for each would cost more
        return trimmed;
    }
}
