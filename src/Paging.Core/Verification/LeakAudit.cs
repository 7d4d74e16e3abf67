using Paging.Core.Composition;
using Paging.Native;

namespace Paging.Core.Verification;

/// <summary>Counts the frames and records that are still held after every process has ended. Only files may hold any.</summary>
internal static class LeakAudit
{
    /// <summary>Adds a finding for each kind of thing that is still held.</summary>
    public static void Run(EngineParts parts, bool countsFiles, AuditReport report)
    {
        MachineParts machine = parts.Machine;
        NoneLeft("L1", "frames of anonymous memory", machine.Frames.CountOf(FrameState.Anonymous).Value);
        NoneLeft("L1", "frames of page tables", machine.Frames.CountOf(FrameState.PageTable).Value);
        NoneLeft("L2", "areas", machine.Areas.Slab.LiveCount);
        NoneLeft("L2", "nodes of tries of areas", machine.Areas.TrieNodes.NodeCount);
        NoneLeft("L2", "anonymous roots", machine.Areas.RootRecords.LiveCount);
        NoneLeft("L2", "links to roots", machine.Areas.LinkRecords.LiveCount);
        NoneLeft("L3", "open files", parts.Files.OpenFiles.OpenCount);
        NoneLeft("L4", "committed pages", machine.Commitment.Committed);
        if (countsFiles)
        {
            NoneLeft("L5", "files", parts.Files.OpenFiles.Objects.Count());
            NoneLeft("L5", "cached pages", machine.Frames.CountOf(FrameState.PageCache).Value);
        }

        void NoneLeft(string rule, string what, long found) =>
            report.AddIfDifferent(rule, what + " after the last process", 0, found);
    }
}
