using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Finds the processes that map the pages of a transparent huge page after a split.</summary>
/// <remarks>Cost: O(frames of the block), and for each frame that is mapped its areas; ends as soon as the answer is known.</remarks>
internal sealed class HugeSharing(FrameTable frames, HugeBlocks blocks, ReverseMap map, SpaceTable spaces)
{
    /// <summary>True if a space that maps a part may write to it without a copy.</summary>
    /// <remarks>
    /// False if another space maps any part of the block, if no other part is mapped, so that the copy frees the block, or if the space is
    /// not among the known users. Linux: __wp_can_reuse_large_anon_folio.
    /// </remarks>
    public bool MayReuse(Space space, FrameNumber part)
    {
        if (!blocks.UsersOf(part).Has(space.Index.Value)) return false;
        Search search = new(space, null);
        Walk(part, ref search);
        return search is { HasOther: false, Count: > 1 };
    }

    /// <summary>Notes that a space gets a mapping of the block around a part, as the child of another one.</summary>
    /// <param name="child">The space.</param>
    /// <param name="page">A page at which other spaces are likely to map the block with a leaf.</param>
    /// <param name="part">The part.</param>
    public void Join(Space child, PageNumber page, FrameNumber part)
    {
        ref HugeUsers users = ref blocks.UsersOf(part);
        if (users.Has(child.Index.Value)) return;
        if (users.IsFull)
        {
            (Space first, Space second) = (SpaceOf(users.First), SpaceOf(users.Second));
            bool hasFirst = HasLeaf(first, page, part), hasSecond = HasLeaf(second, page, part);
            if (!hasFirst || !hasSecond)
            {
                Search search = new(first, second);
                Walk(part, ref search);
                users.KeepOnly(search.HasSpace, search.HasOther);
            }
        }

        users.Add(child.Index.Value);
    }

    private Space SpaceOf(uint user) => spaces[new(HugeUsers.SpaceOf(user))];

    private bool HasLeaf(Space space, PageNumber page, FrameNumber part) =>
        space.Tables.Huge.TryRead(page, out PageTableEntry leaf) && leaf.Frame == blocks.FirstOf(part);

    private void Walk(FrameNumber part, ref Search search)
    {
        FrameNumber first = blocks.FirstOf(part);
        uint count = frames.Wholes.Has(first) ? 1 : blocks.FramesEach;    // while only leaves map it, the first frame has all mappings
        for (uint i = 0; i < count && !search.IsDone; i++)
        {
            FrameNumber frame = first + new FrameCount(i);
            if (HugeBlocks.IsPart(frames[frame]) && frames[frame].MapCount != 0) map.Walk(frame, ref search);
        }
    }

    /// <summary>Looks for mappings of one space, and of another one, or of any other.</summary>
    private struct Search(Space space, Space? other) : IMappingVisitor
    {
        public static bool KeepsHuge => true;    // entries are only compared, so no leaf needs to be split

        public bool HasSpace { get; private set; }

        public bool HasOther { get; private set; }

        public uint Count { get; private set; }

        public readonly bool IsDone => HasOther && (HasSpace || other is null);

        public void Visit(Space found, ref Area area, PageNumber page, PageTableEntry entry)
        {
            Count++;
            if (found == space) HasSpace = true;
            else if (other is null || found == other) HasOther = true;
        }
    }
}
