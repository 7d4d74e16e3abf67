using Paging.Core.Composition;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Translation;

namespace Paging.Core.Verification;

/// <summary>Checks A1–A6, A9–A11 and X7: the areas of one space as a list, as trees and as agreements with the program.</summary>
internal static class AreaAudit
{
    public static void Run(Space space, AuditReport report)
    {
        AreaTree tree = space.Areas.Tree;
        RedBlackTree<AreaTree.Nodes>.Audit(tree.Root, new(space.Areas.Slab), report);
        int count = 0;
        AreaIndex previous = AreaIndex.None;
        for (AreaIndex index = tree.First; index.IsSome; index = tree[index].Next)
        {
            ref Area area = ref tree[index];
            string where = $"process {space.ProcessId} area {index.Value} {area.Range}";
            CheckAgreement(space, area, where, report);
            if (area.Previous != previous) report.Add("A5", $"{where}: previous is {area.Previous.Value}, not {previous.Value}");
            if (previous.IsSome && tree[previous].End > area.First) report.Add("A1", $"{where}: overlaps or precedes the area before it");
            CheckGap(space, index, where, report);
            previous = index;
            if (++count > tree.Count) break;    // the list is a ring; the comparison of counts below reports it
        }

        report.AddIfDifferent("A5", $"process {space.ProcessId}: areas in the list", tree.Count, count);
        if (tree.Last != previous)
            report.Add("A5", $"process {space.ProcessId}: the last area is {tree.Last.Value}, but the list ends with {previous.Value}");
        CheckTreeOrder(space, report);
        CheckKnown(space, report);
        CheckRecent(space, report);
        CheckCrowded(space, report);
        CheckDevices(space, report);
    }

    private static void CheckAgreement(Space space, in Area area, string where, AuditReport report)
    {
        if (area.Count.IsZero) report.Add("A2", $"{where}: no page");
        if (!space.Holds(area.Range)) report.Add("A1", $"{where}: ends above {space.Bounds.End.Value:x5}, the end of its process");
        if (area.Space != space.Index) report.Add("A1", $"{where}: belongs to space {area.Space.Value}");
        if (area.Has(AreaFlags.GrowsDown) && (area.HasAny(AreaFlags.Shared | AreaFlags.MayShare) || !area.IsAnonymous))
            report.Add("A3", $"{where}: grows, but is not private anonymous");
        if (area.Has(AreaFlags.LockedOnFault) && !area.Has(AreaFlags.Locked)) report.Add("A3", $"{where}: locked on fault, but not locked");
        if (area.Has(AreaFlags.Shared) && !area.Has(AreaFlags.MayShare)) report.Add("A3", $"{where}: shared, but not marked as mapped so");
        if (area.Root.IsSome && area.Has(AreaFlags.Shared)) report.Add("A4", $"{where}: shared memory has a history");
        if (area.Root.IsSome != area.Chain.IsSome) report.Add("A4", $"{where}: a root without links, or links without a root");
    }

    private static void CheckGap(Space space, AreaIndex index, string where, AuditReport report)
    {
        AreaTree tree = space.Areas.Tree;
        ref Area area = ref tree[index];
        uint widest = tree.GapBefore(area).Count.Value;
        if (area.Links.Left != 0) widest = Math.Max(widest, tree[new(area.Links.Left)].WidestGap.Value);
        if (area.Links.Right != 0) widest = Math.Max(widest, tree[new(area.Links.Right)].WidestGap.Value);
        report.AddIfDifferent("A6", $"{where}: widest gap", widest, area.WidestGap.Value);
    }

    // A9  the cached result of a search is the area that the list gives, for the first and for the last page that it is cached for.
    private static void CheckKnown(Space space, AuditReport report)
    {
        AreaTree tree = space.Areas.Tree;
        (PageRange pages, AreaIndex known) = tree.Known;
        if (pages.IsEmpty) return;    // nothing is remembered
        AreaIndex atFirst = tree.First, atLast;
        while (atFirst.IsSome && tree[atFirst].End <= pages.First) atFirst = tree[atFirst].Next;
        for (atLast = atFirst; atLast.IsSome && tree[atLast].End < pages.End;) atLast = tree[atLast].Next;
        if (atFirst != known || atLast != known)
        {
            string found = $"{atFirst.Value} to {atLast.Value}";
            report.Add("A9", $"process {space.ProcessId}: area {known.Value} is remembered for {pages}, but the list has {found}");
        }
    }

    // A9  so is an area that was found lately: it is in the tree.
    private static void CheckRecent(Space space, AuditReport report)
    {
        AreaTree tree = space.Areas.Tree;
        if (tree.Recent is null) return;
        foreach (AreaIndex index in tree.Recent.All)
            if (index.IsSome && !(space.Areas.Slab.IsLive(index.Value) && tree.Peek(tree[index].First) == index))
                report.Add("A9", $"process {space.ProcessId}: area {index.Value} was found lately, and is gone");
    }

    // A10  a range that a gap search remembers as crowded starts with its area, and has no gap as long as the one not found.
    private static void CheckCrowded(Space space, AuditReport report)
    {
        AreaTree tree = space.Areas.Tree;
        CrowdedRegion crowded = tree.Crowded;
        if (crowded.At.IsNone) return;    // nothing is remembered
        string where = $"process {space.ProcessId}: crowded region {crowded.First}-{crowded.End}";
        AreaIndex index = tree.First;
        while (index.IsSome && index != crowded.At) index = tree[index].Next;    // by the list: the record may be freed by now
        if (index.IsNone || tree[index].First != crowded.First)
        {
            report.Add("A10", $"{where} is remembered as crowded from area {crowded.At.Value} on, which does not begin there");
            return;
        }

        while (index.IsSome)
        {
            ref Area area = ref tree[index];
            PageNumber end = area.Next.IsSome && tree[area.Next].First < crowded.End ? tree[area.Next].First : crowded.End;
            if (end > area.End && end - area.End >= crowded.Count)
                report.Add("A10", $"{where} is remembered as crowded, but has {end - area.End} free pages above area {index.Value}");
            index = area.Next;
        }
    }

    // X7  a page of a device that native code finds in the tables is what its area says now.
    private static void CheckDevices(Space space, AuditReport report)
    {
        if (space.Translations.Shown is not { } tables) return;
        foreach (DevicePage shown in tables.DevicePages)
        {
            if (shown.IsEmpty) continue;
            ref readonly Area area = ref space.Areas[space.Areas.Tree.Peek(shown.Page)];    // of none: an empty record
            INativeDevice? device = area.Range.Contains(shown.Page) && area.File.IsSome
                ? space.Areas.Files.ObjectOf(area.File).Device as INativeDevice : null;
            DevicePage expected = device is null || space.Translations.HasUncached ? default : DevicePage.Of(shown.Page,
                area.IsAccessible, area.Has(AreaFlags.Write), device.Functions, (ulong)area.OffsetOf(shown.Page).ByteOffset);
            if (shown != expected)
                report.Add("X7", $"process {space.ProcessId}: the device at page {shown.Page} is shown as {shown}, but is {expected}");
        }
    }

    /// <summary>Checks A11: a trie holds every area of the list at its last page and no other, and every node belongs to a trie.</summary>
    public static void RunTries(EngineParts parts, AuditReport report)
    {
        long nodes = 0;
        parts.Machine.Areas.TrieNodes.Nodes.Audit(report);    // S1 to S3, before the nodes are walked
        foreach (Space space in parts.Machine.Spaces.Live)
        {
            nodes += parts.Machine.Areas.TrieNodes.Audit(in space.Areas.Tree.Trie.ByLastPage, report);
            CheckTrie(parts, space, report);
        }

        report.AddIfDifferent("A11", "nodes of all tries", nodes, parts.Machine.Areas.TrieNodes.NodeCount);
    }

    private static void CheckTrie(EngineParts parts, Space space, AuditReport report)
    {
        AreaTree tree = space.Areas.Tree;
        ref readonly RadixTree trie = ref tree.Trie.ByLastPage;
        if (trie.Count == 0) return;    // too few areas for one
        report.AddIfDifferent("A11", $"process {space.ProcessId}: areas in the trie", tree.Count, trie.Count);
        for (AreaIndex index = tree.First; index.IsSome; index = tree[index].Next)
        {
            uint found = parts.Machine.Areas.TrieNodes.Find(in trie, tree[index].End.Value - 1);
            if (found != index.Value)
            {
                string where = $"process {space.ProcessId} area {index.Value} {tree[index].Range}";
                report.Add("A11", $"{where}: the trie has {found} at its last page");
            }
        }
    }

    private static void CheckTreeOrder(Space space, AuditReport report)
    {
        AreaTree tree = space.Areas.Tree;
        AreaTree.Nodes nodes = new(space.Areas.Slab);
        AreaIndex listed = tree.First;
        uint node = TreeOrder<AreaTree.Nodes>.First(tree.Root, nodes);
        for (; node != 0; node = TreeOrder<AreaTree.Nodes>.Next(nodes, node))
        {
            if (listed.Value != node)
            {
                report.Add("A5", $"process {space.ProcessId}: the tree has area {node} where the list has {listed.Value}");
                return;
            }

            listed = tree[listed].Next;
        }

        if (listed.IsSome) report.Add("A5", $"process {space.ProcessId}: area {listed.Value} is in the list only");
    }
}
