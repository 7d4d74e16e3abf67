using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Writes the memory of a process to a stream: areas, limits, every private page that has content, and the memory that it
/// shares.</summary>
/// <remarks>
/// Neither descriptors nor the contents of files are written. An area of a file, of a device or of memory with a name that the caller
/// gave is written with that name, for which the loader is asked.
/// </remarks>
internal sealed class SnapshotWriter(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedWriter writer, Action<ReadOnlySpan<byte>>? farPages = null,
    Func<int, string?>? nameOf = null)
{
    private readonly ChecksummedWriter _writer = writer;
    private readonly SavedPageSink _sink = new(writer, farPages);
    private readonly List<FileObject> _memories = [];    // saved with the process
    private readonly Dictionary<uint, string> _names = [];    // of the other objects, by number

    /// <exception cref="NotSupportedException">
    /// Two files or devices have one name, so the loader could not tell them apart; or the process maps huge pages of the pool.
    /// </exception>
    public void Write(Space space, string name, int outOfMemoryScore, byte[]? hostState)
    {
        FindFiles(space);    // before the first byte
        SavedState state = SavedState.Of(space, hostState, _memories.Count != 0);
        SavedMemory[] memories = [.. _memories.Select(SavedMemory.Of)];
        SnapshotFormat.WriteStart(_writer, name, outOfMemoryScore, state, memories, (uint)space.Areas.Count);
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
            WriteArea(space.Areas[index], state.HasMemories);
        _writer.WriteChecksum();
        SavedMemoryWriter shared = new(ram, supplies, _writer, _sink);
        foreach (FileObject memory in _memories) shared.Write(memory);
        WritePages(space);
        SnapshotFormat.WriteEndOfRuns(_writer);
        if (space.Shadow is not null) WriteMarks(space.Shadow);
        SnapshotFormat.WriteEnd(_writer);
    }

    /// <summary>Finds out which files are saved with the process, and the names of the others.</summary>
    private void FindFiles(Space space)
    {
        Dictionary<string, FileObject> named = new(StringComparer.Ordinal);
        HashSet<uint> seen = [];
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            OpenFileIndex open = space.Areas[index].File;
            if (open.IsNone) continue;
            FileObject file = supplies.Files.ObjectOf(open);
            if (!seen.Add(file.Number)) continue;
            string? given = nameOf?.Invoke((int)file.Number + 1);
            if (given is null && file.IsSharedMemory)
            {
                _memories.Add(file);
                continue;
            }

            if (file.IsHuge)
                throw new NotSupportedException(
                    $"Cannot save the process: it maps huge pages of the pool at {space.Areas[index].First.Address}.");
            string name = _names[file.Number] = given ?? file.Name;
            if (!named.TryAdd(name, file))
                throw new NotSupportedException("Cannot save the process: it maps two "
                    + $"{(file.Kind == FileKind.Device ? "devices" : "files")} named '{name}', which a loader could not tell apart. "
                    + "Rename one, or give names with 'nameOf'.");
        }
    }

    private void WriteArea(in Area area, bool hasMemories)
    {
        FileObject? file = area.File.IsSome ? supplies.Files.ObjectOf(area.File) : null;
        uint memory = file is null ? 0 : (uint)_memories.IndexOf(file) + 1;
        string name = file is null || memory != 0 ? "" : _names[file.Number];
        // The number, too, because areas of one open file can be joined
        new SavedArea(area.Range, area.Flags, area.PageOffset, area.File.Value, name, memory).WriteTo(_writer, hasMemories);
    }

    private void WriteMarks(ShadowTree shadow)
    {
        uint count = 0;
        for (PageNumber from = default; shadow.TryNext(from, out PageNumber page); from = page + PageCount.One) count++;
        _writer.Write(count);
        Span<byte> states = stackalloc byte[ShadowPage.ByteLength];
        for (PageNumber from = default; shadow.TryNext(from, out PageNumber page); from = page + PageCount.One)
        {
            ShadowPage marks = shadow.Find(page)!;
            ByteState? whole = marks.Whole;
            _writer.Write(page.Value);
            _writer.Write((uint)(whole ?? ByteState.Good));    // Good: the states differ, and follow. A marked page has no good state.
            if (whole is not null) continue;
            marks.Save(states);
            _writer.Write(states);
        }
    }

    private void WritePages(Space space)
    {
        PageNumber from = default;
        while (space.Tables.TryNextTouched(from, space.Tables.End, out PageNumber page, out PageTableEntry entry))
        {
            from = page + PageCount.One;
            if (entry.IsPresent)
            {
                if (EntryWords.IsImagePage(entry, supplies.Store.Frames)) WriteImagePage(page, entry);
                else if (EntryWords.IsOwnPage(supplies.Store.Frames.Shown(entry.Frame))) from = WriteRun(space, page, entry);
                // the others are the zero page, and pages of the page cache
            }
            else if (supplies.Swap.From(entry) is { IsSwap: true } swapped)
            {
                WriteSwapped(page, swapped);
            }
            else if (SwapEntry.From(entry).Marker == PageMarker.Guard)
            {
                from = WriteGuards(space, page);
            }
        }
    }

    /// <summary>
    /// Writes pages in one run, as long as they lie one after the other in RAM, or their bytes lie elsewhere. Returns the page after them.
    /// </summary>
    private PageNumber WriteRun(Space space, PageNumber first, PageTableEntry entry)
    {
        uint bits = (uint)entry.Word & SnapshotFormat.SavedBits;
        bool isZero = ram.IsZero(entry.Frame);
        bool mayScatter = isZero || _sink.IsFar;    // no bytes of neighbouring frames are written in one piece
        uint count = 1;
        while (count < SnapshotFormat.PagesOfRunMax)
        {
            PageNumber page = first + new PageCount(count);
            if (page >= space.Tables.End) break;    // the next line reads entries of the user's pages
            PageTableEntry next = space.Tables.Read(page);
            bool goesOn = next.IsPresent && (next.Word & SnapshotFormat.SavedBits) == bits
                && EntryWords.IsOwnPage(supplies.Store.Frames.Shown(next.Frame)) && ram.IsZero(next.Frame) == isZero
                && (mayScatter || next.Frame.Value == entry.Frame.Value + count);
            if (!goesOn) break;
            count++;
        }

        SnapshotFormat.WriteRun(_writer, first, count, bits | (isZero ? SnapshotFormat.ZeroRun : _sink.RunBit));
        PageNumber end = first + new PageCount(count);
        if (isZero) return end;
        if (!_sink.IsFar) _sink.Write(ram.Bytes(entry.Frame.Address, (int)count << VirtualAddress.PageShift));
        else for (PageNumber page = first; page < end; page += PageCount.One) _sink.Write(ram.Bytes(space.Tables.Read(page).Frame));
        return end;
    }

    private void WriteImagePage(PageNumber page, PageTableEntry entry)
    {
        SnapshotFormat.WriteRun(_writer, page, 1, ((uint)entry.Word & SnapshotFormat.SavedBits) | _sink.RunBit);
        _sink.Write(ram.Bytes(entry.Frame));
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
        if (supplies.Swap.TryFind(swapped, out FrameNumber cached))
        {
            WriteOne(page, cached);
            return;
        }

        if (!supplies.Store.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame))
            throw new NoMemoryException("Cannot save the process: there is no free frame to read a swapped page into.");
        Errno error = supplies.Swap.DeviceOf(swapped).Read(swapped.Slot, ram, frame);
        try
        {
            if (error != Errno.None) throw new IOException($"Cannot save the process: page {page.Value:x5} cannot be read from swap.");
            WriteOne(page, frame);
        }
        finally
        {
            supplies.Store.Allocator.Free(frame);
        }
    }

    private void WriteOne(PageNumber page, FrameNumber frame)
    {
        bool isZero = ram.IsZero(frame);
        // A swap entry has none of these bits: set, no observer misses a write.
        SnapshotFormat.WriteRun(_writer, page, 1, SnapshotFormat.SavedBits | (isZero ? SnapshotFormat.ZeroRun : _sink.RunBit));
        if (!isZero) _sink.Write(ram.Bytes(frame));
    }
}
