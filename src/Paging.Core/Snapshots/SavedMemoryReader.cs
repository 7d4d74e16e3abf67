using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

/// <summary>Fills shared memory that was just created with its saved pages.</summary>
/// <remarks>Cost: O(pages), each in a new frame that the given group is charged for; of an image O(runs), and no frame.</remarks>
internal readonly ref struct SavedMemoryReader(PhysicalMemory ram, SnapshotSupplies supplies, FrameGroup charged)
{
    /// <summary>Reads the runs of one memory, up to its end mark.</summary>
    /// <param name="reader">At the first run.</param>
    /// <param name="file">The memory, empty.</param>
    /// <param name="slot">The slot of its first far page; afterwards that of the next memory's.</param>
    /// <param name="farPages">The device with the far pages; null: there are none.</param>
    public void Read(ChecksummedReader reader, FileObject file, ref uint slot, SwapDevice? farPages)
    {
        ulong end = 0;
        while (TryReadRun(reader, file, ref end, out FilePage first, out uint count, out uint bits))
        {
            if ((bits & SnapshotFormat.FarRun) != 0)
            {
                if (farPages is null) throw SnapshotReader.PagesElsewhere();
                Adopt(supplies, file, first, new(count), farPages, ref slot);
                continue;
            }

            for (uint i = 0; i < count; i++)
            {
                FrameNumber frame = Create(file, new(first.Value + i), bits);
                if ((bits & SnapshotFormat.ZeroRun) == 0) reader.Read(ram.Bytes(frame));
            }
        }
    }

    /// <summary>Reads the runs of one memory of an image, up to their end mark.</summary>
    /// <param name="reader">At the first run.</param>
    /// <param name="file">The memory, empty.</param>
    /// <param name="slot">The place of its first page in the image; afterwards that of the next memory's.</param>
    /// <param name="image">The image's pages.</param>
    public static SuppliedRun[] ReadImage(ChecksummedReader reader, FileObject file, ref uint slot, ImageFrames image)
    {
        List<SuppliedRun> runs = [];
        ulong end = 0;
        uint bit = 0;
        while (TryReadRun(reader, file, ref end, out FilePage first, out uint count, out uint bits))
        {
            bool isFar = (bits & SnapshotFormat.FarRun) != 0;
            if (isFar && !image.Has(slot, count))
                throw ChecksummedReader.Damaged($"page {first.Value} of '{file.Name}' is not in the image");
            bool isUnfilled = (bits & SnapshotFormat.UnfilledPage) != 0;
            bool isWritten = isUnfilled || isFar || (bits & SnapshotFormat.DirtyPage) != 0;    // W6
            for (uint done = 0; done < count;)
            {
                uint inRow = count - done;
                FrameNumber frame = isFar ? image.Find(slot, out inRow) : default;
                inRow = Math.Min(inRow, count - done);
                runs.Add(new(new(first.Value + done), inRow, frame, bit, isWritten, isUnfilled));
                done += inRow;
                bit += inRow;
                if (isFar) slot += inRow;
            }
        }

        return [.. runs];
    }

    private static bool TryReadRun(
        ChecksummedReader reader, FileObject file, ref ulong end, out FilePage first, out uint count, out uint bits)
    {
        (first, count, bits) = (new(reader.ReadWord()), reader.ReadWord(), reader.ReadWord());
        if (count == 0) return false;
        if (first.Value < end || count > SnapshotFormat.PagesOfRunMax || first.Value + (ulong)count > file.PageLimit)
            throw ChecksummedReader.Damaged($"a run of pages at page {first.Value} of '{file.Name}' is out of order");
        end = first.Value + (ulong)count;
        return true;
    }

    /// <summary>Gives pages of shared memory the slots of saved pages: they are read when they are touched.</summary>
    /// <exception cref="InvalidDataException">The memory has such a page, or ends before it; or a slot is missing or in use.</exception>
    /// <exception cref="NoMemoryException">The engine has too little memory.</exception>
    public static void Adopt(
        SnapshotSupplies supplies, FileObject file, FilePage first, PageCount count, SwapDevice device, ref uint slot)
    {
        for (uint i = 0; i < count.Value; i++, slot++)
        {
            FilePage page = new(first.Value + i);
            bool isFree = file.IsSharedMemory && file.Contains(page) && !supplies.Cache.TryFind(file, page, out _)
                && !supplies.SharedSwap.IsOut(file, page);
            if (!isFree || !device.HoldsSaved(slot))
                throw new InvalidDataException($"Page {page.Value} of '{file.Name}' cannot be taken from slot {slot}.");
            if (!supplies.SharedSwap.TryAdopt(file, page, device, slot)) throw SavedAreas.NoMemory();
        }
    }

    /// <summary>Makes a page. It holds zeros if the bits say so, and otherwise anything.</summary>
    private FrameNumber Create(FileObject file, FilePage page, uint bits)
    {
        bool isZero = (bits & SnapshotFormat.ZeroRun) != 0;
        if (!supplies.Filler.TryFindOrCreate(charged, file, page, isZero, out FrameNumber frame)) throw SavedAreas.NoMemory();
        if ((bits & SnapshotFormat.UnfilledPage) != 0) supplies.Cache.MarkUnfilled(file, page, frame);
        else if (!isZero || (bits & SnapshotFormat.DirtyPage) != 0) supplies.Cache.SetDirty(file, page, frame);    // W6
        ram.Observers.Note(frame);
        return frame;
    }
}
