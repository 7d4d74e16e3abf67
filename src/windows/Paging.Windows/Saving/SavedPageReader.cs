using Paging.Core;
using Paging.Core.Faults;
using Paging.Core.Frames;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Saving;

/// <summary>Fills the allocations of a new process with the pages that <see cref="SavedPageWriter"/> has written.</summary>
/// <param name="parts">The parts of the machine.</param>
/// <param name="reader">At the first run.</param>
/// <param name="farPages">The device with the bytes of far pages; null: the stream has them.</param>
internal sealed class SavedPageReader(WindowsParts parts, ChecksummedReader reader, SwapDevice? farPages)
{
    private const int FaultAttempts = 8;    // a read, its frames, and pages that reclaim took meanwhile

    private readonly List<PageNumber> _mapped = [];

    /// <summary>Reads all runs, up to the end mark.</summary>
    /// <param name="space">The process, with its allocations and without pages.</param>
    /// <param name="slot">The slot of the first far page; afterwards the one after the last.</param>
    /// <exception cref="InvalidDataException">A run does not fit the allocations.</exception>
    /// <exception cref="NoMemoryException">No frame is free, and none can be freed.</exception>
    public void Read(WindowsSpace space, ref uint slot)
    {
        PageNumber end = UserRange.Lowest;
        while (true)
        {
            PageNumber first = new(reader.ReadWord());
            uint count = reader.ReadWord();
            SavedPageBits bits = new(reader.ReadWord());
            if (count == 0) break;    // the end mark
            if (first < end || first >= space.User.Probe || count > SnapshotFormat.PagesOfRunMax
                || count > (space.User.Probe - first).Value)
                throw ChecksummedReader.Damaged($"a run of pages at {first.Value:x5} is out of order");
            end = first + new PageCount(count);
            for (PageNumber page = first; page < end; page++) ReadPage(space, page, bits, ref slot);
        }

        for (VadIndex at = space.Vads.First; at.IsSome; at = space.Vads.Next(at))    // I2
        {
            if (parts.States.CountCharged(space, space.Vads[at], space.Vads[at].Range) != space.Vads[at].Flags.CommitCharge)
                throw ChecksummedReader.Damaged($"the charge of the allocation at {space.Vads[at].First.Value:x5} is wrong");
        }
    }

    /// <summary>
    /// Maps the pages of sections that were in the working set, as far as they can be read, and brings in the pages that are locked.
    /// </summary>
    /// <exception cref="NoMemoryException">A locked page cannot be brought in.</exception>
    public void MapShared(WindowsSpace space)
    {
        foreach (PageNumber page in _mapped) MapPage(space, page);
        for (uint page = 0; space.Locked?.TryNext(page, UserRange.EndOfAll.Value, out page) == true; page++) BringIn(space, new(page));
    }

    private void BringIn(WindowsSpace space, PageNumber page)
    {
        _ = parts.Core.Faults.Foreign!.BringBack(space.Space, page);
        if (!space.Space.Tables.Read(page).IsPresent)    // I9
            throw new NoMemoryException($"Cannot load the process: its locked page {page.Value:x5} cannot be brought in.");
        parts.LockView(space, page);
    }

    private void MapPage(WindowsSpace space, PageNumber page)
    {
        ref Vad vad = ref space.Vads[space.Vads.Covering(page)];
        ProtectionCode protection = WindowsEntry.From(space.Space.Tables.Read(page)).Protection;
        for (int attempts = 0; attempts < FaultAttempts; attempts++)
        {
            FaultOutcome outcome = parts.ViewFaults.Fill(space, vad, new(page, AccessKind.Read), protection);
            bool goesOn = outcome is FaultOutcome.LookAgain or FaultOutcome.LookAgainHavingRead
                || (outcome == FaultOutcome.OutOfMemory && parts.Core.Reclaim.Pressure.TryFreeFor(space.Space.Group, 1));
            if (!goesOn) return;    // it is mapped, or a later access reports why it cannot be
        }
    }

    private void ReadPage(WindowsSpace space, PageNumber page, SavedPageBits bits, ref uint slot)
    {
        VadIndex index = space.Vads.Covering(page);
        if (index.IsNone || !bits.IsSound(isView: space.Vads[index].View != 0))
            throw ChecksummedReader.Damaged($"page {page.Value:x5} is no page of its allocation");
        if (!parts.Pages.TryEnsureTables(space, new(page, PageCount.One))) throw SavedAreas.NoMemory();
        PageTables tables = space.Space.Tables;
        if (!bits.HasContent)
        {
            bool isView = space.Vads[index].View != 0;
            tables.Store(page, (isView ? WindowsEntry.OfPrototype(bits.Protection) : WindowsEntry.DemandZero(bits.Protection)).ToEntry());
            if (bits.Kind == SavedPageKind.Mapped) _mapped.Add(page);
            return;
        }

        if (bits.IsFar) ReadFar(space, page, bits, ref slot);
        else ReadOwn(space, space.Vads[index].Flags.Type, page, bits);
    }

    private void ReadOwn(WindowsSpace space, VadType type, PageNumber page, SavedPageBits bits)
    {
        FrameNumber frame;
        while (!parts.PrivateFaults.TryTakeFrame(space, page, ofZeros: bits.IsZero, out frame))
            if (!parts.Core.Reclaim.Pressure.TryFreeFor(space.Space.Group, 1)) throw SavedAreas.NoMemory();
        parts.Core.Machine.Frames[frame].Flags |= PageFlags.Dirty;    // no page file has a copy of it
        bool isNoted = type != VadType.WriteWatch || space.Written!.Has(page.Value);    // I9
        bool isWritable = bits.IsWritable && bits.Protection.AllowsWrite && isNoted && !space.Space.Observers.NeedFaults;
        WindowsEntry entry = new(WindowsEntry.Valid(bits.Protection, frame, isWritable).Word | bits.EntryBits);
        space.Space.Tables.Store(page, entry.ToEntry());
        space.Space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        if (!bits.IsZero) reader.Read(parts.Core.Machine.Ram.Bytes(frame));
        parts.Core.Machine.Ram.Observers.Note(frame);
        if (bits.Kind == SavedPageKind.Trimmed) parts.Transitions.TryTrim(space, page, space.Space.Tables.Read(page));
    }

    // The page stays where it is until it is touched, as if it had been written to a page file.
    private void ReadFar(WindowsSpace space, PageNumber page, SavedPageBits bits, ref uint slot)
    {
        if (farPages is null) throw SnapshotReader.PagesElsewhere();
        if (!farPages.HoldsSaved(slot) || slot >= WindowsEntry.SlotCountMax)
            throw ChecksummedReader.Damaged($"page {page.Value:x5} is not in the store of its pages");
        farPages.TakeWritten(slot);    // Z2
        space.Space.Tables.Store(page, WindowsEntry.InPageFile(bits.Protection, SwapEntry.ForSlot(farPages.Number, slot++)).ToEntry());
        space.Space.Statistics.Swapped++;
    }
}
