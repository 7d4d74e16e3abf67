using System.Runtime.CompilerServices;
using Paging.Native.Collections;

namespace Paging.Core.Spaces;

/// <summary>All roots and links of an engine. Gives areas a history, passes it on at splits and forks, and takes it back.</summary>
/// <remarks>
/// <code>
///   root P ──▶ link ──▶ parent's area         after a fork the child's area is linked to the parent's root, which has the pages
///     ▲  └──▶ link ──▶ child's area           from before the fork, and to a root of its own, which gets its new pages.
///   root C ──▶ link ──▶ child's area          A fork costs O(areas), not O(pages)
/// </code>
/// Linux: mm/rmap.c __anon_vma_prepare, anon_vma_clone, anon_vma_fork, unlink_anon_vmas. Each operation either succeeds or changes nothing.
/// </remarks>
internal sealed class AnonymousRoots(NativeSlab<Area> areas, NativeSlab<AnonymousRoot> roots, NativeSlab<AnonymousLink> links)
{
    public uint LiveRootCount => roots.LiveCount;
    public uint LiveLinkCount => links.LiveCount;

    public ref AnonymousRoot this[AnonymousRootIndex index] => ref roots[index.Value];
    public ref AnonymousLink this[AnonymousLinkIndex index] => ref links[index.Value];

    /// <summary>
    /// Gives a history to an area without one: that of a neighbour that differs only in its rights, or a new one. Returns false if there is
    /// no memory.
    /// </summary>
    public bool TryPrepare(AreaTree tree, AreaIndex index)
    {
        ref Area area = ref areas[index.Value];
        if (area.Root.IsSome) return true;
        if (!links.TryAllocate(out uint link)) return false;

        AnonymousRootIndex root = ReusableRoot(tree, area);
        if (root.IsNone)
        {
            if (!roots.TryAllocate(out uint created))
            {
                links.Free(link);
                return false;
            }

            root = new(created);
            roots[created] = new() { Parent = root, ChildCount = 1 };    // counts itself: __anon_vma_prepare
        }

        area.Root = root;
        roots[root.Value].ActiveAreaCount++;
        Attach(index, new(link), root);
        return true;
    }

    /// <summary>
    /// Links <paramref name="target"/> to every root of <paramref name="source"/>. Returns false if there is no memory.
    /// Linux: anon_vma_clone.
    /// </summary>
    /// <remarks>
    /// The target's Root is either the source's (split, merge, move) or none (fork). With none, the target may reuse an abandoned root.
    /// </remarks>
    public bool TryClone(AreaIndex source, AreaIndex target)
    {
        ref Area to = ref areas[target.Value];
        bool mayReuse = to.Root.IsNone && areas[source.Value].Root.IsSome;
        AnonymousLinkIndex last = LastOf(to.Chain);    // kept up to date below, so that each link costs one step
        for (AnonymousLinkIndex link = areas[source.Value].Chain; link.IsSome; link = links[link.Value].NextOfArea)
        {
            if (!links.TryAllocate(out uint copy))
            {
                to.Root = AnonymousRootIndex.None;      // it has not been counted as active yet
                DetachAll(ref to);
                return false;
            }

            AnonymousRootIndex root = links[link.Value].Root;
            Attach(target, new(copy), root, last);
            last = new(copy);
            ref AnonymousRoot record = ref roots[root.Value];
            // Abandoned: no area owns it, and at most one child is left. A root without a parent counts itself, so a fork never reuses it.
            if (mayReuse && to.Root.IsNone && record.ChildCount < 2 && record.ActiveAreaCount == 0) to.Root = root;
        }

        if (to.Root.IsSome) roots[to.Root.Value].ActiveAreaCount++;    // last: a clone that fails has counted nothing
        return true;
    }

    /// <summary>
    /// Gives a child's area the parent's roots and one of its own. Returns false if there is no memory. Linux: anon_vma_fork.
    /// </summary>
    public bool Fork(AreaIndex parent, AreaIndex child)
    {
        ref Area area = ref areas[child.Value];
        area.Root = AnonymousRootIndex.None;
        area.Chain = AnonymousLinkIndex.None;
        AnonymousRootIndex parentRoot = areas[parent.Value].Root;
        if (parentRoot.IsNone) return true;
        if (!TryClone(parent, child)) return false;
        if (area.Root.IsSome) return true;    // an abandoned root has been reused

        if (!links.TryAllocate(out uint link) || !TryAllocateRoot(link, out AnonymousRootIndex own))
        {
            DetachAll(ref area);
            return false;
        }

        roots[own.Value] = new() { Parent = parentRoot, ActiveAreaCount = 1 };    // no child: its parent counts it
        roots[parentRoot.Value].ChildCount++;
        area.Root = own;
        Attach(child, new(link), own);
        return true;
    }

    /// <summary>Adds a root to the end of an area's history. Returns false if there is no memory; nothing has changed then.</summary>
    /// <param name="index">The area, which has no link to the root.</param>
    /// <param name="root">The root; none: a new one is made.</param>
    /// <param name="parent">The parent of a new root; none: it is its own.</param>
    /// <param name="isOwn">True if the area owns its new pages through this root.</param>
    public bool TryLink(AreaIndex index, ref AnonymousRootIndex root, AnonymousRootIndex parent, bool isOwn)
    {
        if (!links.TryAllocate(out uint link)) return false;
        if (root.IsNone)
        {
            if (!TryAllocateRoot(link, out AnonymousRootIndex made)) return false;
            root = made;
            roots[made.Value] = new() { Parent = parent.IsSome ? parent : made };
            roots[roots[made.Value].Parent.Value].ChildCount++;    // a root without a parent counts itself: __anon_vma_prepare
        }

        Attach(index, new(link), root);
        if (!isOwn) return true;
        areas[index.Value].Root = root;
        roots[root.Value].ActiveAreaCount++;
        return true;
    }

    /// <summary>Unlinks an area from all its roots, and frees the roots that have no area left. Linux: unlink_anon_vmas.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(ref Area area)
    {
        if (area.Chain.IsSome) ReleaseAll(ref area);    // A4: without links there is no root
    }

    private void ReleaseAll(ref Area area)
    {
        if (area.Root.IsSome)
        {
            roots[area.Root.Value].ActiveAreaCount--;
            area.Root = AnonymousRootIndex.None;
        }

        DetachAll(ref area);
    }

    /// <summary>Gives each of two areas the history of the other one. Their roots' lists keep their order.</summary>
    public void Exchange(AreaIndex one, AreaIndex other)
    {
        ref Area first = ref areas[one.Value], second = ref areas[other.Value];
        (first.Root, second.Root) = (second.Root, first.Root);
        (first.Chain, second.Chain) = (second.Chain, first.Chain);
        for (AnonymousLinkIndex link = first.Chain; link.IsSome; link = links[link.Value].NextOfArea) links[link.Value].Area = one;
        for (AnonymousLinkIndex link = second.Chain; link.IsSome; link = links[link.Value].NextOfArea) links[link.Value].Area = other;
    }

    /// <summary>
    /// True for an area that inherited its history in a fork. Such an area neither joins one without history nor passes its own on.
    /// Linux: vma_is_fork_child.
    /// </summary>
    public bool HasForkedHistory(in Area area) =>
        area.Root.IsSome && area.Chain.IsSome && links[area.Chain.Value].NextOfArea.IsSome;    // a second link leads to a parent's root

    private bool TryAllocateRoot(uint linkToFreeOnFailure, out AnonymousRootIndex root)
    {
        bool allocated = roots.TryAllocate(out uint index);
        if (!allocated) links.Free(linkToFreeOnFailure);
        root = new(index);
        return allocated;
    }

    /// <summary>The root of the next area, or else of the previous one, if the area can share it. Linux: find_mergeable_anon_vma.</summary>
    private AnonymousRootIndex ReusableRoot(AreaTree tree, in Area area)
    {
        if (area.Next.IsSome)
        {
            ref Area next = ref tree[area.Next];
            if (CouldShareRoot(area, next) && IsSimple(next)) return next.Root;
        }

        if (area.Previous.IsSome)
        {
            ref Area previous = ref tree[area.Previous];
            if (CouldShareRoot(previous, area) && IsSimple(previous)) return previous.Root;
        }

        return AnonymousRootIndex.None;
    }

    private bool IsSimple(in Area area) => area.Root.IsSome && !HasForkedHistory(area);    // an inherited one leads to a parent's pages

    /// <summary>True for adjacent areas that are equal except for their rights. Linux: anon_vma_compatible.</summary>
    private static bool CouldShareRoot(in Area low, in Area high) =>
        low.End == high.First && low.File == high.File && ((low.Flags ^ high.Flags) & ~(AreaFlags.Rights | AreaSet.NotCompared)) == 0
        && high.PageOffset == low.PageOffset + low.Count;

    private void Attach(AreaIndex index, AnonymousLinkIndex link, AnonymousRootIndex root) =>
        Attach(index, link, root, LastOf(areas[index.Value].Chain));

    /// <summary>Puts a link after the last one of an area's chain, and in front of its root's list.</summary>
    /// <remarks>The oldest root comes first in a chain, because a fork looks for an abandoned root in this order.</remarks>
    private void Attach(AreaIndex index, AnonymousLinkIndex link, AnonymousRootIndex root, AnonymousLinkIndex last)
    {
        ref AnonymousRoot record = ref roots[root.Value];
        links[link.Value] = new() { Area = index, Root = root, NextOfRoot = record.FirstLink };
        if (record.FirstLink.IsSome) links[record.FirstLink.Value].PreviousOfRoot = link;
        record.FirstLink = link;
        if (last.IsSome) links[last.Value].NextOfArea = link;
        else areas[index.Value].Chain = link;
    }

    /// <summary>The last link of a chain, which is as long as the forks are deep.</summary>
    private AnonymousLinkIndex LastOf(AnonymousLinkIndex chain)
    {
        AnonymousLinkIndex last = chain;
        while (chain.IsSome) (last, chain) = (chain, links[chain.Value].NextOfArea);
        return last;
    }

    private void DetachAll(ref Area area)
    {
        // Two passes, because a root's parent may be further down the same chain and must live until its count has been reduced.
        for (AnonymousLinkIndex index = area.Chain; index.IsSome; index = links[index.Value].NextOfArea)
        {
            ref AnonymousLink link = ref links[index.Value];
            ref AnonymousRoot root = ref roots[link.Root.Value];
            if (link.PreviousOfRoot.IsSome) links[link.PreviousOfRoot.Value].NextOfRoot = link.NextOfRoot;
            else root.FirstLink = link.NextOfRoot;
            if (link.NextOfRoot.IsSome) links[link.NextOfRoot.Value].PreviousOfRoot = link.PreviousOfRoot;
            if (root.FirstLink.IsNone) roots[root.Parent.Value].ChildCount--;
        }

        while (area.Chain.IsSome)
        {
            uint index = area.Chain.Value;
            AnonymousLink link = links[index];
            area.Chain = link.NextOfArea;
            links.Free(index);
            if (roots[link.Root.Value].FirstLink.IsNone) roots.Free(link.Root.Value);
        }
    }
}
