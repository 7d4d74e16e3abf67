using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Reads what a <see cref="SavedPoolWriter"/> has written, checks it, and gives it to new processes.</summary>
/// <remarks>The pool must have the pages; their size is that of the table format.</remarks>
internal sealed class SavedPoolReader(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedReader reader, SwapDevice? farPages, ImageFrames? image)
{
    private readonly PoolFiller _filler = new(ram, supplies, reader, farPages, image);

    /// <summary>What was read of an image, for further clones; null: it is no image.</summary>
    public LoadedPool? Loaded { get; } = image is null ? null : new(image);

    /// <summary>Reads the runs of a file of huge pages, up to their end mark.</summary>
    /// <param name="file">The file, empty.</param>
    /// <param name="slot">The place of its first page in the store or image; afterwards that of the next page.</param>
    public void Read(FileObject file, ref uint slot)
    {
        List<PoolRun> runs = [];
        Loaded?.Files.Add(runs);
        ulong end = 0;
        while (true)
        {
            PoolRun run = new(reader.ReadWord(), reader.ReadWord(), reader.ReadWord(), slot);
            if (run.Count == 0) return;
            uint inside = run.First & (file.HugePages.Value - 1);
            bool isReserved = (run.Bits & SnapshotFormat.GuardRun) != 0;
            bool isSound = run.First >= end && run.Count <= file.HugePages.Value - inside
                && (!isReserved || (inside == 0 && run.Count == 1));
            if (!isSound) throw ChecksummedReader.Damaged($"a run of pages at page {run.First} of '{file.Name}' is out of order");
            end = run.First + (ulong)run.Count;
            slot = _filler.FillFile(file, run);
            if (Loaded is not null) runs.Add(run);
        }
    }

    /// <summary>Reads what the areas of the pool of a process have beside their records, and reserves their pages.</summary>
    public void ReadAreas(Space space)
    {
        Loaded?.Spaces.Add(new());
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (space.Areas.PoolObject(area) is not { } file) continue;
            PoolArea saved = ReadArea(area, file);
            if (!_filler.TryGiveArea(ref area, file, saved)) throw ChecksummedReader.Damaged("a used reservation comes twice");
            Loaded?.Spaces[^1].Areas.Add(saved);
        }
    }

    /// <summary>Reads a run of pages of the pool, of which the first makes the huge page. Returns false if it lies elsewhere.</summary>
    public bool TryReadRun(Space space, PageRange run, uint bits, ref uint slot)
    {
        AreaIndex index = space.Areas.Tree.Covering(run.First);
        if (index.IsNone || space.Areas.PoolObject(space.Areas[index]) is not { } file) return false;
        ref Area area = ref space.Areas[index];
        PageRange pages = space.Tables.Huge.RangeOf(run.First);
        bool isSound = run.End <= pages.End && run.End <= area.End && !area.Has(AreaFlags.MayShare) && supplies.Huge.HasPages(file)
            && (run.First == pages.First || space.Tables.Huge.Has(run.First)) && (bits & SnapshotFormat.GuardRun) == 0;
        if (!isSound) throw ChecksummedReader.Damaged($"the pages at {run.First.Value:x5} are of no huge page");
        PoolRun read = new(run.First.Value, run.Count.Value, bits, slot);
        slot = _filler.Show(space, area, file, read);
        Loaded?.Spaces[^1].Runs.Add(read);
        return true;
    }

    /// <summary>Shows a huge page that a process before has, as a fork does.</summary>
    /// <param name="space">The process.</param>
    /// <param name="page">The first page.</param>
    /// <param name="other">The process before.</param>
    /// <param name="place">Its place.</param>
    /// <param name="from">The first page there.</param>
    /// <param name="bits">The saved bits.</param>
    /// <returns>False: the page lies in no area of the pool.</returns>
    public bool TryRepeat(Space space, PageNumber page, Space other, uint place, PageNumber from, uint bits)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || space.Areas.PoolObject(space.Areas[index]) is not { } file) return false;
        ref Area area = ref space.Areas[index];
        bool isSound = other.Tables.Huge.TryRead(from, out PageTableEntry leaf) && other.HugeLines.IsOfPool(leaf)
            && supplies.Store.Frames[leaf.Frame] is { } first && first.Owner == file.Number && first.Index == file.HugeIndexOf(area, page)
            && space.Tables.Huge.RangeOf(page).First == page && !space.Tables.Huge.Has(page) && !area.Has(AreaFlags.MayShare);
        if (!isSound) throw ChecksummedReader.Damaged($"the huge page at {page.Value:x5} is of no process before");
        _filler.Show(space, area, page, leaf.Frame, bits);
        Loaded?.Spaces[^1].Runs.Add(new(page.Value, 0, bits, 0, place, from.Value));
        return true;
    }

    private PoolArea ReadArea(in Area area, FileObject file)
    {
        AreaFlags flags = (AreaFlags)reader.ReadWord();
        uint usedCount = reader.ReadWord(), first = file.HugeIndexOf(area, area.First), count = area.Count.Value >> file.HugeOrder;
        bool isOwner = (flags & PoolAreas.Owner) != 0;
        bool isWhole = ((area.First.Value | area.Count.Value | area.PageOffset.Value) & (file.HugePages.Value - 1)) == 0;
        bool isSound = isWhole && (flags & ~PoolAreas.Flags) == 0 && usedCount <= (isOwner ? count : 0)
            && !(isOwner && area.Has(AreaFlags.MayShare)) && (area.Flags & AreaFlags.LockedMask) == 0;
        if (!isSound) throw ChecksummedReader.Damaged($"the area at {area.First.Value:x5} is none of huge pages");
        uint[] used = new uint[usedCount];
        uint next = first;
        for (int i = 0; i < used.Length; i++)
        {
            used[i] = reader.ReadWord();
            if (used[i] < next || used[i] - first >= count) throw ChecksummedReader.Damaged("a used reservation is out of its range");
            next = used[i] + 1;
        }

        return new(flags, used);
    }
}
