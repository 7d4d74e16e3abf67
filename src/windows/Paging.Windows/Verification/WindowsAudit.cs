using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Verification;

/// <summary>Checks I1 to I4 and I7 to I9 of a Windows process: its VADs, their charge, the records of its views, and every entry.</summary>
/// <remarks>The engine's audit calls it for each such process, and counts mappings and slots itself.</remarks>
internal sealed class WindowsAudit(EngineParts core, NativeSlab<View> views, SectionTable sections, PageStates states)
{
    /// <summary>Checks a process, and returns the pages that its VADs are charged for.</summary>
    public long Run(WindowsSpace space, AuditReport report)
    {
        string owner = $"process {space.Space.ProcessId}";
        space.Vads.Audit(owner, report);
        if (report.Names("I1") || report.Names("T7")) return space.CommitCharge;
        long charged = 0;
        for (VadIndex at = space.Vads.First; at.IsSome; at = space.Vads.Next(at))
        {
            ref Vad vad = ref space.Vads[at];
            string where = $"{owner} VAD {vad.First}-{vad.Last}";
            if (vad.View != 0 == vad.Flags.IsPrivate) report.Add("I3", $"{where}: private {vad.Flags.IsPrivate} with view {vad.View}");
            uint counted = states.CountCharged(space, vad, vad.Range);
            report.AddIfDifferent("I2", $"{where}: charge", counted, vad.Flags.CommitCharge);
            charged += vad.Flags.CommitCharge;
            if (vad.View != 0) CheckView(space, at, where, report);
        }

        report.AddIfDifferent("I2", $"{owner}: charge", charged, space.CommitCharge);
        CheckEntries(space, owner, report);
        CheckBits(space, owner, report);
        return charged;
    }

    // I4  the area record of a view agrees with its VAD, so that the reverse map finds its entries
    private void CheckView(WindowsSpace space, VadIndex index, string where, AuditReport report)
    {
        ref Vad vad = ref space.Vads[index];
        View view = views[vad.View];
        SectionObject section = sections[view.Section];
        ref Area area = ref core.Machine.Areas.Slab[view.Area];
        bool agrees = view.Vad == index.Value && area.Range == vad.Range && area.PageOffset == view.PageOffset
            && area.Space == space.Space.Index && area.File == section.Open;
        if (!agrees || !section.IsAlive) report.Add("I4", $"{where}: its area record is {area.Range} at {area.PageOffset}");
    }

    // I7  a word has one of the forms that are written, lies in an allocation, and allows no more than was agreed
    private void CheckEntries(WindowsSpace space, string owner, AuditReport report)
    {
        foreach ((PageNumber page, PageTableEntry word) in space.Space.Tables.TouchedIn(space.Space.Tables.UserPages))
        {
            string where = $"{owner} page {page}: {WindowsEntry.From(word)}";
            VadIndex index = space.Vads.Covering(page);
            if (index.IsNone) report.Add("I7", $"{where}, outside every allocation");
            else CheckEntry(space, space.Vads[index], page, word, where, report);
        }
    }

    private void CheckEntry(WindowsSpace space, in Vad vad, PageNumber page, PageTableEntry word, string where, AuditReport report)
    {
        WindowsEntry entry = WindowsEntry.From(word);
        bool isExpected = entry.Kind switch
        {
            WindowsEntryKind.Valid => WindowsEntry.Valid(entry.Protection, entry.Frame, word.IsWritable).Touched(isWrite: false).Word
                == (word.Word & ~(1u << 6) | (1u << 5)),
            WindowsEntryKind.DemandZero => vad.View == 0,
            WindowsEntryKind.Prototype => vad.View != 0,
            WindowsEntryKind.PageFile => true,
            WindowsEntryKind.Transition => core.Machine.Frames.Named(entry.Frame) is { MapCount: 0 } held
                && held.Owner == SpaceOwner.Of(space.Space.Index) && held.Index == page.Value,
            _ => false,
        };
        if (!isExpected) report.Add("I7", $"{where}, which is no word of this allocation");
        if (entry.Kind == WindowsEntryKind.PageFile && !core.Files.Swap.IsInUse(entry.Slot)) report.Add("I7", $"{where}: the slot is free");
        if (entry.IsValid) CheckFrame(space, vad, page, entry, word, where, report);
    }

    // I8  a valid entry of a view leads to the section's page, and is writable only if the page is noted as dirty
    private void CheckFrame(
        WindowsSpace space, in Vad vad, PageNumber page, WindowsEntry entry, PageTableEntry word, string where, AuditReport report)
    {
        bool isOwn = states.IsOwn(entry);
        bool mayWrite = entry.Protection.AllowsWrite && !entry.Protection.IsWriteCopy;
        if (word.IsWritable && !mayWrite) report.Add("I7", $"{where}, writable against its protection");
        if (isOwn && vad.View != 0 && entry.Protection.IsWriteCopy) report.Add("I7", $"{where}: a copy that would be copied again");
        bool isWatched = vad.Flags.Type == VadType.WriteWatch;
        if (isWatched && word.IsWritable && !space.Written!.Has(page.Value)) report.Add("I9", $"{where}: a write would not be noted");
        if (isOwn) return;
        ref FrameDescriptor descriptor = ref core.Machine.Frames.Named(entry.Frame);
        if (vad.View == 0)
        {
            report.Add("I8", $"{where}: a page of a section in private memory");
            return;
        }

        FileObject file = states.SectionOf(vad).File;
        if (descriptor.Owner != file.Number || descriptor.Index != states.SectionPage(vad, page).Value)
            report.Add("I8", $"{where}: page {descriptor.Index} of object {descriptor.Owner}");
        if (word.IsWritable && !file.IsMemory && (descriptor.Flags & Core.Frames.PageFlags.Dirty) == 0)
            report.Add("I8", $"{where}: writable, but the page is not dirty");
    }

    // I9  pages are noted as written in watched memory only, and as locked only if they are in the working set or can be brought back
    private static void CheckBits(WindowsSpace space, string owner, AuditReport report)
    {
        for (uint page = 0; space.Written?.TryNext(page, UserRange.EndOfAll.Value, out page) == true; page++)
        {
            VadIndex index = space.Vads.Covering(new(page));
            if (index.IsNone || space.Vads[index].Flags.Type != VadType.WriteWatch)
                report.Add("I9", $"{owner}: page {page:x5} is noted as written, in memory that is not watched");
        }

        for (uint page = 0; space.Locked?.TryNext(page, UserRange.EndOfAll.Value, out page) == true; page++)
        {
            if (!space.Space.Tables.Read(new(page)).IsPresent) report.Add("I9", $"{owner}: page {page:x5} is locked, and not present");
        }
    }
}
