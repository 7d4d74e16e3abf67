using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Core.Frames;

//        ┌──────────────── Total ────────────────┐
//        │ in use │            Free              │      a free block: linked through the descriptor of its first frame
//        │        │ Reserved │ others            │      a block in use: MapCount of its first frame counts its huge entries
//        └───────────────────────────────────────┘
/// <summary>The pool of huge pages of one size: frames that only mappings of huge pages and their files can have.</summary>
/// <remarks><code>
/// Taking      unreserved: a free page if Free differs from Reserved, else a surplus page of ordinary memory; reserved: any free page
/// Reserved    can be above Free (a truncation, a child whose page was taken), and below zero (a discarded page that a child still has)
/// Giving      back to the free ones; while there are surplus pages, back to ordinary memory
/// Beyond      with classic tables, RAM beyond 4 GiB stays in the pool, as only 4 MB entries can lead there (PSE-36); taken first
/// Always      K2  Free counts the linked blocks; Total = Free + blocks in use; Surplus is not above Total
/// Cost        O(1); a surplus page O(frames of a block)
/// Linux       mm/hugetlb.c struct hstate, alloc_hugetlb_folio, free_huge_folio, hugetlb_acct_memory, set_max_huge_pages
/// </code></remarks>
internal sealed class HugePool(FrameTable frames, BuddyAllocator allocator, BlockSource blocks, int order, KeptBlocks kept)
{
    /// <summary>In <c>Private</c> of a block's first frame: an object has it, mapped or not.</summary>
    public const uint InObject = 1;

    /// <summary>In <c>Private</c> of a block's first frame: discarded by its owner, so reserved again when it is given back.</summary>
    public const uint Marked = 2;

    // The first of the linked free blocks, of ordinary memory and beyond; frame 0, which is always reserved, means none.
    private FrameNumber _free, _freeBeyond;
    private long _beyond;
    private bool _isRestoring;

    /// <summary>The pages whose bytes snapshots keep.</summary>
    public KeptBlocks Kept => kept;

    /// <summary>The binary logarithm of the frames of a page.</summary>
    public int Order => order;

    /// <summary>The small pages of a huge one.</summary>
    public PageCount PagesEach => new(1u << order);

    public long Total { get; private set; }
    public long Free { get; private set; }
    public long Reserved { get; private set; }
    public long Surplus { get; private set; }

    /// <summary>The most surplus pages. Linux: nr_overcommit_hugepages.</summary>
    public long SurplusMax { get; set; }

    /// <summary>Takes a page that is not reserved. Returns false if none is available. The bytes are left as they are.</summary>
    /// <remarks>Linux: available_huge_pages is unsigned, so more reservations than free pages make every free page available.</remarks>
    public bool TryTake(out FrameNumber block)
    {
        block = default;
        return (Free != Reserved && TryPop(out block)) || TryTakeSurplus(out block);
    }

    /// <summary>Takes a page that was reserved for the caller.</summary>
    public bool TryTakeReserved(out FrameNumber block)
    {
        if (!TryPop(out block) && !TryTakeSurplus(out block)) return false;    // Reserved may exceed Free
        Reserved--;
        return true;
    }

    /// <summary>Takes back a page that no entry maps and no object has. Linux: free_huge_folio.</summary>
    public void GiveBack(FrameNumber block)
    {
        kept.BeforeChange(block);
        ref FrameDescriptor first = ref frames[block];
        if ((first.Private & Marked) != 0) Reserved++;    // Linux: restore_reserve
        first.Private = 0;
        Push(block);
        ReleaseSurplus(Math.Min(Surplus, 1));    // as free_huge_folio does while there is a surplus
    }

    /// <summary>Reserves pages, and takes surplus pages if too few are free.</summary>
    /// <returns>False if none is reserved. Free surplus pages may be gone if the count exceeds the free pages.</returns>
    /// <remarks>
    /// Never reserves more than is free, even if Reserved is below zero. Linux: hugetlb_acct_memory (allowed_mems_nr),
    /// gather_surplus_pages.
    /// </remarks>
    public bool TryReserve(long count)
    {
        if (count == 0) return true;
        long missing = Reserved + count - Free;
        if (missing > 0)
        {
            if (Surplus + missing > SurplusMax) return false;    // all or none, as gather_surplus_pages
            for (long added = 0; added < missing; added++)
            {
                if (TryTakeSurplus(out FrameNumber block))
                {
                    Push(block);
                    continue;
                }

                ReleaseSurplus(added);
                return false;
            }
        }

        Reserved += count;
        if (count <= Free) return true;
        Unreserve(count);
        return false;
    }

    /// <summary>Takes reservations back, and releases surplus pages that are free. Linux: return_unused_surplus_pages.</summary>
    public void Unreserve(long count)
    {
        Reserved -= count;
        ReleaseSurplus(Math.Min(Math.Min(count, Surplus), Free));
    }

    /// <summary>Begins to take processes back to a snapshot: until <see cref="EndRestore"/> no surplus page is released.</summary>
    /// <param name="missing">The pages that the snapshot needs beyond those of the pool; surplus pages are added.</param>
    /// <returns>False, with nothing changed, if there are none.</returns>
    public bool TryBeginRestore(long missing)
    {
        for (long added = 0; added < missing; added++)
        {
            if (TryTakeSurplus(out FrameNumber block))
            {
                Push(block);
                continue;
            }

            ReleaseSurplus(added);
            return false;
        }

        _isRestoring = true;
        return true;
    }

    /// <summary>Takes a page for a snapshot. Precondition: <see cref="TryBeginRestore"/> was told of it.</summary>
    public FrameNumber TakeForRestore() => TryPop(out FrameNumber block)
        ? block : throw new InvariantException("K2: a snapshot needs a page of the pool, and none is free, although they were counted.");

    /// <summary>Changes the number of reservations to that of a snapshot.</summary>
    public void RestoreReservations(long change) => Reserved += change;

    /// <summary>Releases the surplus pages beyond those of a snapshot that are neither used nor reserved.</summary>
    public void EndRestore(in KeptPoolSize size)
    {
        _isRestoring = false;
        ReleaseSurplus(Math.Min(Surplus - size.Surplus, Free - Math.Max(0, Reserved - Math.Max(0, size.Shortage))));
    }

    /// <summary>Sets the size of the pool. Pages that cannot be released become surplus. Linux: set_max_huge_pages.</summary>
    /// <remarks>
    /// The pool grows as far as there are free blocks of ordinary memory, or they can be made by moving and freeing pages.
    /// </remarks>
    public void Resize(long count)
    {
        count = Math.Max(count, _beyond);    // pages beyond the reach of small entries serve nothing else
        long ordinary = Math.Min(Surplus, Math.Max(0, count - (Total - Surplus)));
        Surplus -= ordinary;    // before new blocks are taken: adjust_pool_surplus
        while (Total - Surplus < count && TryAddBlock(out FrameNumber block)) Push(block);
        long least = Math.Max(count, Reserved + Total - Free);    // reserved pages and those in use stay: min_count
        while (Total - Surplus > least && TryPop(ref _free, out FrameNumber block)) Release(block);

        Surplus += Math.Max(0, Total - Surplus - count);
    }

    /// <summary>Takes over the frames beyond the reach of small entries, when the engine is made. The allocator has none of them.</summary>
    /// <remarks>Cost: O(frames there).</remarks>
    public void AdoptBeyond()
    {
        uint end = frames.Count.Value;
        for (uint first = frames.OrdinaryCount.Value; end - first >= PagesEach.Value; first += PagesEach.Value)    // whole pages only
        {
            for (uint i = 0; i < PagesEach.Value; i++) frames.HandOut(ref frames[new FrameNumber(first + i)], FrameState.Kernel);
            Total++;
            _beyond++;
            Push(new(first));
        }
    }

    /// <summary>True if an object has a block of the pool, an entry maps it, or the host has pinned a part of it.</summary>
    /// <remarks>A block has one reference of its own, one for each mapping, and one for each pin (F8).</remarks>
    public static bool IsUsed(ref readonly FrameDescriptor first) => first.ReferenceCount > 1 || (first.Private & InObject) != 0;

    /// <summary>The first frame of the page around a frame.</summary>
    public FrameNumber FirstOf(FrameNumber part) => new(part.Value & ~(PagesEach.Value - 1));

    /// <summary>Counts the linked blocks, for the audit.</summary>
    public long CountLinked() => CountFrom(_free) + CountFrom(_freeBeyond);

    private long CountFrom(FrameNumber block)
    {
        long count = 0;
        for (; block != default && count <= Total; block = new(frames[block].Next)) count++;
        return count;
    }

    private void Push(FrameNumber block)
    {
        ref FrameNumber list = ref block.Value < frames.OrdinaryCount.Value ? ref _free : ref _freeBeyond;
        frames[block].Next = list.Value;
        list = block;
        Free++;
    }

    private bool TryPop(out FrameNumber block) => TryPop(ref _freeBeyond, out block) || TryPop(ref _free, out block);

    private bool TryPop(ref FrameNumber list, out FrameNumber block)
    {
        block = list;
        if (block == default) return false;
        list = new(frames[block].Next);
        frames[block].Next = 0;
        Free--;
        return true;
    }

    private bool TryTakeSurplus(out FrameNumber block)
    {
        block = default;
        if (Surplus >= SurplusMax || !TryAddBlock(out block)) return false;
        Surplus++;
        return true;
    }

    private bool TryAddBlock(out FrameNumber block)
    {
        block = default;
        if (order > BuddyAllocator.OrderMax) return false;
        bool isMade = blocks.TryAllocate(order, FrameState.Kernel, out block);
        if (isMade) Total++;
        return isMade;
    }

    private void ReleaseSurplus(long count)
    {
        if (_isRestoring) return;
        for (; count > 0 && TryPop(ref _free, out FrameNumber block); count--)
        {
            Surplus--;
            Release(block);
        }
    }

    private void Release(FrameNumber block)
    {
        Total--;
        allocator.FreeBlock(block, order);
    }
}
