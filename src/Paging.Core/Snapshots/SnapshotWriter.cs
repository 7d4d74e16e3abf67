using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Writes the memory of a process to a stream: areas, limits, and every private page that has content.</summary>
/// <remarks>Neither descriptors nor the contents of files are written. An area of a file is written with the file's name.</remarks>
internal sealed class SnapshotWriter(
    PhysicalMemory ram, SnapshotSupplies supplies, ChecksummedWriter writer, Action<ReadOnlySpan<byte>>? farPages = null,
    Func<int, string?>? nameOf = null)
{
    private readonly ChecksummedWriter _writer = writer;

    /// <exception cref="NotSupportedException">The process maps shared anonymous memory.</exception>
    public void Write(Space space, string name, int outOfMemoryScore, byte[]? hostState)
    {
        RefuseWhatIsShared(space);    // before the first byte
        SnapshotFormat.WriteStart(_writer, name, outOfMemoryScore, SavedState.Of(space, hostState), (uint)space.Areas.Count);
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next) WriteArea(space.Areas[index]);
        _writer.WriteChecksum();
        WritePages(space);
        SnapshotFormat.WriteEnd(_writer);
    }

    private void RefuseWhatIsShared(Space space)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            OpenFileIndex file = space.Areas[index].File;
            if (file.IsNone || supplies.Files.ObjectOf(file) is not { Kind: FileKind.SharedAnonymous } memory) continue;
            if (GivenName(memory) is not null) continue;
            throw new NotSupportedException(
                $"Cannot save the process: it maps shared anonymous memory at {space.Areas[index].First.Address}.");
        }
    }

    private void WriteArea(in Area area)
    {
        FileObject? file = area.File.IsSome ? supplies.Files.ObjectOf(area.File) : null;
        string name = file is null ? "" : GivenName(file) ?? file.Name;
        // The number, too, because areas of one open file can be joined
        new SavedArea(area.Range, area.Flags, area.PageOffset, area.File.Value, name).WriteTo(_writer);
    }

    private string? GivenName(FileObject file) => nameOf?.Invoke((int)file.Number + 1);

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
    /// Writes pages in one run, as long as they lie one after the other in RAM, or their bytes lie elsewhere. Returns the page behind them.
    /// </summary>
    private PageNumber WriteRun(Space space, PageNumber first, PageTableEntry entry)
    {
        uint bits = (uint)entry.Word & SnapshotFormat.SavedBits;
        bool isZero = ram.IsZero(entry.Frame);
        bool mayScatter = isZero || farPages is not null;    // no bytes of neighbouring frames are written in one piece
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

        SnapshotFormat.WriteRun(_writer, first, count, bits | (isZero ? SnapshotFormat.ZeroRun : FarBit));
        PageNumber end = first + new PageCount(count);
        if (isZero) return end;
        if (farPages is null) _writer.Write(ram.Bytes(entry.Frame.Address, (int)count << VirtualAddress.PageShift));
        else for (PageNumber page = first; page < end; page += PageCount.One) WritePageBytes(ram.Bytes(space.Tables.Read(page).Frame));
        return end;
    }

    private void WriteImagePage(PageNumber page, PageTableEntry entry)
    {
        SnapshotFormat.WriteRun(_writer, page, 1, ((uint)entry.Word & SnapshotFormat.SavedBits) | FarBit);
        WritePageBytes(ram.Bytes(entry.Frame));
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
        SnapshotFormat.WriteRun(_writer, page, 1, SnapshotFormat.SavedBits | (isZero ? SnapshotFormat.ZeroRun : FarBit));
        if (!isZero) WritePageBytes(ram.Bytes(frame));
    }

    private uint FarBit => farPages is null ? 0 : SnapshotFormat.FarRun;

    private void WritePageBytes(ReadOnlySpan<byte> bytes)
    {
        if (farPages is null) _writer.Write(bytes);
        else _writer.Call(farPages, bytes);
    }
}
