using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>Ways to break the rules of the page cache: its trees, the order of reclaim, and dirty pages.</summary>
internal static class CacheCanaries
{
    public static IEnumerable<Canary> All { get; } =
    [
        new("C1", "a frame in the cache's state and not in the cache", static world => Damage.Take(world, FrameState.PageCache)),
        new("C1", "a count of cached pages that is wrong", static world => Damage.Set(world.Engine.Parts.Files.Cache, "PageCount", 99u)),
        new("C2", "a cached page that believes it is another", static world => Damage.DescriptorAt(world, Damage.Cached).Index = 7),
        new("C2", "a cached page of another owner", static world => Damage.DescriptorAt(world, Damage.Cached).Owner++),
        new("C3", "a page beyond the end", static world => Damage.ObjectAt(world, 60).ByteLength = 4096),
        new("C4", "a page that could be read again and would not give way", static world =>
            Damage.DescriptorAt(world, Damage.Clean).Flags &= ~FrameFlags.OnList),
        new("C5", "a page read ahead that was not counted so", static world => Damage.DescriptorAt(world, Damage.Clean).Private++),
        new("C6", "a page of a file that only fallocate has used", static world =>
            Damage.DescriptorAt(world, Damage.Clean).Private = 2),
        new("L1", "a page on the list with a wrong link backwards", static world =>
            Damage.DescriptorAt(world, Damage.Clean).Previous = 9),
        new("L2", "a list that is shorter than its count", static world =>
        {
            Damage.DescriptorAt(world, Damage.Clean).Next = 0;
            Damage.DescriptorAt(world, Damage.Backed).Next = 0;
        }),

        new("R1", "a slot in use whose bit is clear", static world => NodeOf(world).Bitmaps[RadixNode.Present] &= ~2ul),
        new("R2", "a tag where no page is", static world => NodeOf(world).Bitmaps[RadixNode.BitmapOf(RadixTag.Dirty)] |= 1ul << 40),
        new("R3", "a tree that is higher than it needs to be", static world =>
            (NodeOf(world).Slots[1], NodeOf(world).Bitmaps[RadixNode.Present]) = (0, 1)),
        new("R4", "a count of entries that is wrong", static world => Damage.Sparse(world).Pages.Count++),
        new("R5", "a node that hangs in two places", static world =>
            (NodeOf(world).Slots[2], NodeOf(world).Bitmaps[RadixNode.Present]) = (NodeOf(world).Slots[1], 7)),
        new("R5", "a node that is not in use", static world => Damage.Sparse(world).Pages.Root = 4000),

        new("W1", "a dirty page whose descriptor is clean", static world =>
            Damage.DescriptorAt(world, Damage.Backed).Flags &= ~PageFlags.Dirty),
        new("W2", "a dirty page of a file that has no backing", static world =>
            world.Engine.Parts.Files.Cache.Forest.SetTag(ref Damage.ObjectAt(world, 60).Pages, 0, RadixTag.Dirty)),
        new("W3", "a page under write-back while none is written", static world =>
            world.Engine.Parts.Files.Cache.Forest.SetTag(ref Damage.ObjectAt(world, Damage.Backed).Pages, 0, RadixTag.Writeback)),
        new("W4", "a count of dirty pages that is wrong", static world => Damage.ObjectAt(world, Damage.Backed).DirtyCount++),
        new("W5", "a dirty file that points back to another", static world =>
            Damage.ObjectAt(world, Damage.Backed).DirtiedBefore = Damage.Sparse(world)),
        new("W6", "a written page of shared memory that nothing calls written", static world =>
        {
            Damage.DescriptorAt(world, Damage.SharedAnonymous).Flags &= ~PageFlags.Dirty;
            Damage.WordAt(world, Damage.SharedAnonymous) &= ~(uint)EntryBits.Dirty;
        }),
    ];

    /// <summary>The topmost node of a tree with two levels.</summary>
    private static ref RadixNode NodeOf(World world) => ref world.Engine.Parts.Files.Cache.Forest.Nodes[Damage.Sparse(world).Pages.Root];
}
