using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Gives new processes and files their pages of the pool, whose bytes come from a stream, a store or an image.</summary>
/// <remarks>Every page is copied at once: the pool has no swap. Its errors are those of the pool: it has too few pages.</remarks>
/// <param name="ram">Physical memory.</param>
/// <param name="supplies">The parts of the engine.</param>
/// <param name="reader">The stream with the bytes that lie in no store; null: there are none.</param>
/// <param name="farPages">The store; null: there is none.</param>
/// <param name="image">The image; null: there is none.</param>
internal sealed class PoolFiller(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedReader? reader, SwapDevice? farPages, ImageFrames? image)
{
    private HugePool Pool => supplies.Huge.Pool;

    /// <summary>Gives a file pages of a huge page, which the first run makes, or reserves one for it.</summary>
    /// <returns>The slot after the last page.</returns>
    /// <exception cref="NoMemoryException">The pool has too few pages.</exception>
    public uint FillFile(FileObject file, in PoolRun run)
    {
        uint index = run.First >> file.HugeOrder, inside = run.First & (file.HugePages.Value - 1), slot = run.Slot;
        if ((run.Bits & SnapshotFormat.GuardRun) != 0)
        {
            if (!supplies.Huge.TryReserve(file, index, 1)) throw NoPages();
            return slot;
        }

        if (!supplies.Huge.TryFind(file, index, out FrameNumber block)
            && (!supplies.Huge.HasPages(file) || supplies.Huge.Make(file, index, out block) != Errno.None)) throw NoPages();
        for (uint i = 0; i < run.Count; i++) Fill(block + new FrameCount(inside + i), run.Bits, ref slot);
        return slot;
    }

    /// <summary>Gives an area its flags, and reserves its pages.</summary>
    /// <returns>False if a used reservation comes twice.</returns>
    /// <exception cref="NoMemoryException">The pool has too few pages, or the engine too little memory.</exception>
    public bool TryGiveArea(ref Area area, FileObject file, in PoolArea saved)
    {
        uint count = area.Count.Value >> file.HugeOrder;
        if ((saved.Flags & PoolAreas.Owner) != 0 && (!supplies.Huge.HasPages(file) || !Pool.TryReserve(count))) throw NoPages();
        area.Flags |= saved.Flags;    // from now on its removal gives the reservations back
        foreach (uint used in saved.Used)
        {
            if (!supplies.PoolMappings.TryUse(area.File, used, out bool isMade)) throw SavedAreas.NoMemory();
            if (!isMade) return false;
            Pool.Unreserve(1);
        }

        return true;
    }

    /// <summary>Gives a process pages of a huge page, which the first run makes.</summary>
    /// <returns>The slot after the last page.</returns>
    /// <exception cref="NoMemoryException">The pool has too few pages.</exception>
    public uint Show(Space space, in Area area, FileObject file, in PoolRun run)
    {
        PageNumber first = new(run.First);
        PageRange pages = space.Tables.Huge.RangeOf(first);
        if (!space.Tables.Huge.TryRead(first, out PageTableEntry leaf))
        {
            if (!Pool.TryTake(out FrameNumber block)) throw NoPages();
            supplies.Huge.Begin(block, file, file.HugeIndexOf(area, first), state: 0);
            leaf = Show(space, area, pages.First, block, run.Bits);
        }

        uint slot = run.Slot, inside = (first - pages.First).Value;
        for (uint i = 0; i < run.Count; i++) Fill(leaf.Frame + new FrameCount(inside + i), run.Bits, ref slot);
        return slot;
    }

    /// <summary>Shows a block in a process, read-only: the first store asks whether it is shared.</summary>
    public PageTableEntry Show(Space space, in Area area, PageNumber first, FrameNumber block, uint bits)
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
            reader!.Read(ram.Bytes(frame));
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
