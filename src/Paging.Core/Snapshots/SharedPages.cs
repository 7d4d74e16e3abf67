using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Finds the private pages that several processes of an engine map since a fork, so that each is saved once.</summary>
/// <remarks>
/// A page is the same for two processes if they map one frame, or name one slot, and their areas have the same oldest root, through which
/// the reverse map finds both. Preconditions: no table is lent. Cost: a test for each page, and a record for each that may be shared.
/// </remarks>
internal sealed class SharedPages(SnapshotSupplies supplies, AnonymousRoots roots)
{
    private const ulong Slot = 1ul << 32;    // of a key: not a frame

    private readonly Dictionary<(ulong Page, AnonymousRootIndex Root), SavedPage> _first = [];

    /// <summary>The number of the process that is being written, in the order of the saved form.</summary>
    public uint Process { get; set; }

    /// <summary>True if another process may map the page.</summary>
    public bool IsShared(PageTableEntry entry) => KeyOf(entry) != 0;

    /// <summary>Finds the process that had the page first, or records this one. False: this one is the first.</summary>
    public bool TryFind(Space space, PageNumber page, PageTableEntry entry, out SavedPage first)
    {
        first = new(Process, page);
        AreaIndex area = space.Areas.Tree.Covering(page);
        if (area.IsNone || space.Areas[area].Chain.IsNone) return false;
        (ulong, AnonymousRootIndex) key = (KeyOf(entry), roots[space.Areas[area].Chain].Root);
        if (_first.TryGetValue(key, out SavedPage found)) first = found;
        else _first.Add(key, first);
        return first.Process != Process;
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
