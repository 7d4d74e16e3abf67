using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Core.Spaces;

/// <summary>The frames that the host has pinned, with the page at which each was found.</summary>
/// <remarks><code>
/// Always holds    F8  a pin is one reference to its frame, beyond those of entries, caches and snapshots
///                     reclaim leaves a frame with such a reference alone; unmapping and truncating leave it to its pins
///                     fork copies a pinned private page for the child, so that the parent's stays the one that is pinned
/// Cost            a record per pin in a list, which fork walks; without pins a test
/// </code>
/// Linux: FOLL_PIN (Documentation/core-api/pin_user_pages.rst); mm/memory.c copy_present_page.
/// </remarks>
internal sealed class PinTable
{
    private readonly List<Pin> _pins = [];

    public bool IsEmpty => _pins.Count == 0;

    public IReadOnlyList<Pin> All => _pins;

    public void Add(Space space, PageNumber page, FrameNumber frame) => _pins.Add(new(space, page, frame));

    /// <summary>Removes one pin of a frame. Precondition: there is one.</summary>
    /// <remarks>Searches from the newest on, since pins of a call are removed in reverse.</remarks>
    public void Remove(Space space, PageNumber page, FrameNumber frame)
    {
        int at = _pins.LastIndexOf(new(space, page, frame));
        if (Check.Cheap && at < 0) Check.ThrowUnmet($"Remove: page {page.Value:x5} has no pin of frame {frame.Value:x5}.");
        if (at >= 0) _pins.RemoveAt(at);
    }

    /// <summary>True if a frame is pinned.</summary>
    public bool Holds(FrameNumber frame)
    {
        foreach (Pin pin in _pins)
            if (pin.Frame == frame) return true;
        return false;
    }

    /// <summary>True if a page of the space is pinned and still mapped.</summary>
    public bool HoldsIn(Space space)
    {
        foreach (Pin pin in _pins)
            if (pin.Space == space && pin.IsMapped) return true;    // an unmapped page is no longer the process's
        return false;
    }

    /// <summary>True if a page of a range is pinned and still mapped. Linux: folio_maybe_dma_pinned.</summary>
    public bool HoldsIn(Space space, PageRange range)
    {
        foreach (Pin pin in _pins)
            if (pin.Space == space && range.Contains(pin.Page) && pin.IsMapped) return true;
        return false;
    }

    /// <summary>A pinned frame and where it was found.</summary>
    internal readonly record struct Pin(Space Space, PageNumber Page, FrameNumber Frame)
    {
        /// <summary>True while the page still maps the frame.</summary>
        public bool IsMapped => Space.IsLive && Space.Tables.Read(Page) is { IsPresent: true } entry && entry.Frame == Frame;
    }
}
