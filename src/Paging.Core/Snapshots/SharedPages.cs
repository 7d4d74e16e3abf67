using System.Runtime.InteropServices;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Finds the private pages that several processes of an engine map since a fork, so that each is saved once.</summary>
/// <remarks>
/// A page is the same for two processes if they map one frame, or name one slot, and their areas have the same oldest root, through which
/// the reverse map finds both. Preconditions: no table is lent. Cost: a test for each page, and a record for each that may be shared, of
/// pages of an image for each run.
/// </remarks>
internal sealed class SharedPages(SnapshotSupplies supplies, AnonymousRoots roots)
{
    //  63        33 │ 32 │ 31            0
    // │ oldest root │slot│ frame, or slot │      a key
    private const ulong Slot = 1ul << 32;
    private const int RootShift = 33;

    private readonly Dictionary<ulong, SavedPage> _first = [];
    private readonly Dictionary<AnonymousRootIndex, SharedFrames> _images = [];
    private PageRange _range;    // of the area that was found last: pages come in order
    private AnonymousRootIndex _oldest;

    /// <summary>The number of the process that is being written, in the order of the saved form.</summary>
    public uint Process
    {
        get;
        set
        {
            field = value;
            _range = default;
        }
    }

    /// <summary>True if another process may map the page.</summary>
    public bool IsShared(PageTableEntry entry) => KeyOf(entry) != 0;

    /// <summary>Finds the process that had the page first, or records this one. False: this one is the first.</summary>
    public bool TryFind(Space space, PageNumber page, PageTableEntry entry, out SavedPage first)
    {
        first = new(Process, page);
        if (entry.IsPresent && EntryWords.IsImagePage(entry, supplies.Store.Frames))
        {
            FindImage(space, page, entry.Frame, 1, out first);
            return first.Process != Process;
        }

        if (!_range.Contains(page)) FindArea(space, page);
        if (_oldest.IsNone) return false;
        ref SavedPage found = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _first, KeyOf(entry) | ((ulong)_oldest.Value << RootShift), out bool isKnown);
        if (isKnown) first = found;
        else found = first;
        return first.Process != Process;
    }

    /// <summary>As <see cref="TryFind"/>, for pages in a row that show frames of an image in a row.</summary>
    /// <param name="space">The process that is being written.</param>
    /// <param name="page">The first page.</param>
    /// <param name="frame">Its frame.</param>
    /// <param name="count">The number of pages, at least one.</param>
    /// <param name="first">The process that had the first page first: this one if it is new.</param>
    /// <returns>The number of pages for which the answer is the same.</returns>
    public uint FindImage(Space space, PageNumber page, FrameNumber frame, uint count, out SavedPage first)
    {
        first = new(Process, page);
        if (!_range.Contains(page)) FindArea(space, page);
        if (!_range.Contains(page)) return 1;
        count = Math.Min(count, (_range.End - page).Value);
        if (_oldest.IsNone) return count;
        if (!_images.TryGetValue(_oldest, out SharedFrames? frames)) _images.Add(_oldest, frames = new());
        return frames.Find(frame, count, first, out first);
    }

    private void FindArea(Space space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        _oldest = AnonymousRootIndex.None;
        if (index.IsNone) return;
        ref readonly Area area = ref space.Areas[index];
        _range = area.Range;
        if (area.Chain.IsSome) _oldest = roots[area.Chain].Root;
    }

    private ulong KeyOf(PageTableEntry entry)
    {
        if (!entry.IsPresent) return KeyOf(supplies.Swap.From(entry));
        if (EntryWords.IsImagePage(entry, supplies.Store.Frames)) return entry.Frame.Value;
        FrameDescriptor descriptor = supplies.Store.Frames.Shown(entry.Frame);
        if (descriptor.State == FrameState.SwapCache) return KeyOf(SwapEntry.FromKey(descriptor.Private));
        return descriptor is { State: FrameState.Anonymous, MapCount: > 1 } ? entry.Frame.Value : 0;
    }

    // A slot with one user may still be mapped by its frame in the swap cache.
    private ulong KeyOf(SwapEntry swapped) =>
        swapped.IsSwap && (!swapped.IsExclusive || supplies.Swap.TryFind(swapped, out _)) ? Slot | swapped.Key : 0;
}

/// <summary>A page of a process of a saved engine.</summary>
/// <param name="Process">The process, in the order of the saved form.</param>
/// <param name="Page">The page.</param>
internal readonly record struct SavedPage(uint Process, PageNumber Page);
