using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Writes processes to a stream: what <see cref="SavedMachine"/> says of them, every private page that has content, and the memory
/// that they share.</summary>
/// <remarks>
/// The contents of files are not written. An area of a file, of a device or of memory with a name that the caller gave is written with that
/// name, for which the loader is asked.
/// </remarks>
/// <param name="ram">Physical memory.</param>
/// <param name="supplies">The parts of the engine.</param>
/// <param name="writer">Writes to the stream.</param>
/// <param name="farPages">Gets the bytes of pages; null: the stream has them.</param>
/// <param name="isImage">True for an image, which keeps marked bytes beside the stream.</param>
internal sealed class SnapshotWriter(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedWriter writer, Action<ReadOnlySpan<byte>>? farPages = null,
    bool isImage = false)
{
    private readonly ChecksummedWriter _writer = writer;
    private readonly SavedPageSink _sink = new(writer, farPages);
    private readonly SavedPoolWriter _pool = new(ram, supplies, writer, new(writer, farPages));
    private SharedPages? _shared;    // null: a process is saved alone

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
        SavedMemoryWriter pages = new(ram, supplies, _writer, _sink);
        foreach (FileObject memory in memories)
        {
            if (memory.IsHuge) _pool.Write(memory);
            else pages.Write(memory);
        }

        _shared = shared;
        for (int i = 0; i < spaces.Length; i++)
        {
            if (spaces[i] is not { } space) continue;
            _shared?.Process = (uint)i;
            _pool.WriteAreas(space);
            WritePages(space);
            SnapshotFormat.WriteEndOfRuns(_writer);
            if (space.Shadow is not null && !isImage) WriteMarks(space.Shadow);
        }

        SnapshotFormat.WriteEnd(_writer);
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
            if (space.Statistics.HugePool != 0 && _pool.TryWriteLeaf(space, page, _shared?.Process, out PageNumber end))
            {
                from = end;
                continue;
            }

            if (IsShared(entry) && _shared!.TryFind(space, page, entry, out SavedPage first))
            {
                from = WriteRepeated(space, page, entry, first);
            }
            else if (entry.IsPresent)
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

        SnapshotFormat.WriteRun(_writer, first, count, bits | SnapshotFormat.RepeatedRun);
        _writer.Write(source.Process);
        _writer.Write(source.Page.Value);
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
        bool isZero = ram.IsZero(entry.Frame);
        bool mayScatter = isZero || _sink.IsFar;    // no bytes of neighbouring frames are written in one piece
        uint count = 1;
        while (count < SnapshotFormat.PagesOfRunMax)
        {
            PageNumber page = first + new PageCount(count);
            if (page >= space.Tables.End) break;    // the next line reads entries of the user's pages
            PageTableEntry next = space.Tables.Read(page);
            bool goesOn = next.IsPresent && (next.Word & SnapshotFormat.SavedBits) == bits && SharedBitOf(next) == shared
                && EntryWords.IsOwnPage(supplies.Store.Frames.Shown(next.Frame)) && ram.IsZero(next.Frame) == isZero
                && (mayScatter || next.Frame.Value == entry.Frame.Value + count)
                && (shared == 0 || !_shared!.TryFind(space, page, next, out _));    // last, because it records the page
            if (!goesOn) break;
            count++;
        }

        SnapshotFormat.WriteRun(_writer, first, count, bits | shared | (isZero ? SnapshotFormat.ZeroRun : _sink.RunBit));
        PageNumber end = first + new PageCount(count);
        if (isZero) return end;
        if (!_sink.IsFar) _sink.Write(ram.Bytes(entry.Frame.Address, (int)count << VirtualAddress.PageShift));
        else for (PageNumber page = first; page < end; page += PageCount.One) _sink.Write(ram.Bytes(space.Tables.Read(page).Frame));
        return end;
    }

    private void WriteImagePage(PageNumber page, PageTableEntry entry)
    {
        SnapshotFormat.WriteRun(_writer, page, 1, ((uint)entry.Word & SnapshotFormat.SavedBits) | SharedBitOf(entry) | _sink.RunBit);
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
            WriteOne(page, cached, SharedBitOf(swapped.ToPageTableEntry()));
            return;
        }

        if (!supplies.Store.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame))
            throw new NoMemoryException("Cannot save the process: there is no free frame to read a swapped page into.");
        Errno error = supplies.Swap.DeviceOf(swapped).Read(swapped.Slot, ram, frame);
        try
        {
            if (error != Errno.None) throw new IOException($"Cannot save the process: page {page.Value:x5} cannot be read from swap.");
            WriteOne(page, frame, SharedBitOf(swapped.ToPageTableEntry()));
        }
        finally
        {
            supplies.Store.Allocator.Free(frame);
        }
    }

    private void WriteOne(PageNumber page, FrameNumber frame, uint shared)
    {
        bool isZero = ram.IsZero(frame);
        SnapshotFormat.WriteRun(_writer, page, 1, SnapshotFormat.SavedBits | shared | (isZero ? SnapshotFormat.ZeroRun : _sink.RunBit));
        if (!isZero) _sink.Write(ram.Bytes(frame));
    }
}
