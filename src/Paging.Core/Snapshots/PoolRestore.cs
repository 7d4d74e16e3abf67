using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   TryPrepare   counts the pages and reservations that all of them give back and need        the only step that can fail
//   Strip        of each process: takes out the huge pages that differ, and its reservations
//   …            small pages, areas and shared memory go back
//   Put          of each process: maps what the snapshot had
//   End          gives back what is left, and surplus pages
/// <summary>Takes the pages of the pool of one process, or of all and the files, back to a snapshot.</summary>
/// <remarks>
/// A snapshot has a list of the huge pages of a process and their bytes (<see cref="KeptBlocks"/>), and no notes of them, so any order of
/// snapshots is the same work. A page that has the bytes of the snapshot stays; another one gets them in its block, if it has one of its
/// own. The pool itself does not shrink while a snapshot is open, so pages may be gone when a process goes back: then nothing changes.
/// Cost: O(pages of the pool that they map), and a copy of each whose bytes differ. Without areas of the pool a test.
/// </remarks>
internal sealed class PoolRestore(
    FrameTable frames, OpenFileTable files, HugeObjects huge, PoolMappings mappings, PinTable pins)
{
    // Used again each time, so that iterations of a fuzzer allocate nothing.
    private readonly List<Party> _parties = [];
    private readonly List<KeptPoolFile> _files = [];
    private readonly Dictionary<uint, uint> _mapped = [];    // blocks, and the number of mappings that the processes have of each
    private readonly HashSet<uint> _given = [];    // blocks that no one else uses
    private readonly HashSet<KeptBlock> _needed = [];
    private readonly List<FrameNumber> _held = [];
    private readonly Dictionary<KeptBlock, FrameNumber> _inPlace = [];    // blocks that get the bytes of a page that they had
    private readonly HashSet<(uint Space, PageNumber Page)> _stays = [];
    private readonly HashSet<(OpenFileIndex Open, uint Index)> _used = [];    // the used reservations of the snapshot
    private readonly List<(OpenFileIndex Open, uint Index)> _usedMade = [];
    private readonly List<(FileObject File, uint Index)> _pagesMade = [];
    private KeptPoolSize? _size;
    private long _freeBefore, _surplusBefore, _marked;    // K6: marked pages that go, less those that come

    private HugePool Pool => huge.Pool;

    /// <summary>True between <see cref="TryPrepare"/> and <see cref="End"/> or <see cref="Cancel"/>.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>True if a process has memory of the pool, now or at a snapshot.</summary>
    public bool Concerns(Space space, KeptPool? target) =>
        target is not null || (files.HugeCount != 0 && space.HasPoolAreas);

    /// <summary>Adds a process to restore.</summary>
    /// <param name="space">Its memory.</param>
    /// <param name="target">Its state at the snapshot; null: it has no memory of the pool then, or ends.</param>
    public void Add(Space space, KeptPool? target)
    {
        long unused = 0;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
            if (space.Areas.PoolObject(space.Areas[index]) is { } file) unused += UnusedOf(space.Areas[index], file);
        _parties.Add(new(space, target, unused));
    }

    /// <summary>Adds a file to restore.</summary>
    public void Add(in KeptPoolFile file) => _files.Add(file);

    /// <summary>Makes sure that the pool has what all of them need.</summary>
    /// <param name="pool">The pool at a snapshot of the engine; null: one process is restored, and the rest stays as it is.</param>
    /// <returns>False, with nothing changed, if it has not, or if there is no memory for a record.</returns>
    public bool TryPrepare(KeptPoolSize? pool)
    {
        Count();
        long free = Pool.Free + _given.Count - CountNeeded(), reserved = Pool.Reserved + CountReservations();
        long allowed = Math.Max(0, Pool.Reserved - Pool.Free);    // as a truncation leaves it
        foreach (Party party in _parties) allowed = Math.Max(allowed, party.Target?.Shortage ?? 0);
        allowed = Math.Max(allowed, pool?.Shortage ?? 0);
        long missing = Math.Max(-free, reserved - free - allowed);
        // All of the pool goes back: surplus pages that were released come again, if there are any.
        long wanted = pool is { } size ? Math.Max(missing, reserved - free - Math.Max(0, size.Shortage)) : missing;
        (_freeBefore, _surplusBefore) = (Pool.Free, Pool.Surplus);
        _size = pool;
        if (!TryMakeRecords() || !(Pool.TryBeginRestore(wanted) || (wanted > missing && Pool.TryBeginRestore(missing))))
        {
            CancelRecords();
            Clear();
            return false;
        }

        IsOpen = true;
        foreach (KeptBlock bytes in _needed)
        {
            if (bytes.Block == default) continue;
            frames[bytes.Block].ReferenceCount++;    // not given back until the last process is back
            _held.Add(bytes.Block);
        }

        return true;
    }

    /// <summary>Undoes <see cref="TryPrepare"/>, if it has succeeded and nothing came after it.</summary>
    public void Cancel()
    {
        if (!IsOpen) return;
        CancelRecords();
        _size = new(_surplusBefore, long.MaxValue);
        End();
    }

    /// <summary>Takes out the huge pages of a process that differ from the snapshot, and all of its reservations.</summary>
    /// <param name="space">Its memory.</param>
    /// <param name="target">As for <see cref="Add(Space, KeptPool?)"/>.</param>
    /// <param name="current">The journal of the changes since that snapshot; null: the process has come from another one.</param>
    public void Strip(Space space, KeptPool? target, EntryJournal? current)
    {
        EntryJournal? journal = space.Tables.Journal;
        space.Tables.Journal = null;    // restoring is not a change
        int at = 0;
        PageNumber from = default;
        while (space.Tables.Huge.TryNext(from, space.Tables.End, out PageNumber first, out PageTableEntry leaf))
        {
            PageRange pages = space.Tables.Huge.RangeOf(first);
            from = pages.End;
            if (!space.HugeLines.IsOfPool(leaf)) continue;
            journal?.ForgetMarks(pages);
            KeptPoolPage? kept = FindPage(target, first, ref at);
            if (current?.HasAny(pages) == false && kept is { } same && HasBytesOf(same, leaf.Frame))
            {
                space.Tables.Huge.Store(first, same.Entry.WithFrame(leaf.Frame));
                Mark(leaf.Frame, same.IsMarked);
                _stays.Add((space.Index.Value, first));
                continue;
            }

            FrameNumber block = mappings.Take(space, first);
            if (kept is { Bytes: { } bytes } && bytes.Block == default && MayReuse(block) && _inPlace.TryAdd(bytes, block))
            {
                frames[block].ReferenceCount++;
                _held.Add(block);
            }

            mappings.GiveBackIfUnused(block);
        }

        space.Tables.Journal = journal;
        RestoreUsed(space);    // those that go away must not leave records
        foreach (Party party in _parties)
            if (party.Space == space) Pool.RestoreReservations(-party.Unused);
    }

    /// <summary>Takes the files back. Precondition: every process has been stripped, and those that end have ended.</summary>
    public void RestoreFiles()
    {
        foreach (KeptPoolFile kept in _files)    // first, because others need the pages
        {
            int at = 0;
            for (uint from = 0; huge.TryNext(kept.File, from, out uint index, out _); from = index + 1)
            {
                while (at < kept.Pages.Length && kept.Pages[at].Index < index) at++;
                bool had = at < kept.Pages.Length && kept.Pages[at].Index == index;
                if (!had || kept.Pages[at].Bytes is null) huge.RestoreAbsence(kept.File, index, isReserved: had);
            }
        }

        foreach (KeptPoolFile kept in _files)
        {
            foreach (KeptFilePage page in kept.Pages)
            {
                if (page.Bytes is null) continue;
                bool isThere = huge.TryNext(kept.File, page.Index, out _, out FrameNumber block) && block != default;
                huge.RestorePage(kept.File, page.Index, page.Bytes, isThere && IsPinned(block));
            }
        }
    }

    /// <summary>Maps the huge pages that a process had at the snapshot. Precondition: its areas are back.</summary>
    public void Put(Space space, KeptPool? target)
    {
        if (target is null) return;
        foreach (KeptPoolArea kept in target.Areas)
        {
            ref Area area = ref space.Areas[space.Areas.Tree.Covering(kept.First)];
            area.Flags = (area.Flags & ~PoolAreas.Flags) | kept.Flags;
            Pool.RestoreReservations(kept.Unused);
        }

        RestoreUsed(space);

        EntryJournal? journal = space.Tables.Journal;
        space.Tables.Journal = null;
        foreach (KeptPoolPage kept in target.Pages) Put(space, kept);
        space.Tables.Journal = journal;
    }

    /// <summary>Ends the restore: gives back the pages that nothing uses any more.</summary>
    public void End()
    {
        foreach (FrameNumber block in _held)
        {
            frames[block].ReferenceCount--;
            mappings.GiveBackIfUnused(block);
        }

        Pool.EndRestore(_size ?? new(Math.Max(0, Pool.Surplus - Math.Max(0, Pool.Free - _freeBefore)), 0));
        IsOpen = false;
        Clear();
    }

    private void RestoreUsed(Space space)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (area.HasAny(PoolAreas.Owner) && space.Areas.PoolObject(area) is { } file) mappings.RestoreUsed(area, file, _used);
        }
    }

    private void Put(Space space, in KeptPoolPage kept)
    {
        (uint, PageNumber) place = (space.Index.Value, kept.Page);
        if (_stays.Contains(place)) return;
        ref Area area = ref space.Areas[space.Areas.Tree.Covering(kept.Page)];
        FileObject file = files.ObjectOf(area.File);
        uint index = file.HugeIndexOf(area, kept.Page);
        FrameNumber block;
        if (kept.Bytes is null)
        {
            if (!huge.TryFind(file, index, out block)) return;    // a process alone: its file has lost the page since
        }
        else if (kept.Bytes.Block != default)
        {
            block = kept.Bytes.Block;
        }
        else
        {
            if (!_inPlace.TryGetValue(kept.Bytes, out block)) block = Pool.TakeForRestore();
            huge.BeginKept(block, kept.Bytes, file, index, IsPinned(block));
        }

        if (kept.Bytes is not null) Mark(block, kept.IsMarked);
        mappings.Put(space, kept.Page, kept.Entry.WithFrame(block));
        PageRange pages = space.Tables.Huge.RangeOf(kept.Page);
        for (PageNumber page = pages.First; page < pages.End; page += PageCount.One) space.Observers.Logs.Note(page.Value);
    }

    /// <summary>Finds the blocks that the processes and files give back: those that no one else uses.</summary>
    private void Count()
    {
        foreach (Party party in _parties)
        {
            int at = 0;
            PageNumber from = default;
            Space space = party.Space;
            while (space.Tables.Huge.TryNext(from, space.Tables.End, out PageNumber first, out PageTableEntry leaf))
            {
                from = first + space.Tables.Huge.CountEach;
                if (!space.HugeLines.IsOfPool(leaf)) continue;
                uint count = _mapped[leaf.Frame.Value] = _mapped.GetValueOrDefault(leaf.Frame.Value) + 1;
                ref FrameDescriptor block = ref frames[leaf.Frame];
                bool isOwn = (block.Private & HugePool.InObject) == 0, isPinned = block.ReferenceCount != block.MapCount + 1;
                bool getsBytes = FindPage(party.Target, first, ref at) is { Bytes: { } bytes } && bytes.Block == default;
                if (isOwn && count == block.MapCount && (!isPinned || getsBytes) && _given.Add(leaf.Frame.Value))
                    _marked += (block.Private & HugePool.Marked) != 0 ? 1 : 0;
            }
        }

        foreach (KeptPoolFile kept in _files)
        {
            for (uint from = 0; huge.TryNext(kept.File, from, out uint index, out FrameNumber found); from = index + 1)
            {
                if (found == default) continue;
                ref FrameDescriptor block = ref frames[found];
                if (_mapped.GetValueOrDefault(found.Value) == block.MapCount) _given.Add(found.Value);    // pinned: it keeps its block
            }
        }
    }

    /// <summary>Counts the blocks that the snapshot has and that the processes and files must have of their own.</summary>
    private long CountNeeded()
    {
        foreach (Party party in _parties)
            foreach (KeptPoolPage page in party.Target?.Pages ?? [])
                if (page.Bytes is not null && _needed.Add(page.Bytes) && page.IsMarked) _marked--;
        foreach (KeptPoolFile file in _files)
            foreach (KeptFilePage page in file.Pages)
                if (page.Bytes is not null) _needed.Add(page.Bytes);
        long count = 0;
        foreach (KeptBlock bytes in _needed)
            if (bytes.Block == default || _given.Contains(bytes.Block.Value)) count++;
        return count;
    }

    private long CountReservations()
    {
        long change = _marked;
        foreach (Party party in _parties)
        {
            change -= party.Unused;
            foreach (KeptPoolArea area in party.Target?.Areas ?? []) change += area.Unused;
        }

        foreach (KeptPoolFile kept in _files)
        {
            foreach (KeptFilePage page in kept.Pages) change += page.Bytes is null ? 1 : 0;
            for (uint from = 0; huge.TryNext(kept.File, from, out uint index, out FrameNumber block); from = index + 1)
                change -= block == default ? 1 : 0;
        }

        return change;
    }

    private bool TryMakeRecords()
    {
        foreach (Party party in _parties)
        {
            foreach (KeptPoolArea area in party.Target?.Areas ?? [])
            {
                foreach (uint index in area.Used)
                {
                    if (!mappings.TryUse(area.File, index, out bool isMade)) return false;
                    _used.Add((area.File, index));
                    if (isMade) _usedMade.Add((area.File, index));
                }
            }
        }

        foreach (KeptPoolFile kept in _files)
        {
            foreach (KeptFilePage page in kept.Pages)
            {
                if (!huge.TryPrepare(kept.File, page.Index, out bool isMade)) return false;
                if (isMade) _pagesMade.Add((kept.File, page.Index));
            }
        }

        return true;
    }

    private void CancelRecords()
    {
        foreach ((OpenFileIndex open, uint index) in _usedMade) mappings.Unuse(open, index);
        foreach ((FileObject file, uint index) in _pagesMade) huge.Cancel(file, index);
    }

    private void Clear()
    {
        _marked = 0;
        _parties.Clear();
        _files.Clear();
        _mapped.Clear();
        _given.Clear();
        _needed.Clear();
        _held.Clear();
        _inPlace.Clear();
        _stays.Clear();
        _used.Clear();
        _usedMade.Clear();
        _pagesMade.Clear();
    }

    private static KeptPoolPage? FindPage(KeptPool? target, PageNumber page, ref int at)
    {
        if (target is null) return null;
        while (at < target.Pages.Length && target.Pages[at].Page < page) at++;
        return at < target.Pages.Length && target.Pages[at].Page == page ? target.Pages[at] : null;
    }

    /// <summary>True if a block is the one that a page of a snapshot had, with its bytes. A file's are restored with the file.</summary>
    private bool HasBytesOf(in KeptPoolPage kept, FrameNumber block) =>
        kept.Bytes is null ? (frames[block].Private & HugePool.InObject) != 0 : kept.Bytes.Block == block;

    /// <summary>True if a block that has just lost its mapping belongs to no one else. A pinned one shows the bytes to the host.</summary>
    private bool MayReuse(FrameNumber block)
    {
        ref FrameDescriptor first = ref frames[block];
        return first.MapCount == 0 && (first.Private & HugePool.InObject) == 0 && (!Pool.Kept.Has(block) || IsPinned(block));
    }

    private bool IsPinned(FrameNumber block)
    {
        if (pins.IsEmpty) return false;
        foreach (PinTable.Pin pin in pins.All)
            if (Pool.FirstOf(pin.Frame) == block) return true;
        return false;
    }

    private uint UnusedOf(in Area area, FileObject file) =>
        area.HasAny(PoolAreas.Owner) ? (area.Count.Value >> file.HugeOrder) - mappings.CountUsed(area, file) : 0;

    /// <summary>Makes a page one that its owner has discarded, or not.</summary>
    private void Mark(FrameNumber block, bool isMarked)
    {
        ref FrameDescriptor first = ref frames[block];
        if (((first.Private & HugePool.Marked) != 0) == isMarked || (isMarked && first.MapCount != 0)) return;
        first.Private ^= HugePool.Marked;
        Pool.RestoreReservations(isMarked ? -1 : 1);    // K6
    }

    /// <summary>Takes a snapshot of a process's memory of the pool, which is not writable afterwards.</summary>
    /// <param name="space">Its memory.</param>
    /// <param name="kept">Null: it has none.</param>
    /// <returns>False, with nothing changed, if the host has no room.</returns>
    public bool TryTake(Space space, out KeptPool? kept)
    {
        kept = null;
        if (files.HugeCount == 0) return true;
        List<KeptPoolArea> areas = [];
        List<KeptPoolPage> pages = [];
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (space.Areas.PoolObject(area) is not { } file) continue;
            uint[] used = area.HasAny(PoolAreas.Owner) ? mappings.UsedIn(area, file) : [];
            areas.Add(new(area.First, area.File, area.Flags & PoolAreas.Flags, used, UnusedOf(area, file)));
            if (TryTakePages(space, area.Range, pages)) continue;
            Release(pages);
            return false;
        }

        if (areas.Count != 0) kept = new([.. areas], [.. pages], Pool.Reserved - Pool.Free);
        return true;
    }

    /// <summary>Takes a snapshot of the files of the pool. Null if the host has no room; nothing has changed then.</summary>
    public KeptPoolFile[]? TakeFiles()
    {
        List<KeptPoolFile> taken = [];
        foreach (FileObject file in files.Objects)
        {
            if (!file.IsHuge) continue;
            List<KeptFilePage> pages = [];
            for (uint from = 0; huge.TryNext(file, from, out uint index, out FrameNumber block); from = index + 1)
            {
                KeptBlock? bytes = block == default ? null : Pool.Kept.Keep(block, IsPinned(block));
                if (block == default || bytes is not null)
                {
                    pages.Add(new(index, bytes));
                    continue;
                }

                Release([.. taken, new(file, [.. pages])]);
                return null;
            }

            taken.Add(new(file, [.. pages]));
        }

        return [.. taken];
    }

    /// <summary>Gives up the pages of a snapshot of a process.</summary>
    public void Release(KeptPool? kept)
    {
        if (kept is not null) Release(kept.Pages);
    }

    /// <summary>Gives up the pages of files.</summary>
    public void Release(KeptPoolFile[] kept)
    {
        foreach (KeptPoolFile file in kept)
            foreach (KeptFilePage page in file.Pages)
                if (page.Bytes is not null) Pool.Kept.Release(page.Bytes);
    }

    /// <summary>Returns the number of small pages in huge pages that differ from those of a snapshot.</summary>
    public uint CountChanged(Space space, KeptPool? target)
    {
        if (!Concerns(space, target)) return 0;
        uint same = 0, live = space.Statistics.HugePool == 0 ? 0 : (uint)(space.Statistics.HugePool / Pool.PagesEach.Value);
        foreach (KeptPoolPage kept in target?.Pages ?? [])
            if (space.Tables.Huge.TryRead(kept.Page, out PageTableEntry leaf) && space.HugeLines.IsOfPool(leaf)
                && HasBytesOf(kept, leaf.Frame)) same++;
        return (Math.Max(live, (uint)(target?.Pages.Length ?? 0)) - same) * Pool.PagesEach.Value;
    }

    /// <summary>Returns the number of small pages in huge pages of files that differ from those of a snapshot.</summary>
    public long CountChanged(KeptPoolFile[] kept)
    {
        long count = 0;
        foreach (KeptPoolFile file in kept)
            foreach (KeptFilePage page in file.Pages)
                if (page.Bytes is not null && !(huge.TryFind(file.File, page.Index, out FrameNumber block) && page.Bytes.Block == block))
                    count += Pool.PagesEach.Value;
        return count;
    }

    private bool TryTakePages(Space space, PageRange range, List<KeptPoolPage> pages)
    {
        PageNumber from = range.First;
        while (space.Tables.Huge.TryNext(from, range.End, out PageNumber first, out PageTableEntry leaf))
        {
            from = first + space.Tables.Huge.CountEach;
            PageTableEntry closed = leaf.WithoutWritable().WithoutSoftware1();
            bool isOwn = (frames[leaf.Frame].Private & HugePool.InObject) == 0;
            KeptBlock? bytes = isOwn ? Pool.Kept.Keep(leaf.Frame, IsPinned(leaf.Frame)) : null;
            if (isOwn && bytes is null) return false;
            bool isMarked = isOwn && (frames[leaf.Frame].Private & HugePool.Marked) != 0;
            pages.Add(new(first, closed, bytes, isMarked));
            space.Tables.Journal?.ForgetMarks(space.Tables.Huge.RangeOf(first));    // each snapshot has the entry
            space.Tables.Huge.Store(first, closed);
        }

        return true;
    }

    private void Release(IEnumerable<KeptPoolPage> pages)
    {
        foreach (KeptPoolPage page in pages)
            if (page.Bytes is not null) Pool.Kept.Release(page.Bytes);
    }

    /// <summary>A process that is restored or ends.</summary>
    /// <param name="Space">Its memory.</param>
    /// <param name="Target">Its memory of the pool at the snapshot; null: none.</param>
    /// <param name="Unused">Its reservations that are not used up.</param>
    private readonly record struct Party(Space Space, KeptPool? Target, long Unused);
}
