using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Memory;

namespace Paging.Core.Cache;

/// <summary>The pages of files of huge pages, and the reservations of each file.</summary>
/// <remarks>
/// The tree of such a file (<see cref="FileObject.Pages"/>) is indexed by huge page: it has the first frame of an existing page, or a
/// mark for a reserved one. Everything in the tree counts as reserved. Linux: fs/hugetlbfs/inode.c; struct resv_map.
/// </remarks>
internal sealed class HugeObjects(PhysicalMemory ram, FrameTable frames, RadixForest forest, HugePool pool)
{
    private const uint Reserved = uint.MaxValue, Fresh = uint.MaxValue - 1;    // no frame has these numbers

    /// <summary>The one pool that has pages.</summary>
    public HugePool Pool => pool;

    /// <summary>True if the file's pages come from the pool; those of 1 GiB come from one that is always empty.</summary>
    public bool HasPages(FileObject file) => file.HugeOrder == pool.Order;

    /// <summary>Finds a page of a file, if it exists.</summary>
    public bool TryFind(FileObject file, uint index, out FrameNumber block)
    {
        uint found = forest.Find(in file.Pages, index);
        block = new(found == Reserved ? 0 : found);
        return block.Value != 0;
    }

    /// <summary>Reserves those pages of a range that neither exist nor are reserved. On failure nothing has changed.</summary>
    /// <remarks>Linux: hugetlb_reserve_pages for a shared mapping.</remarks>
    public bool TryReserve(FileObject file, uint first, uint count)
    {
        uint missing = 0;
        for (uint index = first; index < first + count; index++) if (forest.Find(in file.Pages, index) == 0) missing++;
        if (missing == 0) return true;
        if (!HasPages(file) || !pool.TryReserve(missing)) return false;    // all or none, before a mark is made
        for (uint index = first; index < first + count; index++)
        {
            if (forest.Find(in file.Pages, index) != 0 || forest.TryInsert(ref file.Pages, index, Fresh)) continue;
            Settle(file, first, index, keep: false);
            pool.Unreserve(missing);
            return false;
        }

        Settle(file, first, first + count, keep: true);
        return true;
    }

    /// <summary>
    /// Makes a page of a file: zeros. ENOSPC: the pool is empty; ENOMEM: no memory for the record. Linux: alloc_hugetlb_folio,
    /// hugetlb_add_to_page_cache.
    /// </summary>
    public Errno Make(FileObject file, uint index, out FrameNumber block)
    {
        block = default;
        if (!HasPages(file)) return Errno.ENOSPC;
        bool isReserved = forest.Find(in file.Pages, index) == Reserved;
        if (!isReserved && !forest.TryInsert(ref file.Pages, index, Reserved)) return Errno.ENOMEM;    // the record before the page
        if (!(isReserved ? pool.TryTakeReserved(out block) : pool.TryTake(out block)))
        {
            if (!isReserved) forest.Remove(ref file.Pages, index);
            return Errno.ENOSPC;
        }

        forest.Replace(ref file.Pages, index, block.Value);
        Begin(block, file, index, HugePool.InObject);    // after the tree has it: the page cannot be lost
        return Errno.None;
    }

    /// <summary>Zeroes a page that was taken, and records its owner.</summary>
    public void Begin(FrameNumber block, FileObject file, uint index, uint state)
    {
        ClearAll(block);
        Own(block, file, index, state);
    }

    /// <summary>Copies a page into one that was taken, and records its owner.</summary>
    public void BeginCopy(FrameNumber block, FrameNumber source, FileObject file, uint index)
    {
        for (uint i = 0; i < pool.PagesEach.Value; i++) ram.Copy(source + new FrameCount(i), block + new FrameCount(i));
        ram.Observers.Note(block, new(pool.PagesEach.Value));    // all of it can be read from now on
        Own(block, file, index, 0);
    }

    /// <summary>Drops pages and reservations from one page on. Precondition: nothing maps them. Linux: remove_inode_hugepages.</summary>
    public void DropFrom(FileObject file, uint first)
    {
        long unkept = 0;
        while (forest.TryNext(in file.Pages, first, out uint index, out uint value))
        {
            forest.Remove(ref file.Pages, index);
            if (value == Reserved) unkept++;    // pages that exist have used their reservations
            else LetGo(new(value));
        }

        if (unkept != 0) pool.Unreserve(unkept);
    }

    /// <summary>Drops the existing pages of a range without reserving them again. Other reservations stay.</summary>
    public void DropPages(FileObject file, uint first, uint end)
    {
        uint from = first;
        while (forest.TryNext(in file.Pages, from, out uint index, out uint value) && index < end)
        {
            from = index + 1;
            if (value == Reserved) continue;
            forest.Remove(ref file.Pages, index);
            LetGo(new(value));
        }
    }

    /// <summary>Zeroes bytes of existing pages. Linux: hugetlbfs_zero_partial_page.</summary>
    public void Clear(FileObject file, long from, long to)
    {
        while (from < to)
        {
            int inPage = (int)(from & VirtualAddress.OffsetMask);
            int length = (int)Math.Min(FrameBytes.Length - inPage, to - from);
            if (TryFrame(file, from, out FrameNumber frame))
            {
                pool.Kept.BeforeChange(pool.FirstOf(frame));
                ram.Bytes(frame).Slice(inPage, length).Clear();
                ram.Observers.Note(frame);
            }

            from += length;
        }
    }

    /// <summary>Copies bytes out, holes as zeros. Linux: hugetlbfs_read_iter.</summary>
    public void Read(FileObject file, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int inPage = (int)(offset & VirtualAddress.OffsetMask);
            int length = Math.Min(FrameBytes.Length - inPage, destination.Length);
            if (TryFrame(file, offset, out FrameNumber frame)) ram.Bytes(frame).Slice(inPage, length).CopyTo(destination);
            else destination[..length].Clear();
            offset += length;
            destination = destination[length..];
        }
    }

    /// <summary>Finds the first page or reservation of a file from an index on. Frame 0: it is reserved, and not there.</summary>
    public bool TryNext(FileObject file, uint from, out uint index, out FrameNumber block)
    {
        bool isFound = forest.TryNext(in file.Pages, from, out index, out uint value);
        block = new(value is Reserved or Fresh ? 0 : value);
        return isFound;
    }

    /// <summary>Makes room for the record of a page that a restore will need. Returns false without memory.</summary>
    /// <param name="file">The file.</param>
    /// <param name="index">The page.</param>
    /// <param name="isMade">True if there was no record: <see cref="Cancel"/> or <see cref="RestorePage"/> must follow.</param>
    public bool TryPrepare(FileObject file, uint index, out bool isMade)
    {
        isMade = forest.Find(in file.Pages, index) == 0;
        return !isMade || forest.TryInsert(ref file.Pages, index, Fresh);
    }

    /// <summary>Undoes <see cref="TryPrepare"/>.</summary>
    public void Cancel(FileObject file, uint index) => forest.Remove(ref file.Pages, index);

    /// <summary>Drops a page or reservation that a file did not have at a snapshot.</summary>
    /// <param name="file">The file.</param>
    /// <param name="index">The page.</param>
    /// <param name="isReserved">True if it was reserved then.</param>
    public void RestoreAbsence(FileObject file, uint index, bool isReserved)
    {
        uint value = forest.Find(in file.Pages, index);
        bool isThere = value is not (Reserved or Fresh);
        if (isReserved) forest.Replace(ref file.Pages, index, Reserved);
        else forest.Remove(ref file.Pages, index);
        pool.RestoreReservations((isReserved ? 1 : 0) - (value == Reserved ? 1 : 0));
        if (isThere) LetGo(new(value));
    }

    /// <summary>Gives a file the page that it had at a snapshot. Precondition: the page has a record (<see cref="TryPrepare"/>).</summary>
    /// <remarks>A page that is there stays in its place, with the bytes of the snapshot.</remarks>
    public void RestorePage(FileObject file, uint index, KeptBlock bytes, bool isPinned)
    {
        uint value = forest.Find(in file.Pages, index);
        if (Check.Cheap && value == 0) Check.ThrowUnmet($"RestorePage: page {index} of file {file.Number} has no record.");
        FrameNumber block = new(value);
        if (value is Reserved or Fresh)
        {
            pool.RestoreReservations(value == Reserved ? -1 : 0);
            block = IsOf(file, index, bytes.Block) ? bytes.Block : pool.TakeForRestore();    // dropped since, and still in use
            forest.Replace(ref file.Pages, index, block.Value);
            Own(block, file, index, HugePool.InObject);
        }

        pool.Kept.Restore(bytes, block, isPinned);
    }

    /// <summary>Gives a block that was taken the bytes of a private page of a snapshot.</summary>
    public void BeginKept(FrameNumber block, KeptBlock bytes, FileObject file, uint index, bool isPinned)
    {
        pool.Kept.Restore(bytes, block, isPinned);
        Own(block, file, index, frames[block].Private);
    }

    private bool IsOf(FileObject file, uint index, FrameNumber block) =>
        block != default && frames[block] is { } first && first.Owner == file.Number && first.Index == index;

    private bool TryFrame(FileObject file, long offset, out FrameNumber frame)
    {
        long page = offset >> VirtualAddress.PageShift;
        bool isThere = TryFind(file, (uint)(page >> file.HugeOrder), out FrameNumber block);
        frame = block + new FrameCount((uint)page & (file.HugePages.Value - 1));
        return isThere;
    }

    private void Own(FrameNumber block, FileObject file, uint index, uint state)
    {
        ref FrameDescriptor first = ref frames[block];
        first.Owner = file.Number;
        first.Index = index;
        first.Private = state;
    }

    private void ClearAll(FrameNumber block)
    {
        for (uint i = 0; i < pool.PagesEach.Value; i++) ram.Clear(block + new FrameCount(i));
        ram.Observers.Note(block, new(pool.PagesEach.Value));
    }

    /// <summary>Removes a page from its object, and gives it back to the pool unless it is still mapped.</summary>
    private void LetGo(FrameNumber block)
    {
        ref FrameDescriptor first = ref frames[block];
        first.Private &= ~HugePool.InObject;
        if (!HugePool.IsUsed(in first)) pool.GiveBack(block);
    }

    /// <summary>Confirms the reservations that a call has begun to make, or removes them.</summary>
    private void Settle(FileObject file, uint first, uint end, bool keep)
    {
        for (uint index = first; index < end; index++)
        {
            if (forest.Find(in file.Pages, index) != Fresh) continue;
            if (keep) forest.Replace(ref file.Pages, index, Reserved);
            else forest.Remove(ref file.Pages, index);
        }
    }
}
