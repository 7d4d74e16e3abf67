using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   the snapshot's frame  [ bytes then ] ──copied──► [ the process's frame ]      its entry stays, writable and without D
/// <summary>Decides which written pages stay with a process in a restore, and restores their bytes.</summary>
/// <remarks><code>
/// A page stays if    it had a private frame at the snapshot, or a page of an image
///                    its own frame has no other user, and the reverse map will find it through the area that comes back
///                    that area may be written, and no write to it is to be noticed
///                    it was written in one of the sixteen iterations before as well
/// Until              it is not written in eight iterations, or in sixteen if they are not those between two looks through the pages
/// </code>
/// Why these numbers: a page that is written and stays saves some 28 ns, one that stays and is not written costs 2.
/// </remarks>
internal struct WrittenPages(
    Space space, SnapshotSupplies supplies, AreaJournal areas, uint iteration, FrameCopy[] copies) : IPageKeeper
{
    /// <summary>The number of pages whose bytes are copied at once. What is asked of them comes before: copies displace it.</summary>
    public const int CopiesAtOnce = 32;

    /// <summary>The number of iterations between two looks for pages that are no longer written.</summary>
    public const uint IterationsIdle = 8;

    private const AreaFlags Asked = AreaFlags.Write | AreaFlags.MayShare | AreaFlags.SoftClean | AreaFlags.Reports | AreaFlags.Foreign;

    private readonly FrameTable _frames = supplies.Store.Frames;
    private readonly PhysicalMemory _ram = supplies.Store.Ram;
    private int _count;

    public static bool KeepsAny => true;

    public readonly bool LooksThrough { get; } = iteration % IterationsIdle == 0;

    public bool TryKeep(PageNumber page, FrameNumber own, ref JournalNote note)
    {
        PageTableEntry kept = note.Kept;
        ref FrameDescriptor descriptor = ref _frames.Named(own);
        if (!HasBytes(kept) || !IsOwnAlone(descriptor)) return false;
        if (note.Place != new NotePlace(descriptor.Owner, descriptor.Index) && !TryApprove(page, descriptor, ref note)) return false;
        if (_count == copies.Length) Finish();
        copies[_count++] = new(kept.Frame, own);
        descriptor.Flags |= PageFlags.Dirty;    // its entry no longer tells that no device has a copy
        space.Observers.Logs.Note(page.Value);    // going back writes; a log must not miss it
        return true;
    }

    /// <summary>Copies the bytes of the pages that stay.</summary>
    public void Finish()
    {
        foreach (FrameCopy copy in copies.AsSpan(0, _count))
        {
            _ram.Copy(copy.From, copy.To);
            _ram.Observers.Note(copy.To);
        }

        _count = 0;
    }

    // Not the zero page, a page of the page cache, of the host's frames, one that was given up (MADV_FREE) or lies on a device as well, or
    // one whose next write was to be reported.
    private readonly bool HasBytes(PageTableEntry kept) =>
        kept is { IsPresent: true, IsUser: true, IsAttribute: false } && (kept.Word & EntryJournal.CachedMark) == 0
        && kept.Frame != EntryWords.ZeroFrame && (EntryWords.IsSpecial(kept) ? _ram.HasBytes(kept.Frame) : kept.IsDirty);

    // A pin, another process, a huge page or the swap cache would use it, too; a page given up by MADV_FREE is on the list of files.
    private static bool IsOwnAlone(in FrameDescriptor descriptor) =>
        descriptor is { State: FrameState.Anonymous, Owner: not 0, ReferenceCount: 1, MapCount: 1 }
        && (descriptor.Flags & (PageFlags.Pinned | PageFlags.HugePart | PageFlags.FileBacked)) == FrameFlags.None;

    // Once for each page that stays: the answer is that of the snapshot, which does not change.
    private readonly bool TryApprove(PageNumber page, in FrameDescriptor descriptor, ref JournalNote note)
    {
        uint last = note.Place.IsKnown ? 0 : note.Place.Index;
        if (last == 0 || iteration - last > 2 * IterationsIdle)
        {
            note.Place = new(0, iteration);    // stays where it is when the note goes, and is read with the next one
            return false;
        }

        AreaIndex index = areas.OldAreaOf(page);
        if (index.IsNone) return false;
        ref Area area = ref space.Areas[index];
        if ((area.Flags & Asked) != AreaFlags.Write || area.Root.Value != descriptor.Owner || area.OffsetOf(page).Value != descriptor.Index)
            return false;
        note.Place = new(descriptor.Owner, descriptor.Index);
        return true;
    }
}

/// <summary>A copy of one frame to another one.</summary>
internal readonly record struct FrameCopy(FrameNumber From, FrameNumber To);
