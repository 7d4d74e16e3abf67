using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>
/// Chooses the restores that are checked (<see cref="EngineOptions.VerifyRestores"/>), and copies bytes for them from wherever they lie.
/// </summary>
internal sealed class RestoreChecks(
    int every, FrameStore store, SwapSpace swap, PageCache cache, SharedMemorySwap sharedSwap, PinTable pins)
{
    private int _since;

    /// <summary>True if snapshots need copies.</summary>
    public bool IsOn => every != 0;

    /// <summary>The descriptors of frames.</summary>
    public FrameTable Frames => store.Frames;

    /// <summary>The swap devices.</summary>
    public SwapSpace Swap => swap;

    /// <summary>Counts a restore. Returns true if it is to be checked.</summary>
    public bool IsDue()
    {
        if (every == 0 || ++_since < every) return false;
        _since = 0;
        return true;
    }

    /// <summary>True if the host has pinned a page of a space.</summary>
    public bool IsPinned(Space space, PageNumber page)
    {
        foreach (PinTable.Pin pin in pins.All)
            if (pin.Space == space && pin.Page == page) return true;
        return false;
    }

    /// <summary>The bytes of a frame; null if they are zeros.</summary>
    public byte[]? Copy(FrameNumber frame) => store.Ram.IsZero(frame) ? null : store.Ram.Bytes(frame).ToArray();

    /// <summary>Copies the bytes of a page on a swap device. Returns false if there is no frame to read into, or the read fails.</summary>
    public bool TryCopy(SwapEntry slot, out byte[]? bytes)
    {
        bytes = null;
        if (swap.TryFind(slot, out FrameNumber cached))
        {
            bytes = Copy(cached);
            return true;
        }

        if (!store.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame)) return false;
        bool isRead = swap.DeviceOf(slot).Read(slot.Slot, store.Ram, frame) == Errno.None;
        if (isRead) bytes = Copy(frame);
        store.Allocator.Free(frame);
        return isRead;
    }

    /// <summary>Finds the first page of an object, from a page on, that is in the page cache or lies on a swap device.</summary>
    public bool TryNext(FileObject file, FilePage from, out FilePage page, out FrameNumber frame, out SwapEntry slot)
    {
        slot = default;
        bool isCached = cache.TryNext(file, from, out page, out frame);
        if (!sharedSwap.TryNextOut(file, from, out FilePage swapped, out _, out _) || (isCached && page < swapped))
            return isCached && file.Contains(page);
        (page, frame, slot) = (swapped, default, sharedSwap.EntryOf(file, swapped));
        return true;
    }
}
