using Paging.Core.Composition;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Verification;

/// <summary>Checks N1–N3 and A7: anonymous roots, their counts, and the links between roots and areas.</summary>
internal static class AnonymousRootAudit
{
    /// <param name="parts">The engine.</param>
    /// <param name="kept">The areas that snapshots keep: they have links, too.</param>
    /// <param name="report">Receives the findings.</param>
    public static void Run(EngineParts parts, IEnumerable<AreaIndex> kept, AuditReport report)
    {
        Dictionary<uint, uint> active = [];
        Dictionary<uint, uint> links = [];
        foreach (Space space in parts.Machine.Spaces.Live)
        {
            AreaTree tree = space.Areas.Tree;
            for (AreaIndex index = tree.First; index.IsSome; index = tree[index].Next)
                CountArea(parts, tree[index], index, active, links, report);
        }

        foreach (AreaIndex index in kept) CountArea(parts, parts.Machine.Areas.Slab[index.Value], index, active, links, report);

        Dictionary<uint, uint> children = [];    // after all areas: a root is found only by a link to it
        foreach (uint root in links.Keys)
        {
            uint parent = parts.Machine.Areas.Roots[new AnonymousRootIndex(root)].Parent.Value;
            children[parent] = children.GetValueOrDefault(parent) + 1;
        }

        report.AddIfDifferent("N3", "live roots", links.Count, parts.Machine.Areas.Roots.LiveRootCount);
        report.AddIfDifferent("N3", "live links", links.Values.Sum(static count => count), parts.Machine.Areas.Roots.LiveLinkCount);
        foreach ((uint root, uint count) in links)
        {
            ref AnonymousRoot record = ref parts.Machine.Areas.Roots[new AnonymousRootIndex(root)];
            report.AddIfDifferent("N1", $"root {root}: children", children.GetValueOrDefault(root), record.ChildCount);
            report.AddIfDifferent("N2", $"root {root}: active areas", active.GetValueOrDefault(root), record.ActiveAreaCount);
            report.AddIfDifferent("A7", $"root {root}: links", count, CountLinks(parts, root));
        }
    }

    private static void CountArea(
        EngineParts parts, in Area area, AreaIndex index, Dictionary<uint, uint> active, Dictionary<uint, uint> links, AuditReport report)
    {
        bool ownRootLinked = area.Root.IsNone;    // none needs no link
        for (AnonymousLinkIndex at = area.Chain; at.IsSome; at = parts.Machine.Areas.Roots[at].NextOfArea)
        {
            ref AnonymousLink link = ref parts.Machine.Areas.Roots[at];
            if (link.Area != index) report.Add("A7", $"area {index.Value}: its link {at.Value} names area {link.Area.Value}");
            links[link.Root.Value] = links.GetValueOrDefault(link.Root.Value) + 1;
            ownRootLinked |= link.Root == area.Root;
        }

        if (!ownRootLinked) report.Add("A4", $"area {index.Value}: its root {area.Root.Value} is not in its chain");
        if (area.Root.IsSome) active[area.Root.Value] = active.GetValueOrDefault(area.Root.Value) + 1;
    }

    private static uint CountLinks(EngineParts parts, uint root)
    {
        uint count = 0;
        AnonymousLinkIndex first = parts.Machine.Areas.Roots[new AnonymousRootIndex(root)].FirstLink;
        for (AnonymousLinkIndex at = first; at.IsSome; at = parts.Machine.Areas.Roots[at].NextOfRoot) count++;
        return count;
    }
}
