using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Fills the empty memory of new processes from the output of a <see cref="SnapshotWriter"/>.</summary>
/// <remarks>
/// Three steps: the header, in which every number is checked; the files, which the caller finds, perhaps by calling the engine; the pages,
/// for which there must be processes: first the shared memory, then each process. After an exception the caller ends the processes.
/// </remarks>
internal sealed class SnapshotReader(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedReader reader, SwapDevice? farPages = null, uint firstSlot = 0,
    ImageFrames? image = null, ShadowNode?[]? marks = null) : IDisposable
{
    private readonly ChecksummedReader _reader = reader;
    private readonly SavedAreas _opened = new(supplies);
    private readonly SavedPoolReader _pool = new(ram, supplies, reader, farPages, image);
    private ImageTablesBuilder? _shown;    // of an image of one process without the pool: no entry is stored
    private readonly List<Space?> _filled = [];    // of a saved engine: later processes share pages with them
    private SavedHistories? _histories;
    private bool _hasPool;
    private uint _nextSlot = firstSlot;    // of the device of far pages

    /// <summary>The first part: all but the pages.</summary>
    public SavedMachine Machine { get; private set; } = new() { Processes = [] };

    /// <summary>The small pages of each shared memory of an image.</summary>
    public List<SuppliedRun[]> MemoryRuns { get; } = [];

    /// <summary>The page tables of an image of one process; null: they are those that were stored.</summary>
    public ImagePageTables? Tables { get; private set; }

    /// <summary>The memory of the pool of an image; null: it has none.</summary>
    public LoadedPool? Pool => _hasPool ? _pool.Loaded : null;

    /// <summary>The slot after those that were read.</summary>
    public uint NextSlot => _nextSlot;

    /// <summary>The open files.</summary>
    public SavedAreas Files => _opened;

    /// <summary>Reads everything but the pages.</summary>
    /// <exception cref="InvalidDataException">This is no saved snapshot, or one of another version.</exception>
    public void ReadHeader(bool isEngine)
    {
        Machine = SavedMachine.Read(_reader, isEngine);
        _hasPool = Machine.HasPool;
        if (isEngine) _histories = new(Machine.RootParents);
    }

    /// <summary>Opens the files and devices that the areas map and the descriptors lead to.</summary>
    /// <param name="find">Finds the object of a file by its name; null: there is none. Called once for each name.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ArgumentException">It is a file instead of a device, the other way round, or too short a device.</exception>
    /// <exception cref="NoMemoryException">Shared memory cannot be committed.</exception>
    public void Resolve(Func<string, FileObject?> find)
    {
        _opened.Create(Machine.Memories);
        _opened.Open(Machine, find);
    }

    /// <summary>Reads the pages of the shared memory, which a group of each is charged for.</summary>
    public void FillMemories(Func<int, FrameGroup> chargedFor)
    {
        for (int i = 0; i < Machine.Memories.Length; i++)
        {
            FileObject memory = _opened.MemoryAt(i);
            if (memory.IsHuge)
            {
                _pool.Read(memory, ref _nextSlot);
                MemoryRuns.Add([]);
                continue;
            }

            if (image is null)
            {
                new SavedMemoryReader(ram, supplies, chargedFor(i)).Read(_reader, memory, ref _nextSlot, farPages);
                continue;
            }

            SuppliedRun[] runs = SavedMemoryReader.ReadImage(_reader, memory, ref _nextSlot, image);
            MemoryRuns.Add(runs);
            memory.Supplied = new(runs);
        }
    }

    /// <summary>Reads the areas and pages of the next process, into its space; null for a zombie.</summary>
    /// <returns>The marked bytes and the settings of the shadow; null: the process has none.</returns>
    public ShadowTree? Fill(SavedProcess process, Space? space)
    {
        _filled.Add(space);
        if (space is null) return null;
        process.State.Apply(space);
        _opened.AddAll(space, process, _histories);
        _pool.ReadAreas(space);
        if (image is not null && !Machine.IsEngine && !_hasPool) _shown = new(space.Tables);
        ReadPages(space);
        if (_shown is not null) ShowTables(space, Tables = _shown.Build());
        if (!process.State.HasShadowMarks) return null;
        ShadowTree shadow = marks is null ? SavedMarks.Read(_reader) : new(marks[_filled.Count - 1]);
        SavedMarks.CheckFit(shadow, space);
        process.State.Apply(shadow);
        return shadow;
    }

    /// <summary>Compares the checksum of the pages.</summary>
    public void ReadEnd() => _reader.CheckChecksum();

    /// <summary>The error for a stream without the bytes of its pages.</summary>
    public static InvalidDataException PagesElsewhere() =>
        new("The saved snapshot has its pages elsewhere: load it with a store of them.");

    /// <summary>Gives up the files; areas hold those that they map.</summary>
    public void Dispose() => _opened.Dispose();

    private void ReadPages(Space space)
    {
        PageNumber end = default;
        while (true)
        {
            PageNumber first = new(_reader.ReadWord());
            uint count = _reader.ReadWord(), bits = _reader.ReadWord();
            if (count == 0) return;    // the end mark
            // In order, so that no page comes twice: its entry must be empty.
            if (first < end || count > SnapshotFormat.PagesOfRunMax || first >= space.Bounds.End
                || count > (space.Bounds.End - first).Value)
                throw ChecksummedReader.Damaged($"a run of pages at {first.Value:x5} is out of order");
            end = first + new PageCount(count);
            if ((bits & SnapshotFormat.RepeatedRun) == 0 && _hasPool
                && _pool.TryReadRun(space, PageRange.Between(first, end), bits, ref _nextSlot)) continue;
            if (_histories is not null && (bits & SnapshotFormat.RepeatedRun) != 0) RepeatPages(space, PageRange.Between(first, end), bits);
            else if (image is not null && (bits & SnapshotFormat.GuardRun) == 0)
                ShowImage(space, image, PageRange.Between(first, end), bits);
            else for (PageNumber page = first; page < end; page += PageCount.One) ReadPage(space, page, bits);
        }
    }

    /// <summary>Shows pages that a process before has, as a fork does.</summary>
    private void RepeatPages(Space space, PageRange run, uint bits)
    {
        uint place = _reader.ReadWord();
        PageNumber from = new(_reader.ReadWord());
        bool isThere = place < (uint)_filled.Count - 1 && _filled[(int)place] is { } found && from < found.Bounds.End
            && run.Count <= found.Bounds.End - from;
        if (!isThere) throw ChecksummedReader.Damaged($"the pages at {run.First.Value:x5} are of no process before");
        if (_hasPool && _pool.TryRepeat(space, run.First, _filled[(int)place]!, place, from, bits)) return;
        RepeatedPages pages = new(supplies, _filled[(int)place]!, space);
        for (PageNumber page = run.First; page < run.End; page += PageCount.One)
        {
            ref Area area = ref Prepare(space, page);
            if (!pages.TryRepeat(from + (page - run.First), area, page, bits & SnapshotFormat.SavedBits))
                throw ChecksummedReader.Damaged($"page {page.Value:x5} is of no process before");
        }
    }

    private void ReadPage(Space space, PageNumber page, uint bits)
    {
        if ((bits & SnapshotFormat.GuardRun) != 0)
        {
            ReadGuard(space, page);
            return;
        }

        ref Area area = ref Prepare(space, page);
        bool isShared = _histories is not null && (bits & SnapshotFormat.SharedRun) != 0;
        if ((bits & SnapshotFormat.FarRun) != 0)
        {
            ReadFar(space, page, isShared);
            return;
        }

        FrameNumber frame;
        while (space.Group.IsFull || !supplies.Store.Allocator.TryTake(out frame))    // the group's limit holds here, too
            _opened.FreeFor(space);
        AnonymousRootIndex root = isShared ? space.Areas.Roots[area.Chain].Root : area.Root;
        supplies.Store.Lists.AddAnonymous(space.Group, frame, (byte)ResidentKind.Anonymous, root.Value, area.OffsetOf(page));
        bool mayWrite = !isShared && area.Has(AreaFlags.Write) && !space.Observers.NeedFaults    // D4
            && (!area.Has(AreaFlags.SoftClean) || (bits & SnapshotFormat.SavedBits) == SnapshotFormat.SavedBits);
        PageTableEntry entry = EntryWords.Own(frame, area.Flags, mayWrite);
        entry = new((entry.Word & ~(ulong)SnapshotFormat.SavedBits) | (bits & SnapshotFormat.SavedBits));
        if (isShared) entry = entry.WithoutSoftware1();    // exclusive to none
        if (!area.IsAccessible) entry = entry.WithoutUser();    // E2
        space.Tables.StoreFirst(space.Tables.SlotOf(page), entry);
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        supplies.Store.Frames[frame].Flags |= PageFlags.Dirty;    // no device has a copy of it, even if its saved entry is clean
        if ((bits & SnapshotFormat.ZeroRun) != 0) ram.Clear(frame);
        else _reader.Read(ram.Bytes(frame));
        ram.Observers.Note(frame);
    }

    // The page stays where it is until it is touched, as if it had been swapped out.
    private void ReadFar(Space space, PageNumber page, bool isShared)
    {
        if (farPages is null) throw PagesElsewhere();
        if (!farPages.HoldsSaved(_nextSlot)) throw ChecksummedReader.Damaged($"page {page.Value:x5} is not in the store of its pages");
        farPages.TakeWritten(_nextSlot);    // Z2
        SwapEntry entry = SwapEntry.ForSlot(farPages.Number, _nextSlot++);
        if (!isShared) entry = entry.WithExclusive();    // Z3: no one else has it
        space.Tables.StoreFirst(space.Tables.SlotOf(page), entry.ToPageTableEntry());
        space.Statistics.Swapped++;
    }

    // The pages are the image's until they are written: read-only, and not counted, as the zero page is.
    private void ShowImage(Space space, ImageFrames image, PageRange run, uint bits)
    {
        uint frameStep = (bits & SnapshotFormat.ZeroRun) != 0 ? 0u : 1;
        if (frameStep != 0 && !image.Has(_nextSlot, run.Count.Value))
            throw ChecksummedReader.Damaged($"page {run.First.Value:x5} is not in the image");
        Span<PageTableEntry> stored = stackalloc PageTableEntry[(int)SnapshotFormat.PagesOfRunMax];
        for (PageNumber page = run.First; page < run.End;)
        {
            ref Area area = ref FindArea(space, page);
            uint inRow = uint.MaxValue;
            FrameNumber frame = frameStep == 0 ? EntryWords.ZeroFrame : image.Find(_nextSlot, out inRow);
            PageTableEntry entry = EntryWords.OfHost(frame, area.Flags, writable: false, written: false);
            if (!area.IsAccessible) entry = entry.WithoutUser();
            uint count = Math.Min(Math.Min(run.End.Value, area.Range.End.Value) - page.Value, inRow);
            if (_shown is not null)
            {
                _shown.Add(page, count, entry, isSame: frameStep == 0);
            }
            else
            {
                EnsureTable(space, page);
                count = Math.Min(count, (page.Value | (uint)space.Tables.EntryMask) + 1 - page.Value);    // there is one table
                ConsecutiveFrames source = new(entry, frameStep);
                space.Tables.FillUntouched(page, source, stored[..(int)count]);
            }

            _nextSlot += count * frameStep;
            page += new PageCount(count);
        }
    }

    private void ShowTables(Space space, ImagePageTables tables)
    {
        while (!ImageLoan.TryShow(space.Tables, tables)) _opened.FreeFor(space, (uint)tables.Count);
    }

    /// <summary>Finds the private area of a page, which gets a root and a table.</summary>
    private ref Area Prepare(Space space, PageNumber page)
    {
        ref Area area = ref FindArea(space, page);
        EnsureTable(space, page);
        return ref area;
    }

    private void EnsureTable(Space space, PageNumber page)
    {
        while (!space.Tables.TryEnsureTable(page)) _opened.FreeFor(space);
    }

    /// <summary>Finds the private area of a page, which gets a root.</summary>
    private static ref Area FindArea(Space space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || space.Areas[index].HasAny(AreaFlags.Shared | AreaFlags.Foreign))
            throw ChecksummedReader.Damaged($"page {page.Value:x5} is in no private area");
        ref Area area = ref space.Areas[index];
        if (!AnonymousFault.TryPrepareRoot(space, ref area)) throw SavedAreas.NoMemory();    // E4, Z3: private pages need a history
        return ref area;
    }

    private void ReadGuard(Space space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || !space.Areas[index].Has(AreaFlags.MayHaveGuards) || space.Areas[index].Has(AreaFlags.Foreign))    // E7
            throw ChecksummedReader.Damaged($"page {page.Value:x5} is a guard in an area without guards");
        PageTableEntry guard = SwapEntry.ForMarker(PageMarker.Guard).ToPageTableEntry();
        if (_shown is not null)
        {
            _shown.Add(page, 1, guard, isSame: true);
            return;
        }

        EnsureTable(space, page);
        space.Tables.StoreFirst(space.Tables.SlotOf(page), guard);
    }

    /// <summary>Entries of frames one after the other, or of one frame.</summary>
    private readonly struct ConsecutiveFrames(PageTableEntry first, uint step) : IEntrySource
    {
        public PageTableEntry Make(int index) => new(first.Word + ((ulong)(uint)index * step << VirtualAddress.PageShift));
    }
}
