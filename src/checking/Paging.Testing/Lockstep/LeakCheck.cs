using Paging.Core;
using Paging.Native;

namespace Paging.Testing.Lockstep;

/// <summary>When every process has ended, only files may still hold anything.</summary>
internal static class LeakCheck
{
    /// <summary>Adds a finding for everything that is still held. Rule names begin with L.</summary>
    public static void Run(PagingEngine engine, AuditReport report)
    {
        report.AddIfDifferent("L1", "frames of anonymous memory after the last process", 0,
            engine.Parts.Machine.Frames.CountOf(FrameState.Anonymous).Value);
        report.AddIfDifferent("L1", "frames of page tables after the last process", 0,
            engine.Parts.Machine.Frames.CountOf(FrameState.PageTable).Value);
        report.AddIfDifferent("L2", "areas after the last process", 0, engine.Parts.Machine.Areas.Slab.LiveCount);
        report.AddIfDifferent("L2", "nodes of tries of areas after the last process", 0, engine.Parts.Machine.Areas.TrieNodes.NodeCount);
        report.AddIfDifferent("L2", "anonymous roots after the last process", 0, engine.Parts.Machine.Areas.RootRecords.LiveCount);
        report.AddIfDifferent("L2", "links to roots after the last process", 0, engine.Parts.Machine.Areas.LinkRecords.LiveCount);
        report.AddIfDifferent("L3", "open files after the last process", 0, engine.Parts.Files.OpenFiles.OpenCount);
        report.AddIfDifferent("L4", "committed pages after the last process", 0, engine.Parts.Machine.Commitment.Committed);
    }
}
