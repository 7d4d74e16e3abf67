using System.Runtime.CompilerServices;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Tests;

/// <summary>Ways to break the rules of areas, their tree, their histories and the bookkeeping of a space.</summary>
internal static class AreaCanaries
{
    public static IEnumerable<Canary> All { get; } =
    [
        new("A1", "an area that begins inside the one before", static world => Damage.AreaAt(world, 12).First = World.At(9).Page),
        new("A1", "an area of another space", static world => Damage.AreaAt(world, 12).Space = new(2)),
        new("A1", "an area that reaches into the kernel half", static world => Damage.AreaAt(world, 2000).Count = new(0x100000)),
        new("A2", "an area without a page", static world => Damage.AreaAt(world, 12).Count = default),
        new("A3", "locked on fault, but not locked", static world => Damage.AreaAt(world, 12).Flags |= AreaFlags.LockedOnFault),
        new("A3", "shared memory that grows", static world => Damage.AreaAt(world, Damage.SharedAnonymous).Flags |= AreaFlags.GrowsDown),
        new("A3", "shared, but not mapped so", static world => Damage.AreaAt(world, Damage.SharedAnonymous).Flags &= ~AreaFlags.MayShare),
        new("A4", "links without a history", static world => Damage.AreaAt(world, 3).Root = default),
        new("A4", "a history that is not among its links", static world =>
            Damage.AreaAt(world, 3).Root = Damage.AreaAt(world, Damage.Own).Root),
        new("A4", "shared memory with a history", static world =>
            Damage.AreaAt(world, Damage.SharedAnonymous).Root = Damage.AreaAt(world, 3).Root),
        new("A5", "an area with a wrong link backwards", static world => Damage.AreaAt(world, 12).Previous = default),
        new("A5", "a list that leaves one out", static world => Damage.AreaAt(world, 12).Next = Damage.AreaAt(world, Damage.Own).Next),
        new("A5", "a last area that is not the last", static world =>
            Damage.Set(world.Memory.Space.Areas.Tree, "_last", Damage.IndexAt(world, 3))),
        new("A6", "a widest gap that is too wide, where the tree's own audit does not come", static world =>
        {
            NativeSlab<Area> slab = world.Machine.Areas.Slab;
            ref Area leaf = ref slab[Nodes(world).First(node => slab[node].Links is { Left: 0, Right: 0 })];
            leaf.Links.Parent = 0;
            leaf.WidestGap = new(0x8_0000);
        }),
        new("A7", "a link that names another area", static world =>
            world.Machine.Areas.Roots[Damage.AreaAt(world, 3).Chain].Area = Damage.IndexAt(world, 12)),
        new("A7", "a link that its root does not list", static world =>
            Damage.RootAt(world, 3).FirstLink = world.Machine.Areas.Roots[Damage.RootAt(world, 3).FirstLink].NextOfRoot),
        new("A8", "an area that its object does not list", static world =>
            world.Machine.Areas.OfObjects.Unlink(Damage.ObjectAt(world, 60).Number, Damage.IndexAt(world, 60))),
        new("A8", "an object that lists an area of another", static world =>
            world.Machine.Areas.OfObjects.Link(Damage.ObjectAt(world, 60).Number, Damage.IndexAt(world, Damage.Backed))),
        new("A9", "a search that remembers another area", static world =>
        {
            AreaIndex another = Damage.IndexAt(world, 12);
            world.Memory.Space.Areas.Tree.Covering(World.At(3).Page);
            Damage.Set(world.Memory.Space.Areas.Tree, "_known", another);
        }),
        new("A9", "a search that remembers too many pages", static world =>
        {
            world.Memory.Space.Areas.Tree.Covering(World.At(3).Page);
            Damage.Set(world.Memory.Space.Areas.Tree, "_knownCount", 0x9_0000u);    // up to pages outside the area
        }),
        new("A9", "an area found lately that is gone", static world =>
        {
            AreaIndex index = Damage.IndexAt(world, 12);
            World.Succeeds(world.Memory.Unmap(World.At(12), World.Bytes((int)Damage.AreaAt(world, 12).Count.Value)));
            world.Memory.Space.Areas.Tree.Recent = new() { [World.At(12).Page] = index };
        }),
        new("A10", "a crowded region with room in it", static world => Crowd(world, Damage.AreaAt(world, 12).First)),
        new("A10", "a crowded region that begins beside its area", static world =>
            Crowd(world, Damage.AreaAt(world, 12).First - PageCount.One)),
        new("A11", "a trie that lacks an area", static world => MakeTrie(world, static areas => areas.Skip(1))),
        new("A11", "a trie that has one area for another", static world =>
            MakeTrie(world, static areas => areas.Select((area, i) => i == 0 ? (area.End, areas[1].Index) : area))),
        new("A11", "nodes that belong to no trie", static world => world.Machine.Areas.TrieNodes.Nodes.TryAllocate(out _)),
        new("N1", "a root that counts a child too many", static world => Damage.RootAt(world, 3).ChildCount++),
        new("N2", "a root that counts an area too many", static world => Damage.RootAt(world, 3).ActiveAreaCount++),
        new("N3", "a root that no area leads to", static world => world.Machine.Areas.RootRecords.TryAllocate(out _)),
        new("N3", "a link that no area leads to", static world => world.Machine.Areas.LinkRecords.TryAllocate(out _)),
        new("M1", "a page too many in the total", static world => world.Memory.Space.Statistics.Total++),
        new("M1", "a page too many of data", static world => world.Memory.Space.Statistics.Data++),
        new("M1", "a page too many of stack", static world => world.Memory.Space.Statistics.Stack++),
        new("M1", "a page too many of code", static world => world.Memory.Space.Statistics.Code++),
        new("M1", "a page too many locked", static world => world.Memory.Space.Statistics.Locked++),
        new("M1", "a resident page too many", static world => world.Memory.Space.Statistics.ResidentAnonymous++),
        new("M1", "a resident page of a file too many", static world => world.Memory.Space.Statistics.ResidentFile++),
        new("M1", "a resident page of shared memory too many", static world => world.Memory.Space.Statistics.ResidentShared++),
        new("V1", "a commitment without a mapping", static world => world.Machine.Commitment.TryCharge(1)),
        new("T1", "a red root", static world => Root(world).Links.IsBlack = false),
        new("T1", "a root with a parent", static world => Root(world).Links.Parent = Damage.IndexAt(world, 2000).Value),
        new("T2", "red below red", static world =>
        {
            uint red = Nodes(world).First(node => !world.Machine.Areas.Slab[node].Links.IsBlack);
            world.Machine.Areas.Slab[world.Machine.Areas.Slab[red].Links.Parent].Links.IsBlack = false;
        }),
        new("T3", "a black too few on one way", static world =>
        {
            uint leaf = Nodes(world).First(node => world.Machine.Areas.Slab[node].Links is { IsBlack: true, Left: 0, Right: 0 });
            world.Machine.Areas.Slab[leaf].Links.IsBlack = false;
        }),
        new("T4", "a child that believes it hangs elsewhere", static world =>
            world.Machine.Areas.Slab[Root(world).Links.Left].Links.Parent = Root(world).Links.Right),
        new("T5", "a gap remembered that is not there", static world => Root(world).WidestGap = new(1)),
    ];

    private static void Crowd(World world, PageNumber first) =>
        world.Memory.Space.Areas.Tree.Crowded = new(Damage.IndexAt(world, 12), first, new(PageCount.UserHalf.Value), new(1));

    private static void MakeTrie(World world, Func<List<(uint End, uint Index)>, IEnumerable<(uint End, uint Index)>> damage)
    {
        AreaTree tree = world.Memory.Space.Areas.Tree;
        RadixTree trie = default;
        List<(uint End, uint Index)> areas = [.. Nodes(world).Select(index => (world.Machine.Areas.Slab[index].End.Value, index))];
        foreach ((uint end, uint index) in damage(areas)) world.Machine.Areas.TrieNodes.TryInsert(ref trie, end - 1, index);
        Unsafe.AsRef(in tree.Trie.ByLastPage) = trie;
    }

    private static ref Area Root(World world) => ref world.Machine.Areas.Slab[world.Memory.Space.Areas.Tree.Root];

    private static IEnumerable<uint> Nodes(World world)
    {
        for (AreaIndex index = world.Memory.Space.Areas.Tree.First; index.IsSome; index = world.Memory.Space.Areas[index].Next)
            yield return index.Value;
    }
}
