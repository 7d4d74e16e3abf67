using Paging.Native;

namespace Paging.Core;

/// <summary>Recounts a whole engine from the ground: every rule of docs/INVARIANTS.md, by its name.</summary>
internal static class EngineAudit
{
    public static AuditReport Run(PagingEngine engine)
    {
        AuditReport report = new();
        engine.Frames.Audit(report);
        engine.Allocator.Audit(report);
        if (Check.Thorough) engine.Translations.Audit(report);    // reads every word of megabytes that must be zero
        engine.AreaSlab.Audit(report);
        engine.RootSlab.Audit(report);
        engine.LinkSlab.Audit(report);
        engine.Files.Audit(report);

        MappingRecount mappings = new(engine);
        FileRecount files = new(engine);
        SwapRecount swap = new(engine);
        long accounted = 0;
        foreach (Process process in engine.Processes)
        {
            files.CountDescriptors(process);
            if (process.HasExited) continue;
            AddressSpace space = process.Memory;
            AreaAudit.Run(space, report);
            engine.KernelHalf.Audit(space.Tables, report);
            space.Tables.Audit(report);
            files.CountAreas(space);
            if (report.Names("P2") || report.Names("P4")) return report;    // tables that lead nowhere are not walked
            mappings.Count(space, report);
            swap.Count(space, report);
            accounted += SpaceAudit.Run(space, report);
        }

        files.Compare(report);
        CacheAudit.Run(engine, files, report);
        mappings.Compare(report);
        swap.Compare(report);
        GroupAudit.Run(engine, report);
        AnonymousRootAudit.Run(engine, report);
        FootprintAudit.Run(engine, report);
        AreaAudit.RunTries(engine, report);    // when no other recount searches areas any more, and makes one
        report.AddIfDifferent("V1", "committed pages", accounted + files.ChargedPages, engine.Commitment.Committed);
        return report;
    }
}
