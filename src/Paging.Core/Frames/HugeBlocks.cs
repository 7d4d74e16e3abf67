using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Core.Frames;

//   first frame: Private = huge entries (leaves), MapCount = leaves + small entries of this frame
//   ┌─────┬─────┬─────┬─ … ─┐
//   │  0  │  1  │  2  │     │    the others: MapCount = small entries; one reference more while there is a leaf
//   └─────┴─────┴─────┴─ … ─┘    their descriptors are unwritten while only leaves map the block (WholeBlocks)
/// <summary>Blocks of frames after transparent huge pages: made whole, mapped by leaves, by small entries, or by both.</summary>
/// <remarks><code>
/// Always      F7  of a block with leaves, the first frame counts them in Private; every other frame has one reference more than mappings
///             a frame's flag marks it as a part; the frame loses the flag when it is freed
///             a block with leaves is on a reclaim list by its first frame, and its group is charged for all frames (FrameLists)
/// Cost        O(1) to take, map and free a block that only leaves map; O(frames) to split, and once it was split or pinned
/// Linux       a large anonymous folio: _entire_mapcount, _nr_pages_mapped; mm/huge_memory.c
/// </code></remarks>
internal sealed class HugeBlocks(FrameStore store, BlockSource blocks, int order)
{
    private FrameNumber _zeros;
    private readonly HugeUsers[] _users = new HugeUsers[(store.Frames.Count.Value >> order) + 1];

    /// <summary>The first two address spaces that map the block around a frame.</summary>
    public ref HugeUsers UsersOf(FrameNumber part) => ref _users[part.Value >> order];

    /// <summary>The binary logarithm of the frames of a block.</summary>
    public int Order => order;

    public uint FramesEach => 1u << order;

    /// <summary>The block that a read of untouched memory maps; frame 0 until it is first needed. Linux: huge_zero_folio.</summary>
    public FrameNumber ZeroBlock => _zeros;

    /// <summary>True for a frame that was made as a part of a block.</summary>
    public static bool IsPart(in FrameDescriptor frame) =>
        (frame.Flags & PageFlags.HugePart) != 0 && (frame.State is FrameState.Anonymous or FrameState.SwapCache);

    /// <summary>True if a row of frames is one huge page of shared memory: parts with the pages of one object in order.</summary>
    /// <param name="frames">The descriptors.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="count">The number of pages that a huge page has. Cost: O(pages), or a test if the first is no part.</param>
    public static bool IsOfObject(FrameTable frames, FrameNumber first, uint count)
    {
        ref readonly FrameDescriptor head = ref frames[first];
        if (((first.Value | head.Index) & (count - 1)) != 0) return false;
        for (uint i = 0; i < count; i++)
        {
            ref readonly FrameDescriptor frame = ref frames[first + new FrameCount(i)];
            bool isPart = frame.State == FrameState.PageCache && (frame.Flags & PageFlags.HugePart) != 0
                && frame.Owner == head.Owner && frame.Index == head.Index + i;
            if (!isPart) return false;
        }

        return true;
    }

    /// <summary>The first frame of the block around a frame.</summary>
    public FrameNumber FirstOf(FrameNumber part) => new(part.Value & ~(FramesEach - 1));

    /// <summary>The number of huge entries that map the block around a part.</summary>
    public uint LeavesOf(FrameNumber part)
    {
        ref FrameDescriptor first = ref store.Frames[FirstOf(part)];    // if it went to the swap cache, Private is a slot's key
        return first.State == FrameState.Anonymous && (first.Flags & PageFlags.HugePart) != 0 ? first.Private : 0;
    }

    /// <summary>The number of entries, small or huge, that map a frame.</summary>
    public uint MappingsOf(FrameNumber frame)
    {
        FrameDescriptor descriptor = store.Frames.Shown(frame);
        bool isTail = IsPart(descriptor) && FirstOf(frame) != frame;    // the first frame's MapCount includes the leaves
        return descriptor.MapCount + (isTail ? LeavesOf(frame) : 0);
    }

    /// <summary>Counts the events of huge pages.</summary>
    public HugeCounters Counters;

    /// <summary>Takes a block, its bytes as they are. It is not mapped: <see cref="AddFirstLeaf"/> or <see cref="GiveBack"/>.</summary>
    /// <returns>False if there is no block, or no room in the group, even after reclaim and compaction.</returns>
    /// <remarks>
    /// May reclaim and move pages, so the caller reads entries afterwards. Linux: vma_alloc_anon_folio_pmd, alloc_charge_folio.
    /// </remarks>
    public bool TryTake(FrameGroup charged, uint owner, FilePage position, out FrameNumber first)
    {
        first = default;
        if (!charged.HasRoomFor(FramesEach) && !blocks.TryMakeRoom(charged, FramesEach)) return false;
        if (!blocks.TryAllocateWhole(FrameHeader.Of(FrameState.Anonymous, PageFlags.HugePart, 0, 0), out first)) return false;
        ref FrameDescriptor head = ref store.Frames[first];
        head.Owner = owner;
        head.Index = position.Value;
        return true;
    }

    /// <summary>Takes frames for a huge page of any state, each with its descriptor. Ignores the group.</summary>
    public bool TryAllocate(FrameState purpose, out FrameNumber first) =>
        blocks.TryAllocate(order, purpose, out first);

    /// <summary>Counts the first leaf of a block that was taken. The block joins a reclaim list, and the group is charged.</summary>
    /// <param name="charged">The group that is charged.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="user">The address space that maps it.</param>
    public void AddFirstLeaf(FrameGroup charged, FrameNumber first, uint user)
    {
        UsersOf(first) = new() { First = user };
        ref FrameDescriptor head = ref store.Frames[first];
        head.Private = 1;
        head.Counts = FrameTable.OneReferenceAndMapping;    // the reference of the allocation becomes the leaf's
        store.Lists.AddBlock(charged, first, FrameFlags.None);
    }

    /// <summary>Gives a block back that was taken and not mapped.</summary>
    public void GiveBack(FrameNumber first) => store.Allocator.FreeWhole(first);

    /// <summary>Writes the descriptors of the block around a frame, if only the first one is written, as the frames will differ.</summary>
    public void EnsureTails(FrameNumber part)
    {
        if (store.Frames.Wholes.Has(part)) store.Frames.WriteTails(FirstOf(part));
    }

    /// <summary>Zeroes a block that was just taken.</summary>
    public void Clear(FrameNumber first)
    {
        for (uint i = 0; i < FramesEach; i++) store.Ram.Clear(first + new FrameCount(i));
        store.Ram.Observers.Note(first, new(FramesEach));    // all of it can be read once a leaf leads to it
    }

    /// <summary>Makes the block of zeros if there is none yet. Returns false if there is no free block.</summary>
    public bool TryPrepareZeros()
    {
        if (_zeros != default) return true;
        if (!TryAllocate(FrameState.Kernel, out _zeros))    // Kernel: on no list, as its entries are special and count nothing
        {
            Counters.ZeroPageRefused++;
            return false;
        }

        Counters.ZeroPagesMade++;
        Clear(_zeros);
        return true;
    }

    /// <summary>Counts another leaf of the block.</summary>
    public void AddLeaf(FrameNumber first)
    {
        ref FrameDescriptor head = ref store.Frames[first];
        head.Counts += FrameTable.OneReferenceAndMapping;
        head.Private++;
    }

    /// <summary>True if one leaf maps the block, and no other entry does.</summary>
    public bool IsAlone(FrameNumber first)
    {
        ref FrameDescriptor head = ref store.Frames[first];
        if (head.Counts != FrameTable.OneReferenceAndMapping || head.Private != 1) return false;    // a small entry of it counts as well
        if (store.Frames.Wholes.Has(first)) return true;
        return store.Frames[first + new FrameCount(1)].Counts == 1
            && store.Frames.HaveOneReferenceEach(first + new FrameCount(2), FramesEach - 2);
    }

    /// <summary>Drops a leaf, and frees the frames that nothing maps any more. A leaf that a host has redirected is not counted.</summary>
    public void DropLeaf(FrameNumber first, ref TlbGather gather)
    {
        if (LeavesOf(first) == 0) return;
        ref FrameDescriptor head = ref store.Frames[first];
        if (IsAlone(first) && store.Lists.Shootdown is not { MustKeep: true })
        {
            store.Lists.Remove(first);
            if (store.Frames.Wholes.Has(first))
            {
                head.Counts = 0;
                store.Allocator.FreeWhole(first);
            }
            else
            {
                store.Allocator.FreeAnonymous(first, FramesEach);
            }

            return;
        }

        if (--head.Private == 0)
        {
            EnsureTails(first);
            store.Lists.BreakUp(first);    // first: parts that only leaves held get on no list
            for (uint i = 1; i < FramesEach; i++) gather.Add(first + new FrameCount(i));
        }

        gather.AddMapped(first);    // last, as BreakUp reads its list and group
    }

    /// <summary>True if small entries of all frames of a block may become a leaf: the frames are as a split has left them.</summary>
    /// <param name="first">The first frame. Any other one is refused.</param>
    public bool MayJoin(FrameNumber first)
    {
        if (FirstOf(first) != first || first.Value + (ulong)FramesEach > store.Frames.Count.Value) return false;
        FrameDescriptor head = store.Frames.Named(first);
        if (!IsPart(head) || head.State != FrameState.Anonymous || store.Frames.Wholes.Has(first)) return false;
        bool areListed = head.Private == 0;    // with other leaves, the block is on its list
        for (uint i = 0; i < FramesEach; i++)
        {
            ref FrameDescriptor part = ref store.Frames[first + new FrameCount(i)];
            bool isSame = part.State == FrameState.Anonymous && IsPart(part) && part.Owner == head.Owner && part.Index == head.Index + i
                && part.MapCount != 0;
            bool isListed = (part.Flags & FrameFlags.OnList) != FrameFlags.None && part.Group == head.Group
                && !store.Lists.HasPolicyIn(in part);
            if (!isSame || (areListed && !isListed)) return false;
        }

        return true;
    }

    /// <summary>Counts a leaf in place of the small entries, one for each frame: undoes <see cref="SplitLeaf"/>.</summary>
    /// <remarks>Precondition: <see cref="MayJoin"/>.</remarks>
    public void Join(FrameNumber first, uint user)
    {
        if (Check.Cheap && !MayJoin(first)) Check.ThrowUnmet($"Join: the frames from {first.Value:x5} on are not as a split leaves them.");
        UsersOf(first).RemoveMiscounted(user);
        ref FrameDescriptor head = ref store.Frames[first];
        bool isFirst = head.Private++ == 0;
        for (uint i = 1; i < FramesEach; i++)
        {
            ref FrameDescriptor tail = ref store.Frames[first + new FrameCount(i)];
            tail.Counts -= FrameTable.OneReferenceAndMapping;
            if (isFirst) tail.Counts++;    // F7: the reference that all leaves hold
        }

        if (isFirst) store.Lists.JoinBlock(first);
    }

    /// <summary>Counts the small entries, one for each frame, that a leaf is split into.</summary>
    /// <param name="first">The first frame.</param>
    /// <param name="user">The address space of the leaf.</param>
    public void SplitLeaf(FrameNumber first, uint user)
    {
        EnsureTails(first);
        UsersOf(first).AddMiscounted(user);
        ref FrameDescriptor head = ref store.Frames[first];
        bool isLast = --head.Private == 0;
        for (uint i = 1; i < FramesEach; i++)
        {
            FrameNumber part = first + new FrameCount(i);
            ref FrameDescriptor tail = ref store.Frames[part];
            tail.Counts += FrameTable.OneReferenceAndMapping;
            tail.Owner = head.Owner;
            tail.Index = head.Index + i;
            if (isLast) tail.Counts--;    // F7: the reference that the leaves held
        }

        if (isLast) store.Lists.BreakUp(first);    // after the counts: it lists the mapped frames
    }
}
