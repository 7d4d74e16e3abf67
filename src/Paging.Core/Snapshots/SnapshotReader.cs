using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Fills the empty memory of a new process from the output of a <see cref="SnapshotWriter"/>.</summary>
/// <remarks>
/// Three steps: the header, in which every number is checked; the files, which the caller finds, perhaps by calling the engine; the pages,
/// for which there must be a process. After an exception the caller ends the process.
/// </remarks>
internal sealed class SnapshotReader(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedReader reader, SwapDevice? farPages = null, uint firstSlot = 0,
    bool isImage = false, HostWindow? window = null) : IDisposable
{
    private readonly ChecksummedReader _reader = reader;
    private readonly SavedAreas _opened = new(supplies);
    private SavedState _state;
    private SavedMemory[] _memories = [];
    private List<SavedArea> _areas = [];
    private uint _nextSlot = firstSlot;    // of the device of far pages

    /// <summary>The process's name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The process's preference for being ended.</summary>
    public int OutOfMemoryScore { get; private set; }

    /// <summary>The host's state; null: there was none.</summary>
    public byte[]? HostState => _state.HostState;

    /// <summary>The marked bytes and the settings of the shadow; null: the process has none.</summary>
    public ShadowTree? Shadow { get; private set; }

    /// <summary>The pages that the process may map.</summary>
    public SpaceBounds Bounds => _state.Bounds;

    /// <summary>The state beside the areas.</summary>
    public SavedState State => _state;

    /// <summary>The areas, in the order of their addresses.</summary>
    public IReadOnlyList<SavedArea> Areas => _areas;

    /// <summary>The shared memory that is saved with the process.</summary>
    public ReadOnlySpan<SavedMemory> Memories => _memories;

    /// <summary>The pages of an image; null: they are all zeros, or this is no image.</summary>
    public HostWindow? Window => window;

    /// <summary>The runs of its pages, for an image.</summary>
    public List<SavedMemoryRun> MemoryRuns { get; } = [];

    /// <summary>The slot after those that were read.</summary>
    public uint NextSlot => _nextSlot;

    /// <summary>Reads everything but the pages.</summary>
    /// <exception cref="InvalidDataException">This is no saved snapshot, or one of another version.</exception>
    public void ReadHeader()
    {
        if (_reader.ReadLong() != SnapshotFormat.Magic) throw new InvalidDataException("This is no saved snapshot: it begins otherwise.");
        uint version = _reader.ReadWord();
        if (version is < SnapshotFormat.OldestVersion or > SnapshotFormat.Version)
            throw new InvalidDataException($"The saved snapshot has version {version}; this engine reads versions "
                + $"{SnapshotFormat.OldestVersion} to {SnapshotFormat.Version}.");
        Name = _reader.ReadText();
        OutOfMemoryScore = (int)_reader.ReadWord();
        // Checked here, because a process's setter throws another exception.
        if (OutOfMemoryScore is < -1000 or > 1000) throw ChecksummedReader.Damaged("a score is out of its range");
        ReadState();
        if (_state.HasMemories) _memories = ReadMemories();
        _areas = ReadAreas();
        _reader.CheckChecksum();
    }

    /// <summary>Opens the files and devices that the areas map.</summary>
    /// <param name="find">Finds the object of a file by its name; null: there is none. Called once for each name.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ArgumentException">It is a file instead of a device, the other way round, or too short a device.</exception>
    /// <exception cref="NoMemoryException">Shared memory cannot be committed.</exception>
    public void Resolve(Func<string, FileObject?> find)
    {
        _opened.Create(_memories);
        _opened.Open(_areas, find);
    }

    /// <summary>Reads the pages, into the space of a new process.</summary>
    public void Fill(Space space)
    {
        _state.Apply(space);
        SavedMemoryReader memories = new(ram, supplies, space.Group);
        for (int i = 0; i < _memories.Length; i++)
            memories.Read(_reader, i, _opened.MemoryAt(i), ref _nextSlot, farPages, window, isImage ? MemoryRuns : null);
        foreach (SavedArea area in _areas) _opened.Add(space, area);
        ReadPages(space);
        if (_state.HasShadowMarks) ReadMarks(space);
        _reader.CheckChecksum();
    }

    /// <summary>Gives up the files; areas hold those that they map.</summary>
    public void Dispose() => _opened.Dispose();

    private void ReadState()
    {
        SavedState state = SavedState.Read(_reader);
        bool isSound = state.Bounds.IsSound
            && Math.Max(state.Break.Value, state.StartBreak.Value) <= state.Bounds.Count.Bytes && state.MmapBase <= state.Bounds.End
            && (state.DefaultFlags & ~AreaFlags.LockedMask) == 0;
        if (!isSound) throw ChecksummedReader.Damaged("the layout is none of the user half");
        _state = state;
    }

    private SavedMemory[] ReadMemories()
    {
        uint count = _reader.ReadWord();
        if (count == 0 || count > _state.Bounds.Count.Value) throw ChecksummedReader.Damaged("there is too much shared memory");
        List<SavedMemory> memories = [];    // grows as they are read: the count may be damaged
        for (uint i = 0; i < count; i++) memories.Add(SavedMemory.Read(_reader));
        return [.. memories];
    }

    private List<SavedArea> ReadAreas()
    {
        uint count = _reader.ReadWord();
        if (count > _state.Bounds.Count.Value) throw ChecksummedReader.Damaged("there are too many areas");    // each has a page
        List<SavedArea> areas = [];
        PageNumber end = default;
        for (uint i = 0; i < count; i++)
        {
            SavedArea area = SavedArea.Read(_reader, (uint)_memories.Length);
            if (!SnapshotFormat.IsValid(area.Range, area.Flags, area.File != SnapshotFormat.NoFile, end, _state.Bounds.End))
                throw ChecksummedReader.Damaged($"area {i} is none");
            end = area.Range.End;    // A1: the next one begins there or above
            areas.Add(area);
        }

        return areas;
    }

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
            if (isImage && (bits & SnapshotFormat.GuardRun) == 0) ShowImage(space, PageRange.Between(first, end), bits);
            else for (PageNumber page = first; page < end; page += PageCount.One) ReadPage(space, page, bits);
        }
    }

    /// <summary>Reads the marked bytes of the shadow.</summary>
    private void ReadMarks(Space space)
    {
        Shadow = new(frozen: null);
        _state.Apply(Shadow);
        byte[] states = new byte[ShadowPage.ByteLength];
        uint count = _reader.ReadWord();
        PageNumber end = default;
        for (uint i = 0; i < count; i++)
        {
            PageNumber page = new(_reader.ReadWord());
            ByteState whole = (ByteState)_reader.ReadWord();
            bool isSound = page >= end && page < space.Bounds.End && space.Areas.Tree.Covering(page).IsSome;    // U3
            if (whole == ByteState.Good)
            {
                _reader.Read(states);
                isSound = isSound && Shadow.TryLoad(page, states);
            }
            else if (whole is ByteState.Uninitialized or ByteState.Unaddressable)
            {
                Shadow.Set(page, 0, (int)VirtualAddress.PageSize, whole);
            }
            else
            {
                isSound = false;
            }

            if (!isSound) throw ChecksummedReader.Damaged($"the marks of page {page.Value:x5} do not fit the process");
            end = page + PageCount.One;
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
        if ((bits & SnapshotFormat.FarRun) != 0)
        {
            ReadFar(space, page);
            return;
        }

        FrameNumber frame;
        while (space.Group.IsFull || !supplies.Store.Allocator.TryTake(out frame))    // the group's limit holds here, too
            _opened.FreeFor(space);
        supplies.Store.Lists.AddAnonymous(space.Group, frame, (byte)ResidentKind.Anonymous, area.Root.Value, area.OffsetOf(page));
        bool mayWrite = area.Has(AreaFlags.Write)
            && (!area.Has(AreaFlags.SoftClean) || (bits & SnapshotFormat.SavedBits) == SnapshotFormat.SavedBits);
        PageTableEntry entry = EntryWords.Own(frame, area.Flags, mayWrite);
        entry = new((entry.Word & ~(ulong)SnapshotFormat.SavedBits) | (bits & SnapshotFormat.SavedBits));
        if (!area.IsAccessible) entry = entry.WithoutUser();    // E2
        space.Tables.StoreFirst(space.Tables.SlotOf(page), entry);
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        supplies.Store.Frames[frame].Flags |= PageFlags.Dirty;    // no device has a copy of it, even if its saved entry is clean
        if ((bits & SnapshotFormat.ZeroRun) != 0) ram.Clear(frame);
        else _reader.Read(ram.Bytes(frame));
    }

    // The page stays where it is until it is touched, as if it had been swapped out.
    private void ReadFar(Space space, PageNumber page)
    {
        if (farPages is null) throw new InvalidDataException("The saved snapshot has its pages elsewhere: load it with a store of them.");
        if (_nextSlot >= farPages.SlotCount) throw ChecksummedReader.Damaged($"page {page.Value:x5} is not in the store of its pages");
        farPages.TakeWritten(_nextSlot);    // Z2
        SwapEntry entry = SwapEntry.ForSlot(farPages.Number, _nextSlot++).WithExclusive();    // Z3: no one else has it
        space.Tables.StoreFirst(space.Tables.SlotOf(page), entry.ToPageTableEntry());
        space.Statistics.Swapped++;
    }

    // The pages are the image's until they are written: read-only, and not counted, as the zero page is. An image of zeros has no window.
    private void ShowImage(Space space, PageRange run, uint bits)
    {
        uint frameStep = (bits & SnapshotFormat.ZeroRun) != 0 ? 0u : 1;
        if (frameStep != 0 && (window is null || run.Count.Value > window.Count.Value - _nextSlot))
            throw ChecksummedReader.Damaged($"page {run.First.Value:x5} is not in the image");
        Span<PageTableEntry> stored = stackalloc PageTableEntry[(int)SnapshotFormat.PagesOfRunMax];
        for (PageNumber page = run.First; page < run.End;)
        {
            ref Area area = ref Prepare(space, page);
            FrameNumber frame = frameStep == 0 ? EntryWords.ZeroFrame : window!.First + new FrameCount(_nextSlot);
            PageTableEntry entry = EntryWords.OfHost(frame, area.Flags, writable: false, written: false);
            uint endOfTable = (page.Value | (uint)space.Tables.EntryMask) + 1;    // Prepare has made one table
            uint count = Math.Min(Math.Min(run.End.Value, area.Range.End.Value), endOfTable) - page.Value;
            ConsecutiveFrames source = new(area.IsAccessible ? entry : entry.WithoutUser(), frameStep);
            space.Tables.FillUntouched(page, source, stored[..(int)count]);
            _nextSlot += count * frameStep;
            page += new PageCount(count);
        }
    }

    /// <summary>Finds the private area of a page, which gets a root and a table.</summary>
    private ref Area Prepare(Space space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || space.Areas[index].HasAny(AreaFlags.Shared | AreaFlags.Foreign))
            throw ChecksummedReader.Damaged($"page {page.Value:x5} is in no private area");
        ref Area area = ref space.Areas[index];
        if (!AnonymousFault.TryPrepareRoot(space, ref area)) throw SavedAreas.NoMemory();    // E4, Z3: private pages need a history
        while (!space.Tables.TryEnsureTable(page)) _opened.FreeFor(space);
        return ref area;
    }

    private void ReadGuard(Space space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || !space.Areas[index].Has(AreaFlags.MayHaveGuards) || space.Areas[index].Has(AreaFlags.Foreign))    // E7
            throw ChecksummedReader.Damaged($"page {page.Value:x5} is a guard in an area without guards");
        while (!space.Tables.TryEnsureTable(page)) _opened.FreeFor(space);
        space.Tables.StoreFirst(space.Tables.SlotOf(page), SwapEntry.ForMarker(PageMarker.Guard).ToPageTableEntry());
    }

    /// <summary>Entries of frames one after the other, or of one frame.</summary>
    private readonly struct ConsecutiveFrames(PageTableEntry first, uint step) : IEntrySource
    {
        public PageTableEntry Make(int index) => new(first.Word + ((ulong)(uint)index * step << VirtualAddress.PageShift));
    }
}
