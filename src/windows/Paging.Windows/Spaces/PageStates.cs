using Paging.Core;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Windows.Entries;
using Paging.Windows.Sections;
using Paging.Windows.Vads;

namespace Paging.Windows.Spaces;

/// <summary>The terms for one page.</summary>
/// <param name="IsCommitted">True if the page may have contents.</param>
/// <param name="Protection">The accesses that a committed page allows.</param>
/// <param name="IsOwn">True for contents that belong to this process alone. Always true in private memory; in a view, for a page that was
/// copied.</param>
internal readonly record struct PageState(bool IsCommitted, ProtectionCode Protection, bool IsOwn);

/// <summary>Reads the state of pages: from the entry, or else from the VAD, or from the section that the VAD maps.</summary>
/// <remarks><code>
///                        zero entry                                   other entry
///   private   committed if the VAD was made committed      committed, unless it is marked decommitted
///   view      committed if the section's page is           committed
/// </code></remarks>
internal sealed class PageStates(FrameTable frames, NativeSlab<View> views, SectionTable sections)
{
    public PageState Of(in Vad vad, PageNumber page, WindowsEntry entry)
    {
        if (entry.IsZero) return new(IsCommittedUntouched(vad, page), vad.Flags.Protection, IsOwn: false);
        ProtectionCode protection = entry.Protection;
        return protection == ProtectionCode.Decommitted && !entry.IsValid ? default : new(true, protection, IsOwn(entry));
    }

    /// <summary>The section that a view maps.</summary>
    public SectionObject SectionOf(in Vad vad) => sections[views[vad.View].Section];

    /// <summary>The page of the section that a page of a view shows.</summary>
    public FilePage SectionPage(in Vad vad, PageNumber page) => views[vad.View].PageOffset + (page - vad.First);

    /// <summary>True for an entry that leads to contents of this process alone.</summary>
    public bool IsOwn(WindowsEntry entry) => entry.Kind switch
    {
        WindowsEntryKind.Valid => EntryWords.IsOwnPage(frames.Named(entry.Frame)),
        WindowsEntryKind.PageFile or WindowsEntryKind.Transition => true,
        _ => false,
    };

    /// <summary>The number of committed pages in a range of private memory.</summary>
    public uint CountCommitted(WindowsSpace space, in Vad vad, PageRange range)
    {
        uint touched = 0, committed = 0;
        foreach ((PageNumber page, PageTableEntry entry) in space.Space.Tables.TouchedIn(range))
        {
            touched++;
            if (Of(vad, page, WindowsEntry.From(entry)).IsCommitted) committed++;
        }

        return vad.Flags.IsMemCommit ? committed + (range.Count.Value - touched) : committed;    // untouched pages are committed there
    }

    /// <summary>The number of pages of a range that the process is charged for.</summary>
    /// <remarks>
    /// In a view, the pages that were copied or may be, each for its copy. Windows: MiCommitExistingVad, MiMapViewOfDataSection.
    /// </remarks>
    public uint CountCharged(WindowsSpace space, in Vad vad, PageRange range)
    {
        if (vad.Flags.IsPrivate) return CountCommitted(space, vad, range);
        uint touched = 0, charged = 0;
        foreach ((PageNumber page, PageTableEntry entry) in space.Space.Tables.TouchedIn(range))
        {
            touched++;
            if (IsCharged(WindowsEntry.From(entry))) charged++;
        }

        return vad.Flags.Protection.IsWriteCopy ? charged + (range.Count.Value - touched) : charged;    // each may still be copied
    }

    /// <summary>The number of pages of a view's range of which this process has copies.</summary>
    public uint CountOwn(WindowsSpace space, PageRange range)
    {
        uint own = 0;
        foreach ((PageNumber page, PageTableEntry entry) in space.Space.Tables.TouchedIn(range))
        {
            if (IsOwn(WindowsEntry.From(entry))) own++;
        }

        return own;
    }

    /// <summary>The first page of a range that is not committed; the range's end if all are.</summary>
    public PageNumber FirstUncommitted(WindowsSpace space, in Vad vad, PageRange range)
    {
        bool zeroIsCommitted = vad.View == 0 ? vad.Flags.IsMemCommit : SectionOf(vad).Committed is null;
        for (PageNumber page = range.First; page < range.End; page++)
        {
            if (zeroIsCommitted && !space.Space.Tables.TryNextTouched(page, range.End, out page, out _)) return range.End;
            if (!Of(vad, page, WindowsEntry.From(space.Space.Tables.Read(page))).IsCommitted) return page;
        }

        return range.End;
    }

    private bool IsCharged(WindowsEntry entry) => entry.Protection.IsWriteCopy || IsOwn(entry);

    private bool IsCommittedUntouched(in Vad vad, PageNumber page) =>
        vad.View == 0 ? vad.Flags.IsMemCommit : SectionOf(vad).IsCommitted(SectionPage(vad, page).Value);
}
