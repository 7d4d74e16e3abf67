using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;

namespace Paging.Core.Snapshots;

/// <summary>A run of saved pages of shared memory.</summary>
/// <param name="Memory">Which memory, in the order of the saved form.</param>
/// <param name="First">The first page.</param>
/// <param name="Count">The number of pages: 1 or more.</param>
/// <param name="Bits">As <see cref="SnapshotFormat"/> names them.</param>
/// <param name="Slot">The slot of the first page; counts for a run with <see cref="SnapshotFormat.FarRun"/>.</param>
internal readonly record struct SavedMemoryRun(int Memory, FilePage First, uint Count, uint Bits, uint Slot);

/// <summary>Fills shared memory that was just created with its saved pages.</summary>
/// <remarks>Cost: O(pages), each in a new frame that the given group is charged for.</remarks>
internal readonly ref struct SavedMemoryReader(PhysicalMemory ram, SnapshotSupplies supplies, FrameGroup charged)
{
    /// <summary>Reads the runs of one memory, up to its end mark.</summary>
    /// <param name="reader">At the first run.</param>
    /// <param name="memory">The memory's place in the saved form.</param>
    /// <param name="file">The memory, empty.</param>
    /// <param name="slot">The slot of its first far page; afterwards that of the next memory's.</param>
    /// <param name="farPages">The device with the far pages; null: the window has them.</param>
    /// <param name="window">The memory of an image; null: the image has zeros only.</param>
    /// <param name="runs">Receives the runs; null: nobody asks for them.</param>
    public void Read(ChecksummedReader reader, int memory, FileObject file, ref uint slot, SwapDevice? farPages, HostWindow? window,
        List<SavedMemoryRun>? runs)
    {
        ulong end = 0;
        while (true)
        {
            SavedMemoryRun run = new(memory, new(reader.ReadWord()), reader.ReadWord(), reader.ReadWord(), slot);
            if (run.Count == 0) return;
            if (run.First.Value < end || run.Count > SnapshotFormat.PagesOfRunMax || run.First.Value + (ulong)run.Count > file.PageLimit)
                throw ChecksummedReader.Damaged($"a run of pages at page {run.First.Value} of '{file.Name}' is out of order");
            end = run.First.Value + (ulong)run.Count;
            runs?.Add(run);
            if ((run.Bits & SnapshotFormat.FarRun) == 0)
            {
                for (uint i = 0; i < run.Count; i++)
                {
                    FrameNumber frame = Create(file, new(run.First.Value + i), run.Bits);
                    if ((run.Bits & SnapshotFormat.ZeroRun) == 0) reader.Read(ram.Bytes(frame));
                }
            }
            else if (farPages is not null)
            {
                Adopt(file, run, farPages);
            }
            else
            {
                Copy(file, run, window);
            }

            if ((run.Bits & SnapshotFormat.FarRun) != 0) slot += run.Count;
        }
    }

    /// <summary>Fills the memories of a further clone, whose runs were checked when the first one was loaded.</summary>
    public void Copy(ReadOnlySpan<SavedMemoryRun> runs, SavedAreas areas, HostWindow? window)
    {
        foreach (SavedMemoryRun run in runs)
        {
            FileObject file = areas.MemoryAt(run.Memory);
            if ((run.Bits & SnapshotFormat.FarRun) != 0) Copy(file, run, window);
            else for (uint i = 0; i < run.Count; i++) Create(file, new(run.First.Value + i), run.Bits);
        }
    }

    private void Copy(FileObject file, in SavedMemoryRun run, HostWindow? window)
    {
        if (window is null || run.Count > window.Count.Value || run.Slot > window.Count.Value - run.Count)
            throw ChecksummedReader.Damaged($"page {run.First.Value} of '{file.Name}' is not where its bytes should be");
        for (uint i = 0; i < run.Count; i++)
            ram.Copy(window.First + new FrameCount(run.Slot + i), Create(file, new(run.First.Value + i), run.Bits));
    }

    private void Adopt(FileObject file, in SavedMemoryRun run, SwapDevice farPages)
    {
        for (uint i = 0; i < run.Count; i++)
        {
            uint slot = run.Slot + i;
            if (slot >= farPages.SlotCount || farPages.IsTaken(slot))    // taken: a stream that names a slot twice
                throw ChecksummedReader.Damaged($"page {run.First.Value + i} of '{file.Name}' is not in the store of its pages");
            if (!supplies.SharedSwap.TryAdopt(file, new(run.First.Value + i), farPages, slot)) throw SavedAreas.NoMemory();
        }
    }

    /// <summary>Makes a page. It holds zeros if the bits say so, and otherwise anything.</summary>
    private FrameNumber Create(FileObject file, FilePage page, uint bits)
    {
        bool isZero = (bits & SnapshotFormat.ZeroRun) != 0;
        if (!supplies.Filler.TryFindOrCreate(charged, file, page, isZero, out FrameNumber frame)) throw SavedAreas.NoMemory();
        if ((bits & SnapshotFormat.UnfilledPage) != 0) supplies.Cache.MarkUnfilled(file, page, frame);
        else if (!isZero || (bits & SnapshotFormat.DirtyPage) != 0) supplies.Cache.SetDirty(file, page, frame);    // W6
        return frame;
    }
}
