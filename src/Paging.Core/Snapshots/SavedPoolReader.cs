using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Gives new processes the memory of the pool that a <see cref="SavedPoolWriter"/> has written.</summary>
/// <remarks>
/// Every page is read at once, also from an image or a store of pages: the pool has no swap. The pool must have the pages; their size is
/// that of the table format.
/// </remarks>
internal sealed class SavedPoolReader(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedReader reader, SwapDevice? farPages, ImageFrames? image)
{
    private HugePool Pool => supplies.Huge.Pool;

    /// <summary>Reads the runs of a file of huge pages, up to their end mark.</summary>
    /// <param name="file">The file, empty.</param>
    /// <param name="slot">The place of its first page in the store or image; afterwards that of the next page.</param>
    public void Read(FileObject file, ref uint slot)
    {
        ulong end = 0;
        while (true)
        {
            uint first = reader.ReadWord(), count = reader.ReadWord(), bits = reader.ReadWord();
            if (count == 0) return;
            uint index = first >> file.HugeOrder, inside = first & (file.HugePages.Value - 1);
            bool isReserved = (bits & SnapshotFormat.GuardRun) != 0;
            bool isSound = first >= end && count <= file.HugePages.Value - inside && (!isReserved || (inside == 0 && count == 1));
            if (!isSound) throw ChecksummedReader.Damaged($"a run of pages at page {first} of '{file.Name}' is out of order");
            end = first + (ulong)count;
            if (isReserved)
            {
                if (!supplies.Huge.TryReserve(file, index, 1)) throw NoPages();
                continue;
            }

            if (!supplies.Huge.TryFind(file, index, out FrameNumber block)
                && (!supplies.Huge.HasPages(file) || supplies.Huge.Make(file, index, out block) != Errno.None)) throw NoPages();
            for (uint i = 0; i < count; i++) Fill(block + new FrameCount(inside + i), bits, ref slot);
        }
    }

    /// <summary>Reads what the areas of the pool of a process have beside their records, and reserves their pages.</summary>
    public void ReadAreas(Space space)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (space.Areas.PoolObject(area) is not { } file) continue;
            AreaFlags flags = (AreaFlags)reader.ReadWord();
            uint usedCount = reader.ReadWord(), first = file.HugeIndexOf(area, area.First), count = area.Count.Value >> file.HugeOrder;
            bool isOwner = (flags & PoolAreas.Owner) != 0;
            bool isWhole = ((area.First.Value | area.Count.Value | area.PageOffset.Value) & (file.HugePages.Value - 1)) == 0;
            bool isSound = isWhole && (flags & ~PoolAreas.Flags) == 0 && usedCount <= (isOwner ? count : 0)
                && !(isOwner && area.Has(AreaFlags.MayShare)) && (area.Flags & AreaFlags.LockedMask) == 0;
            if (!isSound) throw ChecksummedReader.Damaged($"the area at {area.First.Value:x5} is none of huge pages");
            if (isOwner && (!supplies.Huge.HasPages(file) || !Pool.TryReserve(count))) throw NoPages();
            area.Flags |= flags;    // from now on its removal gives the reservations back
            uint next = first;
            for (uint i = 0; i < usedCount; i++)
            {
                uint used = reader.ReadWord();
                if (used < next || used - first >= count) throw ChecksummedReader.Damaged("a used reservation is out of its range");
                if (!supplies.PoolMappings.TryUse(area.File, used, out bool isMade)) throw SavedAreas.NoMemory();
                if (!isMade) throw ChecksummedReader.Damaged("a used reservation comes twice");
                Pool.Unreserve(1);
                next = used + 1;
            }
        }
    }

    /// <summary>Reads a run of pages of the pool, of which the first makes the huge page. Returns false if it lies elsewhere.</summary>
    public bool TryReadRun(Space space, PageRange run, uint bits, ref uint slot)
    {
        AreaIndex index = space.Areas.Tree.Covering(run.First);
        if (index.IsNone || space.Areas.PoolObject(space.Areas[index]) is not { } file) return false;
        ref Area area = ref space.Areas[index];
        PageRange pages = space.Tables.Huge.RangeOf(run.First);
        bool isThere = space.Tables.Huge.TryRead(run.First, out PageTableEntry leaf);
        bool isSound = run.End <= pages.End && run.End <= area.End && !area.Has(AreaFlags.MayShare) && supplies.Huge.HasPages(file)
            && (isThere || run.First == pages.First) && (bits & SnapshotFormat.GuardRun) == 0;
        if (!isSound) throw ChecksummedReader.Damaged($"the pages at {run.First.Value:x5} are of no huge page");
        if (!isThere)
        {
            if (!Pool.TryTake(out FrameNumber block)) throw NoPages();
            supplies.Huge.Begin(block, file, file.HugeIndexOf(area, run.First), state: 0);
            leaf = Show(space, area, pages.First, block, bits);
        }

        for (PageNumber page = run.First; page < run.End; page += PageCount.One)
            Fill(leaf.Frame + new FrameCount((page - pages.First).Value), bits, ref slot);
        return true;
    }

    /// <summary>Shows a huge page that a process before has, as a fork does.</summary>
    /// <returns>False: the page lies in no area of the pool.</returns>
    public bool TryRepeat(Space space, PageNumber page, Space other, PageNumber from, uint bits)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || space.Areas.PoolObject(space.Areas[index]) is not { } file) return false;
        ref Area area = ref space.Areas[index];
        bool isSound = other.Tables.Huge.TryRead(from, out PageTableEntry leaf) && other.HugeLines.IsOfPool(leaf)
            && supplies.Store.Frames[leaf.Frame] is { } first && first.Owner == file.Number && first.Index == file.HugeIndexOf(area, page)
            && space.Tables.Huge.RangeOf(page).First == page && !space.Tables.Huge.Has(page) && !area.Has(AreaFlags.MayShare);
        if (!isSound) throw ChecksummedReader.Damaged($"the huge page at {page.Value:x5} is of no process before");
        Show(space, area, page, leaf.Frame, bits);
        return true;
    }

    // Read-only: the first store asks whether the page is shared.
    private PageTableEntry Show(Space space, in Area area, PageNumber first, FrameNumber block, uint bits)
    {
        PageTableEntry entry = EntryWords.Cached(block, area.Flags, writable: false, written: false);
        entry = new((entry.Word & ~(ulong)SnapshotFormat.SavedBits) | (bits & SnapshotFormat.SavedBits));
        space.NoteRegion(first);
        supplies.PoolMappings.Put(space, first, entry);
        return entry;
    }

    private void Fill(FrameNumber frame, uint bits, ref uint slot)
    {
        ram.Observers.Note(frame);
        if ((bits & SnapshotFormat.ZeroRun) != 0) return;    // as it was made
        if ((bits & SnapshotFormat.FarRun) == 0)
        {
            reader.Read(ram.Bytes(frame));
        }
        else if (image is not null)
        {
            if (!image.Has(slot, 1)) throw ChecksummedReader.Damaged("a huge page is not in the image");
            ram.Bytes(image.Find(slot++, out _)).CopyTo(ram.Bytes(frame));
        }
        else
        {
            if (farPages is null) throw SnapshotReader.PagesElsewhere();
            if (!farPages.HoldsSaved(slot)) throw ChecksummedReader.Damaged("a huge page is not in the store of its pages");
            if (farPages.Read(slot++, ram, frame) != Errno.None)
                throw new IOException("Cannot load the process: a huge page cannot be read from the store of its pages.");
        }
    }

    private static NoMemoryException NoPages() => new("Cannot load the process: the pool has too few huge pages for it.");
}
