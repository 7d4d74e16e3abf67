using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Checks M1: the statistics of one space equal a recount of its areas and entries.</summary>
internal static class SpaceAudit
{
    /// <summary>Compares, and returns the number of accounted pages of the space.</summary>
    public static long Run(FrameTable frames, Space space, AuditReport report)
    {
        MemoryStatistics counted = default;
        long accounted = 0;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            counted.Account(area.Flags, area.Count.Value);
            if (area.Has(AreaFlags.Accounted)) accounted += area.Count.Value;
        }

        PageNumber from = default;
        while (space.Tables.TryNextTouched(from, space.Tables.End, out PageNumber page, out PageTableEntry entry))
        {
            if (!entry.IsPresent && space.SlotOf(entry).IsSwap) counted.Swapped++;
            bool isCounted = entry.IsPresent && (space.Foreign is not null || !EntryWords.IsSpecial(entry));
            PageCount pages = space.Tables.Huge.Has(page) ? space.Tables.Huge.CountEach : PageCount.One;
            bool isOfPool = isCounted && frames.Named(entry.Frame).State == FrameState.Kernel;    // a counted one is the pool's
            if (isOfPool) counted.HugePool += pages.Value;
            else if (isCounted) counted.CountResident((ResidentKind)frames.Named(entry.Frame).Kind, pages.Value);
            from = page + pages;
        }

        string who = $"process {space.ProcessId}: ";
        ref MemoryStatistics kept = ref space.Statistics;
        report.AddIfDifferent("M1", who + "total", counted.Total, kept.Total);
        report.AddIfDifferent("M1", who + "data", counted.Data, kept.Data);
        report.AddIfDifferent("M1", who + "stack", counted.Stack, kept.Stack);
        report.AddIfDifferent("M1", who + "code", counted.Code, kept.Code);
        report.AddIfDifferent("M1", who + "locked", counted.Locked + kept.LockedForEver, kept.Locked);
        report.AddIfDifferent("M1", who + "resident anonymous", counted.ResidentAnonymous, kept.ResidentAnonymous);
        report.AddIfDifferent("M1", who + "resident file", counted.ResidentFile, kept.ResidentFile);
        report.AddIfDifferent("M1", who + "resident shared", counted.ResidentShared, kept.ResidentShared);
        report.AddIfDifferent("M1", who + "huge pages of the pool", counted.HugePool, kept.HugePool);
        report.AddIfDifferent("M1", who + "swapped", counted.Swapped, kept.Swapped);
        return accounted;
    }
}
