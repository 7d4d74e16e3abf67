using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Writes processes to a stream: what <see cref="SavedMachine"/> says of them, every private page that has content, and the memory
/// that they share.</summary>
/// <remarks>
/// The contents of files are not written. An area of a file, of a device or of memory with a name that the caller gave is written with that
/// name, for which the loader is asked.
/// </remarks>
internal sealed class SnapshotWriter
{
    private readonly PhysicalMemory _ram;
    private readonly SnapshotSupplies _supplies;
    private readonly SavedTarget _target;
    private readonly ChecksummedWriter _writer;
    private readonly SavedPageSink _sink;
    private readonly SavedPoolWriter _pool;
    private SharedPages? _shared;    // null: a process is saved alone
    private PageRange _covered;    // of the area that was found last: pages come in order
    private bool _isOfFile;    // that area maps a file

    /// <param name="ram">Physical memory.</param>
    /// <param name="supplies">The parts of the engine.</param>
    /// <param name="callers">Keeps the stream from calling the engine.</param>
    /// <param name="target">Where to.</param>
    public SnapshotWriter(PhysicalMemory ram, SnapshotSupplies supplies, CallerCheck callers, in SavedTarget target)
    {
        (_ram, _supplies, _target) = (ram, supplies, target);
        _writer = new(target.Stream, callers);
        _sink = new(_writer, target);
        _pool = new(ram, supplies, _writer, _sink);
    }

    /// <summary>Writes everything.</summary>
    /// <param name="machine">The first part.</param>
    /// <param name="memories">The shared memory of it, in its order.</param>
    /// <param name="spaces">The memory of its processes, in their order; null for a zombie.</param>
    /// <param name="shared">Finds the pages that they share; null for one process.</param>
    /// <exception cref="NoMemoryException">There is no frame to read a swapped-out page into.</exception>
    /// <exception cref="IOException">A swap device has failed.</exception>
    public void Write(SavedMachine machine, IReadOnlyList<FileObject> memories, ReadOnlySpan<Space?> spaces, SharedPages? shared)
    {
        machine.WriteTo(_writer);
        SavedMemoryWriter pages = new(_ram, _supplies, _writer, _sink);
        for (int i = 0; i < memories.Count; i++)
        {
            FileObject memory = memories[i];
            _sink.BeginMemory(i);
            if (memory.IsHuge) _pool.Write(memory);
            else pages.Write(memory);
        }

        _shared = shared;
        for (int i = 0; i < spaces.Length; i++)
        {
            if (spaces[i] is not { } space) continue;
            _shared?.Process = (uint)i;
            _sink.BeginProcess(i);
            _covered = default;
            _pool.WriteAreas(space);
            WritePages(space);
            SnapshotFormat.WriteEndOfRuns(_writer);
            if (space.Shadow is not null && !_target.IsImage) SavedMarks.Write(_writer, space.Shadow);
        }

        SnapshotFormat.WriteEnd(_writer);
    }

    private void WritePages(Space space)
    {
        KnownPages? known = FindKnown(space);
        PageNumber from = default;
        while (true)
        {
            if (known is not null) from = known.Write(from);
            PageNumber limit = known?.LimitOf(from) ?? space.Tables.End;
            if (space.Tables.TryNextTouched(from, limit, out PageNumber page, out PageTableEntry entry))
                from = WritePage(space, page, entry);
            else if (limit < space.Tables.End) from = limit;
            else return;
        }
    }

    /// <summary>Finds the page tables of the image that a delta is against; null: the process is no clone of it.</summary>
    private KnownPages? FindKnown(Space space)
    {
        if (_target.Delta is not { } delta) return null;
        int place = (int)(_shared?.Process ?? 0);
        return _supplies.Images.FindTables(delta.Parent, place) is { } tables ? new(_ram, space, tables, _writer, delta, _shared) : null;
    }

    /// <summary>Writes a page, perhaps with those after it. Returns the page after the last one.</summary>
    private PageNumber WritePage(Space space, PageNumber page, PageTableEntry entry)
    {
        PageNumber next = page + PageCount.One;
        if (space.Statistics.HugePool != 0 && _pool.TryWriteLeaf(space, page, _shared?.Process, out PageNumber end)) return end;
        if (IsShared(entry) && _shared!.TryFind(space, page, entry, out SavedPage first)) return WriteRepeated(space, page, entry, first);
        if (entry.IsPresent)
        {
            if (EntryWords.IsImagePage(entry, _supplies.Store.Frames)) WriteImagePage(page, entry);
            else if (EntryWords.IsOwnPage(_supplies.Store.Frames.Shown(entry.Frame))) return WriteRun(space, page, entry);
            else if (EntryWords.IsZeroPage(entry) && IsOfFile(space, page)) WriteZero(page, entry);
            // the others are the zero page of anonymous memory, and pages of the page cache
        }
        else if (_supplies.Swap.From(entry) is { IsSwap: true } swapped)
        {
            WriteSwapped(page, swapped);
        }
        else if (SwapEntry.From(entry).Marker == PageMarker.Guard)
        {
            return WriteGuards(space, page);
        }

        return next;
    }

    /// <summary>True if an area with a file covers a page: a clone's page of zeros hides the file's there.</summary>
    private bool IsOfFile(Space space, PageNumber page)
    {
        if (_covered.Contains(page)) return _isOfFile;
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone) return false;
        ref readonly Area area = ref space.Areas[index];
        (_covered, _isOfFile) = (area.Range, !area.File.IsNone);
        return _isOfFile;
    }

    private void WriteZero(PageNumber page, PageTableEntry entry) =>
        SnapshotFormat.WriteRun(_writer, page, 1, SavedBitsOf(entry) | SnapshotFormat.ZeroRun);

    private bool IsShared(PageTableEntry entry) => _shared?.IsShared(entry) == true;

    private uint SharedBitOf(PageTableEntry entry) => IsShared(entry) ? SnapshotFormat.SharedRun : 0;

    /// <summary>Writes pages in one run, as long as they lie one after the other in a process before as well.</summary>
    private PageNumber WriteRepeated(Space space, PageNumber first, PageTableEntry entry, SavedPage source)
    {
        uint bits = SavedBitsOf(entry), count = 1;
        while (count < SnapshotFormat.PagesOfRunMax && first + new PageCount(count) < space.Tables.End)
        {
            PageNumber page = first + new PageCount(count);
            PageTableEntry next = space.Tables.Read(page);
            bool goesOn = IsShared(next) && SavedBitsOf(next) == bits && _shared!.TryFind(space, page, next, out SavedPage other)
                && other == source with { Page = source.Page + new PageCount(count) };
            if (!goesOn) break;
            count++;
        }

        SnapshotFormat.WriteRepeated(_writer, first, count, bits, source);
        return first + new PageCount(count);
    }

    // A swap entry has none of these bits: set, no observer misses a write.
    private static uint SavedBitsOf(PageTableEntry entry) =>
        entry.IsPresent ? (uint)entry.Word & SnapshotFormat.SavedBits : SnapshotFormat.SavedBits;

    /// <summary>
    /// Writes pages in one run, as long as they lie one after the other in RAM, or their bytes lie elsewhere. Returns the page after them.
    /// </summary>
    private PageNumber WriteRun(Space space, PageNumber first, PageTableEntry entry)
    {
        uint bits = (uint)entry.Word & SnapshotFormat.SavedBits, shared = SharedBitOf(entry);
        bool isZero = _ram.IsZero(entry.Frame);
        bool mayScatter = isZero || _sink.IsFar;    // no bytes of neighbouring frames are written in one piece
        uint count = 1;
        while (count < SnapshotFormat.PagesOfRunMax)
        {
            PageNumber page = first + new PageCount(count);
            if (page >= space.Tables.End) break;    // the next line reads entries of the user's pages
            PageTableEntry next = space.Tables.Read(page);
            bool goesOn = next.IsPresent && (next.Word & SnapshotFormat.SavedBits) == bits && SharedBitOf(next) == shared
                && EntryWords.IsOwnPage(_supplies.Store.Frames.Shown(next.Frame)) && _ram.IsZero(next.Frame) == isZero
                && (mayScatter || next.Frame.Value == entry.Frame.Value + count)
                && (shared == 0 || !_shared!.TryFind(space, page, next, out _));    // last, because it records the page
            if (!goesOn) break;
            count++;
        }

        SnapshotFormat.WriteRun(_writer, first, count, bits | shared | (isZero ? SnapshotFormat.ZeroRun : _sink.RunBit));
        PageNumber end = first + new PageCount(count);
        if (isZero) return end;
        if (!_sink.IsFar) _sink.Write(_ram.Bytes(entry.Frame.Address, (int)count << VirtualAddress.PageShift), first.Value);
        else for (PageNumber page = first; page < end; page += PageCount.One)
            _sink.Write(_ram.Bytes(space.Tables.Read(page).Frame), page.Value);
        return end;
    }

    private void WriteImagePage(PageNumber page, PageTableEntry entry)
    {
        SnapshotFormat.WriteRun(_writer, page, 1, ((uint)entry.Word & SnapshotFormat.SavedBits) | SharedBitOf(entry) | _sink.RunBit);
        _sink.Write(_ram.Bytes(entry.Frame), page.Value);
    }

    private PageNumber WriteGuards(Space space, PageNumber first)
    {
        PageNumber end = first + PageCount.One;
        while (end - first < new PageCount(SnapshotFormat.PagesOfRunMax) && end < space.Tables.End
            && SwapEntry.From(space.Tables.Read(end)).Marker == PageMarker.Guard) end += PageCount.One;
        SnapshotFormat.WriteRun(_writer, first, (end - first).Value, SnapshotFormat.GuardRun);
        return end;
    }

    private void WriteSwapped(PageNumber page, SwapEntry swapped)
    {
        if (_supplies.Swap.TryFind(swapped, out FrameNumber cached))
        {
            WriteOne(page, cached, SharedBitOf(swapped.ToPageTableEntry()));
            return;
        }

        if (!_supplies.Store.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame))
            throw new NoMemoryException("Cannot save the process: there is no free frame to read a swapped page into.");
        Errno error = _supplies.Swap.DeviceOf(swapped).Read(swapped.Slot, _ram, frame);
        try
        {
            if (error != Errno.None) throw new IOException($"Cannot save the process: page {page.Value:x5} cannot be read from swap.");
            WriteOne(page, frame, SharedBitOf(swapped.ToPageTableEntry()));
        }
        finally
        {
            _supplies.Store.Allocator.Free(frame);
        }
    }

    private void WriteOne(PageNumber page, FrameNumber frame, uint shared)
    {
        bool isZero = _ram.IsZero(frame);
        SnapshotFormat.WriteRun(_writer, page, 1, SnapshotFormat.SavedBits | shared | (isZero ? SnapshotFormat.ZeroRun : _sink.RunBit));
        if (!isZero) _sink.Write(_ram.Bytes(frame), page.Value);
    }
}
