using Paging.Native;

namespace Paging.Core;

/// <summary>N1–N3, A7: roots, their counts, and the links between them and the areas.</summary>
internal static class AnonymousRootAudit
{
    public static void Run(PagingEngine engine, AuditReport report)
    {
        Dictionary<uint, uint> active = [];
        Dictionary<uint, uint> links = [];
        foreach (Process process in engine.Processes)
        {
            if (process.HasExited) continue;
            AreaTree tree = process.Memory.Areas.Tree;
            for (AreaIndex index = tree.First; index.IsSome; index = tree[index].Next) CountArea(engine, tree[index], index, active, links, report);
        }

        Dictionary<uint, uint> children = [];
        foreach (uint root in links.Keys)
        {
            uint parent = engine.RootSlab[root].Parent.Value;
            children[parent] = children.GetValueOrDefault(parent) + 1;
        }

        report.AddIfDifferent("N3", "live roots", links.Count, engine.RootSlab.LiveCount);
        report.AddIfDifferent("N3", "live links", links.Values.Sum(static count => count), engine.LinkSlab.LiveCount);
        foreach ((uint root, uint count) in links)
        {
            ref AnonymousRoot record = ref engine.RootSlab[root];
            report.AddIfDifferent("N1", $"root {root}: children", children.GetValueOrDefault(root), record.ChildCount);
            report.AddIfDifferent("N2", $"root {root}: active areas", active.GetValueOrDefault(root), record.ActiveAreaCount);
            report.AddIfDifferent("A7", $"root {root}: links", count, CountLinks(engine, root));
        }
    }

    private static void CountArea(PagingEngine engine, in Area area, AreaIndex index, Dictionary<uint, uint> active, Dictionary<uint, uint> links, AuditReport report)
    {
        bool ownRootLinked = area.Root.IsNone;
        for (AnonymousLinkIndex at = area.Chain; at.IsSome; at = engine.LinkSlab[at.Value].NextOfArea)
        {
            ref AnonymousLink link = ref engine.LinkSlab[at.Value];
            if (link.Area != index) report.Add("A7", $"area {index.Value}: its link {at.Value} names area {link.Area.Value}");
            links[link.Root.Value] = links.GetValueOrDefault(link.Root.Value) + 1;
            ownRootLinked |= link.Root == area.Root;
        }

        if (!ownRootLinked) report.Add("A4", $"area {index.Value}: its root {area.Root.Value} is not in its chain");
        if (area.Root.IsSome) active[area.Root.Value] = active.GetValueOrDefault(area.Root.Value) + 1;
    }

    private static uint CountLinks(PagingEngine engine, uint root)
    {
        uint count = 0;
        for (AnonymousLinkIndex at = engine.RootSlab[root].FirstLink; at.IsSome; at = engine.LinkSlab[at.Value].NextOfRoot) count++;
        return count;
    }
}
