using Paging.Core.Composition;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Checks Q1–Q4: the figures of smaps and pagemap agree with the counters and with each other.</summary>
/// <remarks><code>
///   Q1  Rss = the resident set that faults and unmaps have counted; Anonymous = its anonymous part
///   Q2  shared + private, clean + dirty, and anonymous + file + shared memory each add up to the whole
///   Q3  the proportional shares of all spaces add up to the mapped frames, except for rounding down
///   Q4  in a soft-clean area, an entry that allows writing is soft-dirty, so no write is missed
/// </code></remarks>
internal static class FootprintAudit
{
    /// <summary>Checks each space and all of them together. Does nothing if areas or tables are too broken for a report.</summary>
    public static void Run(EngineParts parts, AuditReport report)
    {
        if (report.Names("A1") || report.Names("P2") || report.Names("P4")) return;    // smaps walks both
        ulong shares = 0, mappings = 0;
        foreach (Space space in parts.Machine.Spaces.Live)
        {
            if (space.Foreign is not null)    // smaps is about areas, and it has none
            {
                AddShares(parts, space, ref shares, ref mappings);
                continue;
            }

            MemoryFootprint footprint = parts.Inspector.Smaps.Of(space);
            CompareWithStatistics(space, footprint, report);
            CheckSums(space, footprint, report);
            CheckSoftDirty(space, report);
            shares += footprint.ProportionalFixedPoint;
            mappings += footprint.Resident / VirtualAddress.PageSize;
        }

        CompareShares(parts, shares, mappings, report);
    }

    /// <summary>Adds the pages of a space that smaps does not describe.</summary>
    private static void AddShares(EngineParts parts, Space space, ref ulong shares, ref ulong mappings)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(space.Tables.UserPages))
        {
            if (!entry.IsPresent) continue;
            shares += (1ul << (12 + MemoryFootprint.FractionBits)) / Math.Max(1, parts.Machine.Frames.Named(entry.Frame).MapCount);
            mappings++;
        }
    }

    private static void CompareWithStatistics(Space space, in MemoryFootprint footprint, AuditReport report)
    {
        string who = $"process {space.ProcessId}: smaps ";
        ref MemoryStatistics kept = ref space.Statistics;
        report.AddIfDifferent("Q1", who + "Rss in pages", kept.Resident, (long)(footprint.Resident / VirtualAddress.PageSize));
        report.AddIfDifferent(
            "Q1", who + "Anonymous in pages", kept.ResidentAnonymous, (long)(footprint.Anonymous / VirtualAddress.PageSize));
    }

    private static void CheckSums(Space space, in MemoryFootprint footprint, AuditReport report)
    {
        string who = $"process {space.ProcessId}: smaps ";
        report.AddIfDifferent("Q2", who + "shared and private", (long)footprint.Resident, (long)(footprint.Shared + footprint.Private));
        report.AddIfDifferent("Q2", who + "kinds of Pss", (long)footprint.ProportionalFixedPoint,
            (long)(footprint.ProportionalAnonymousFixedPoint + footprint.ProportionalFileFixedPoint
                + footprint.ProportionalSharedFixedPoint));
    }

    private static void CompareShares(EngineParts parts, ulong shares, ulong mappings, AuditReport report)
    {
        ulong mappedFrames = 0;
        for (uint frame = 0; frame < parts.Machine.Frames.Count.Value; frame++)
        {
            FrameDescriptor descriptor = parts.Machine.Frames.Shown(new(frame));
            bool isPage = descriptor.State is FrameState.Anonymous or FrameState.PageCache or FrameState.SwapCache;
            if (isPage && parts.Machine.HugeBlocks.MappingsOf(new(frame)) != 0) mappedFrames++;    // leaves count for each part
        }

        ulong whole = mappedFrames << (12 + MemoryFootprint.FractionBits);
        if (shares > whole || whole - shares > mappings)    // rounding takes less than one from each mapping
            report.Add("Q3", $"shares of all processes: {shares}, mapped frames: {mappedFrames}, which are {whole}");
    }

    private static void CheckSoftDirty(Space space, AuditReport report)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            PageNumber from = area.First;
            while (area.Has(AreaFlags.SoftClean)
                && space.Tables.TryNextTouched(from, area.End, out PageNumber page, out PageTableEntry entry))
            {
                if (entry.IsPresent && entry.IsWritable && !EntryWords.IsSoftDirty(entry))
                    report.Add("Q4", $"process {space.ProcessId} page {page}: {entry} may be written without clear_refs noticing");
                from = page + PageCount.One;
            }
        }
    }
}
