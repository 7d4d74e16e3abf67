using Paging.Native;

namespace Paging.Core.Frames;

//   first frame: Private = huge entries (leaves), MapCount = leaves + small entries of this frame
//   ┌─────┬─────┬─────┬─ … ─┐
//   │  0  │  1  │  2  │     │    the others: MapCount = small entries; one reference more while there is a leaf
//   └─────┴─────┴─────┴─ … ─┘
/// <summary>Blocks of frames behind transparent huge pages: made whole, mapped by leaves, by small entries, or by both.</summary>
/// <remarks><code>
/// Always      F7  of a block with leaves, the first frame counts them in Private; every other frame has one reference more than mappings
///             a frame says by its flag that it is a part; it loses the flag when it is freed
///             frames of a block with leaves are on no reclaim list
/// Cost        O(1) to map once more, or to drop a leaf that is not the last one; O(frames) to split and to free
/// Linux       a large anonymous folio: _entire_mapcount, _nr_pages_mapped; mm/huge_memory.c
/// </code></remarks>
internal sealed class HugeBlocks(PhysicalMemory ram, FrameTable frames, FrameLists lists, BuddyAllocator allocator, int order)
{
    private FrameNumber _zeros;

    /// <summary>The frames of a block are 2 to the power of this.</summary>
    public int Order => order;

    public uint FramesEach => 1u << order;

    /// <summary>The block that a read of untouched memory shows; frame 0 until it is first needed. Linux: huge_zero_folio.</summary>
    public FrameNumber ZeroBlock => _zeros;

    /// <summary>True for a frame that was made as a part of a block.</summary>
    public static bool IsPart(in FrameDescriptor frame) =>
        (frame.Flags & PageFlags.HugePart) != 0 && (frame.State is FrameState.Anonymous or FrameState.SwapCache);

    /// <summary>The first frame of the block around a frame.</summary>
    public FrameNumber FirstOf(FrameNumber part) => new(part.Value & ~(FramesEach - 1));

    /// <summary>How many huge entries map the block around a part.</summary>
    public uint LeavesOf(FrameNumber part)
    {
        ref FrameDescriptor first = ref frames[FirstOf(part)];
        return first.State == FrameState.Anonymous && (first.Flags & PageFlags.HugePart) != 0 ? first.Private : 0;
    }

    /// <summary>How many entries, small or huge, show a frame.</summary>
    public uint MappingsOf(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames.Named(frame);
        bool isTail = IsPart(descriptor) && FirstOf(frame) != frame;
        return descriptor.MapCount + (isTail ? LeavesOf(frame) : 0);
    }

    /// <summary>Takes a block for one leaf, its bytes as they are. False: there is no free block.</summary>
    public bool TryTake(uint owner, FilePage position, out FrameNumber first)
    {
        if (!allocator.TryAllocateBlock(order, FrameState.Anonymous, out first)) return false;
        for (uint i = 0; i < FramesEach; i++) frames[first + new FrameCount(i)].Flags = PageFlags.HugePart;
        ref FrameDescriptor head = ref frames[first];
        head.Owner = owner;
        head.Index = position.Value;
        head.Private = 1;
        head.Counts = FrameTable.OneReferenceAndMapping;
        return true;
    }

    /// <summary>Zeroes a block that was just taken.</summary>
    public void Clear(FrameNumber first)
    {
        for (uint i = 0; i < FramesEach; i++) ram.Clear(first + new FrameCount(i));
    }

    /// <summary>Makes the block of zeros if there is none yet. False: there is no free block.</summary>
    public bool TryPrepareZeros()
    {
        if (_zeros != default) return true;
        if (!allocator.TryAllocateBlock(order, FrameState.Kernel, out _zeros)) return false;
        Clear(_zeros);
        return true;
    }

    /// <summary>Another leaf maps the block.</summary>
    public void AddLeaf(FrameNumber first)
    {
        ref FrameDescriptor head = ref frames[first];
        head.Counts += FrameTable.OneReferenceAndMapping;
        head.Private++;
    }

    /// <summary>True if nothing but one leaf maps the block.</summary>
    public bool IsAlone(FrameNumber first)
    {
        ref FrameDescriptor head = ref frames[first];
        if (head.Counts != FrameTable.OneReferenceAndMapping || head.Private != 1) return false;
        for (uint i = 1; i < FramesEach; i++) if (frames[first + new FrameCount(i)].Counts != 1) return false;
        return true;
    }

    /// <summary>A leaf is gone: frees what nothing maps any more.</summary>
    public void DropLeaf(FrameNumber first, ref TlbGather gather)
    {
        ref FrameDescriptor head = ref frames[first];
        if (IsAlone(first))
        {
            head.Private = 0;
            head.Counts = 1;
            allocator.FreeBlock(first, order);
            return;
        }

        if (--head.Private == 0)
        {
            for (uint i = 1; i < FramesEach; i++)
            {
                FrameNumber part = first + new FrameCount(i);
                gather.Add(part);
                if (frames[part].MapCount != 0) lists.Add(part, FrameFlags.None);
            }

            if (head.MapCount > 1) lists.Add(first, FrameFlags.None);
        }

        gather.AddMapped(first);
    }

    /// <summary>A leaf becomes small entries, one for each frame.</summary>
    public void SplitLeaf(FrameNumber first)
    {
        ref FrameDescriptor head = ref frames[first];
        bool isLast = --head.Private == 0;
        for (uint i = 1; i < FramesEach; i++)
        {
            FrameNumber part = first + new FrameCount(i);
            ref FrameDescriptor tail = ref frames[part];
            tail.Counts += FrameTable.OneReferenceAndMapping;
            tail.Owner = head.Owner;
            tail.Index = head.Index + i;
            if (isLast) tail.Counts--;
            if (isLast) lists.Add(part, FrameFlags.None);
        }

        if (isLast) lists.Add(first, FrameFlags.None);
    }
}
