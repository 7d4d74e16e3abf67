using Paging.Core.Cache;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Counts the frames, slots, open files and areas that snapshots hold. Checks J1 to J9.</summary>
internal sealed class SnapshotRecount
{
    private readonly EngineParts _parts;
    private readonly List<SnapshotTree> _trees;
    private readonly List<(Space Space, PageNumber Page, PageTableEntry Entry)> _kept = [];
    private readonly uint[] _frameHolds;

    public SnapshotRecount(EngineParts parts, IEnumerable<SnapshotTree> trees)
    {
        _parts = parts;
        _trees = [.. trees.Where(static tree => tree.Current is not null)];    // without a snapshot, a tree has no journal
        _frameHolds = new uint[parts.Machine.Frames.Count.Value];
        foreach (SnapshotTree tree in _trees) Collect(tree);
        foreach ((_, _, PageTableEntry entry) in _kept)
            if (IsHeld(entry)) _frameHolds[(int)entry.Frame.Value]++;
    }

    /// <summary>The number of references that snapshots hold, by frame.</summary>
    public ReadOnlySpan<uint> FrameHolds => _frameHolds;

    /// <summary>Every area record that snapshots keep.</summary>
    public List<AreaIndex> Areas { get; } = [];

    /// <summary>Counts the open files that kept areas and kept descriptors hold.</summary>
    public void CountHolders(FileRecount files)
    {
        foreach (AreaIndex index in Areas)
        {
            ref Area area = ref _parts.Machine.Areas.Slab[index.Value];
            if (area.File.IsSome) files.HoldKept(area.File);
        }

        foreach (SnapshotTree tree in _trees)
            foreach (SnapshotNode node in tree.Nodes)
                foreach (HeldDescriptor held in node.Descriptors)
                    if (held.File.IsSome) files.Hold(held.File);
    }

    /// <summary>Counts the slots that kept entries name, and those of kept frames in the swap cache.</summary>
    public void CountSlots(SwapRecount swap)
    {
        foreach ((_, _, PageTableEntry entry) in _kept)
        {
            if (!entry.IsPresent)
            {
                if (SwapEntry.From(entry).IsSwap) swap.CountUser(SwapEntry.From(entry));
            }
            else if (IsHeld(entry) && _parts.Machine.Frames.Named(entry.Frame).State == FrameState.SwapCache)
            {
                swap.CountUser(_parts.Files.Swap.EntryOf(entry.Frame));
            }
        }

        CountSlots(swap, _parts.Files.Cache.Contents.Pages);
        foreach (ContentNode node in _parts.Contents.Nodes)
            if (node.Edge is not null) CountSlots(swap, node.Edge.Pages);
    }

    private static void CountSlots(SwapRecount swap, Dictionary<ContentPage, KeptContent> pages)
    {
        foreach (KeptContent kept in pages.Values)
            if (!kept.Slot.IsNone) swap.CountUser(kept.Slot);
    }

    /// <summary>Checks J1 to J9.</summary>
    public void Check(AuditReport report)
    {
        CheckPool(report);
        foreach (Space space in _parts.Machine.Spaces.Live)
            if (_parts.Contents.Current is not null) CheckShared(space, report);
        foreach ((Space space, PageNumber page, PageTableEntry entry) in _kept) CheckKept(space, page, entry, report);
        foreach (AreaIndex index in Areas)
        {
            ref Area area = ref _parts.Machine.Areas.Slab[index.Value];
            if (!area.Count.IsZero || area.WidestGap.IsZero) report.Add("J4",    // J4: its count is in WidestGap
                $"kept area {index.Value}: {area.Count} pages, {area.WidestGap} kept");
        }

        foreach (SnapshotTree tree in _trees)
        {
            CheckLive(tree.Space, report);
            CheckMarks(tree, report);
            CheckEqual(tree, report);
            CheckLines(tree, report);
            CheckLeaves(tree, report);
        }
    }

    // J9  a block of the pool that has the bytes of a snapshot is in use, and no entry allows it to be written.
    private void CheckPool(AuditReport report)
    {
        KeptBlocks kept = _parts.Machine.HugePool.Kept;
        foreach (FrameNumber block in kept.Unchanged)
        {
            FrameDescriptor first = _parts.Machine.Frames[block];
            if (first.State != FrameState.Kernel || !HugePool.IsUsed(in first))
                report.Add("J9", $"huge page {block.Value:x5}, whose bytes a snapshot keeps, is {first.State} and not in use");
        }

        foreach (Space space in _parts.Machine.Spaces.Live)
        {
            PageNumber from = default;
            while (!kept.IsEmpty && space.Tables.Huge.TryNext(from, space.Tables.End, out PageNumber page, out PageTableEntry leaf))
            {
                from = page + space.Tables.Huge.CountEach;
                if (leaf.IsWritable && kept.Has(leaf.Frame))
                    report.Add("J9", $"{new EntryPlace(space.ProcessId, page, leaf)}, whose bytes a snapshot keeps, is writable");
            }
        }
    }

    // J8  a line that a snapshot needs a table for has one: in the directory, spare, or in reserve for its leaf.
    private static void CheckLines(SnapshotTree tree, AuditReport report)
    {
        PageTables tables = tree.Space.Tables;
        ref readonly TableSet lines = ref tree.Entries!.Tables.All;
        for (int index = lines.NextFrom(0); index >= 0; index = lines.NextFrom(index + 1))
        {
            PageNumber first = tables.FirstOf(index);
            bool isThere = tables.HasTable(first) || tables.Spares?.Lines.Contains(index) == true
                || KeptLeaves.HasReserve(tree.Space, first);
            if (!isThere) report.Add("J8", $"process {tree.Space.ProcessId} page {first}: no table to go back with");
        }
    }

    // J8  a leaf was made since the last snapshot, and each of its pages has a note; or the snapshot keeps it as it is, and none has.
    private static void CheckLeaves(SnapshotTree tree, AuditReport report)
    {
        PageTables tables = tree.Space.Tables;
        EntryJournal journal = tree.Entries!;
        PageNumber from = default;
        while (tables.Huge.TryNext(from, tables.End, out PageNumber first, out PageTableEntry leaf))
        {
            PageRange pages = tables.Huge.RangeOf(first);
            from = pages.End;
            if (!journal.HasEach(pages) && journal.HasAny(pages))
                report.Add("J8", $"{new EntryPlace(tree.Space.ProcessId, first, leaf)}: some of the pages of a huge page have notes");
        }
    }

    // J1  a kept entry of a private page leads to a private frame, and is neither writable nor exclusive.
    private void CheckKept(Space space, PageNumber page, PageTableEntry entry, AuditReport report)
    {
        if (!entry.IsPresent || (entry.Word & EntryJournal.CachedMark) != 0) return;
        FrameState state = _parts.Machine.Frames.Named(entry.Frame).State;
        bool isOwn = state is FrameState.Anonymous or FrameState.SwapCache;
        if (!isOwn && !_parts.Machine.Frames.IsReserved(entry.Frame)) report.Add("J1",
            $"process {space.ProcessId} page {page}: keeps {entry}, whose frame is {state}");
        if (isOwn && (entry.IsWritable || EntryWords.IsExclusive(entry))) report.Add("J1",
            $"process {space.ProcessId} page {page}: keeps {entry}");
    }

    // J2  a page that has not changed is not writable where its table is open; J3  nor is one whose frame a snapshot holds, anywhere.
    private void CheckLive(Space space, AuditReport report)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(space.Tables.UserPages))
        {
            if (!entry.IsPresent || !entry.IsWritable) continue;
            bool isOpen = space.Tables.ReadUpper(space.Tables.IndexOf(page)).IsWritable;
            bool isOwn = EntryWords.IsOwnPage(_parts.Machine.Frames.Named(entry.Frame));
            EntryPlace where = new(space.ProcessId, page, entry);
            if (isOpen && isOwn && space.Tables.IsKept(page)) report.Add("J2", $"{where}, of a snapshot, is writable");
            if (isOwn && _frameHolds[(int)entry.Frame.Value] != 0) report.Add("J3", $"{where} is writable, but a snapshot holds its frame");
        }
    }

    // J7  a page has a note or a record of its marks, not both.
    private static void CheckMarks(SnapshotTree tree, AuditReport report)
    {
        EntryJournal journal = tree.Entries!;
        for (PageNumber from = default; journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            if (journal.HasMarks(page)) report.Add("J7", $"process {tree.Space.ProcessId} page {page}: a note, and a record of marks");
    }

    // J6  a page that stayed with its process when it went back, and was not written since, has the bytes of the snapshot.
    private void CheckEqual(SnapshotTree tree, AuditReport report)
    {
        EntryJournal journal = tree.Entries!;
        if (!journal.KeepsPages) return;
        PhysicalMemory ram = _parts.Machine.Ram;
        for (PageNumber from = default; journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
        {
            if (!JournalWalk.IsEqual(tree.Space.Tables, journal, page, out FrameNumber own)) continue;
            FrameNumber kept = journal[page].Frame;    // present: a note whose page went to swap is not equal to anything
            bool isSame = ram.HasBytes(own) && ram.HasBytes(kept) && ram.Bytes(own).SequenceEqual(ram.Bytes(kept));
            if (!isSame) report.Add("J6",
                $"process {tree.Space.ProcessId} page {page}: frame {own} was not written, and differs from frame {kept} of the snapshot");
        }
    }

    // J5  a page of shared memory that can be written is one whose content the last snapshot of the engine has.
    private void CheckShared(Space space, AuditReport report)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(space.Tables.UserPages))
        {
            bool isOpen = entry.IsPresent && entry.IsWritable && space.Tables.ReadUpper(space.Tables.IndexOf(page)).IsWritable;
            if (!isOpen || space.Tables.Huge.Has(page)) continue;
            ref FrameDescriptor descriptor = ref _parts.Machine.Frames.Named(entry.Frame);
            if (descriptor.State != FrameState.PageCache) continue;
            FileObject file = _parts.Files.OpenFiles.Object(descriptor.Owner);
            if (file.KeptCount == 0 || _parts.Files.Cache.Contents.Has(file, new(descriptor.Index))) continue;    // 0: made since
            report.Add("J5", $"process {space.ProcessId} page {page}: {entry} is writable, and no snapshot has page " +
                $"{descriptor.Index} of object {file.Number}");
        }
    }

    private bool IsHeld(PageTableEntry entry) => entry.IsPresent && (entry.Word & EntryJournal.CachedMark) == 0
        && entry.Frame.Value < _frameHolds.Length && _parts.Machine.Frames.Named(entry.Frame).State > FrameState.Reserved;

    private void Collect(SnapshotTree tree)
    {
        EntryJournal journal = tree.Entries!;
        for (PageNumber from = default; journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            _kept.Add((tree.Space, page, journal[page]));
        for (AreaIndex index = tree.Areas!.FirstKept; index.IsSome; index = _parts.Machine.Areas.Slab[index.Value].Next) Areas.Add(index);
        foreach (SnapshotNode node in tree.Nodes)
        {
            if (node.Edge is null) continue;
            foreach (KeptPage kept in node.Edge.Pages) _kept.Add((tree.Space, kept.Page, kept.Entry));
            Areas.AddRange(node.Edge.Areas.Kept);
        }
    }
}
