using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Core.Verification;

/// <summary>Recounts a whole engine and checks every rule of docs/INVARIANTS.md by its name.</summary>
internal static class EngineAudit
{
    /// <summary>Checks the engine and returns the violations. Changes nothing that a program sees; allocates.</summary>
    /// <param name="parts">The engine.</param>
    /// <param name="descriptors">The descriptor tables of its processes.</param>
    /// <param name="snapshots">The snapshots of its processes.</param>
    public static AuditReport Run(EngineParts parts, IEnumerable<DescriptorTable> descriptors, IEnumerable<SnapshotTree> snapshots)
    {
        AuditReport report = new();
        parts.Machine.Loans.Audit(report);
        foreach (Space space in parts.Machine.Spaces.WithTables)
        {
            space.Tables.Loans.Returned?.Audit(report);
            space.Tables.Loans.Image?.Audit(report);
            space.Tables.Loans.Image?.CopyAll();
        }

        parts.Machine.Loans.CopyAll();    // the counts of frames are exact then
        parts.Machine.Frames.Audit(report);
        parts.Machine.Allocator.Audit(report);
        if (Check.Thorough) parts.Machine.Translations.Audit(report);    // reads megabytes of words that must be zero
        parts.Machine.Areas.Audit(report);
        parts.Files.OpenFiles.Audit(report);

        MappingRecount mappings = new(parts);
        FileRecount files = new(parts);
        SwapRecount swap = new(parts);
        // Holders are counted in several places, and compared when all have been (Compare).
        foreach (DescriptorTable table in descriptors) files.CountDescriptors(table);
        files.CountHost();
        long accounted = 0;
        foreach (Space space in parts.Machine.Spaces.WithTables)    // those of parked processes, too
        {
            AreaAudit.Run(space, report);
            if (space.Foreign is { } foreign) files.CountViews(foreign);
            parts.Machine.KernelHalf.Audit(space.Tables, report);
            space.Tables.Audit(report);
            files.CountAreas(space);
            if (report.Names("P2") || report.Names("P4")) return report;    // broken tables cannot be walked
            mappings.Count(space, report);
            swap.Count(space, report);
            accounted += SpaceAudit.Run(parts.Machine.Frames, space, report) + (space.Foreign?.Audit(report) ?? 0);
        }

        SnapshotRecount kept = new(parts, snapshots);    // before the comparisons, to which snapshots add
        kept.Check(report);
        kept.CountHolders(files);
        kept.CountSlots(swap);
        files.Compare(report);
        CacheAudit.Run(parts, files, report);
        mappings.Compare(kept.FrameHolds, report);
        swap.Compare(report);
        GroupAudit.Run(parts, report);
        HugeAudit.Run(parts, report);
        AnonymousRootAudit.Run(parts, kept.Areas, report);
        FootprintAudit.Run(parts, report);
        DirtyLogAudit.Run(parts.Machine.Spaces, parts.Machine.Ram, parts.Machine.Observers, report);
        ShadowAudit.Run(parts.Machine.Spaces, report);
        AreaAudit.RunTries(parts, report);    // last, because the other recounts search areas and may build a trie
        report.AddIfDifferent("V1", "committed pages", accounted + files.CountCommitted(), parts.Machine.Commitment.Committed);
        return report;
    }
}
