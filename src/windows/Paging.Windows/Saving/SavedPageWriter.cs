using Paging.Core;
using Paging.Core.Snapshots;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;

namespace Paging.Windows.Saving;

/// <summary>Writes the touched pages of a process as runs: consecutive pages with the same bits.</summary>
/// <param name="parts">The parts of the machine.</param>
/// <param name="writer">Receives the runs.</param>
/// <param name="sink">Receives the bytes.</param>
/// <param name="spare">A frame to read pages of page files into.</param>
internal sealed class SavedPageWriter(WindowsParts parts, ChecksummedWriter writer, SavedPageSink sink, FrameNumber spare)
{
    private readonly FrameNumber[] _frames = new FrameNumber[(int)SnapshotFormat.PagesOfRunMax];
    private PageNumber _first;
    private uint _count;
    private SavedPageBits _bits;

    /// <summary>Writes all runs, without an end mark.</summary>
    /// <exception cref="IOException">A page file has failed.</exception>
    /// <exception cref="InvariantException">The host has written a word that leads nowhere.</exception>
    public void Write(WindowsSpace space)
    {
        foreach ((PageNumber page, PageTableEntry word) in space.Space.Tables.TouchedIn(space.Space.Tables.UserPages))
        {
            WindowsEntry entry = WindowsEntry.From(word);
            SavedPageBits bits = SavedPageBits.Of(entry, parts.States.IsOwn(entry), word);
            FrameNumber frame = bits.HasContent ? FrameOf(page, entry) : default;
            if (bits.HasContent) bits = new(bits.Word | (parts.Core.Machine.Ram.IsZero(frame) ? SnapshotFormat.ZeroRun : sink.RunBit));
            bool goesOn = _count != 0 && _count < SnapshotFormat.PagesOfRunMax && bits == _bits && page == _first + new PageCount(_count);
            if (!goesOn)
            {
                WriteRun();
                (_first, _bits) = (page, bits);
            }

            _frames[_count++] = frame;
            if (frame.Value == spare.Value) WriteRun();    // before the next page is read into the same frame
        }

        WriteRun();
    }

    private void WriteRun()
    {
        if (_count == 0) return;
        SnapshotFormat.WriteRun(writer, _first, _count, _bits.Word);
        for (uint i = 0; _bits.HasContent && !_bits.IsZero && i < _count; i++)
            sink.Write(parts.Core.Machine.Ram.Bytes(_frames[i]), _first.Value + i);
        _count = 0;
    }

    /// <summary>The frame with the contents of a page of its own: the spare one, if it lies in a page file alone.</summary>
    private FrameNumber FrameOf(PageNumber page, WindowsEntry entry)
    {
        if (entry.Kind != WindowsEntryKind.PageFile)
            return entry.Frame.Value < parts.Core.Machine.Ram.FrameCount.Value ? entry.Frame : throw Wild(page, entry);
        SwapSpace swap = parts.Core.Files.Swap;
        SwapEntry slot = swap.UsedOrNone(entry.Slot);
        if (!slot.IsSwap) throw Wild(page, entry);
        if (swap.TryFind(slot, out FrameNumber cached)) return cached;
        WriteRun();    // its pages may not be in the frame
        if (swap.DeviceOf(slot).Read(slot.Slot, parts.Core.Machine.Ram, spare) != Errno.None)
            throw new IOException($"Cannot save the process: page {page.Value:x5} cannot be read from its page file.");
        return spare;
    }

    private static InvariantException Wild(PageNumber page, WindowsEntry entry) =>
        new($"I7: page {page} has the word {entry}, which leads to no page that could be saved.");
}
