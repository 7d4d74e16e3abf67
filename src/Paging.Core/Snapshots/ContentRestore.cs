using System.Runtime.InteropServices;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

using ContentPages = Dictionary<ContentPage, KeptContent>;

/// <summary>Restores pages of shared memory in steps. Only <see cref="ReadSlots"/> and <see cref="Prepare"/> can fail.</summary>
internal sealed class ContentRestore(ContentSupplies supplies)
{
    private readonly List<(FileObject File, FilePage Page, FrameNumber Frame, bool IsNew)> _ready = [];
    private readonly List<(FileObject File, long ByteLength)> _lengths = [];
    private readonly List<ContentPage> _gone = [];

    /// <summary>Copies kept pages from swap devices into the host's memory.</summary>
    public Errno ReadSlots(ContentPages pages, ContentJournal journal)
    {
        foreach ((ContentPage page, KeptContent kept) in pages)
        {
            if (kept.Slot.IsNone) continue;
            Errno error = Read(kept.Slot, journal, out KeptContent copy);
            if (error != Errno.None) return error;
            CollectionsMarshal.GetValueRefOrNullRef(pages, page) = copy;    // in place: an insertion would end the enumeration
            journal.Release(kept);    // after the copy, as the slot may lose its last user
        }

        return Errno.None;
    }

    /// <summary>Makes a frame for every page that will get bytes, and keeps reclaim away from it.</summary>
    public Errno Prepare(ContentPages pages, ReadOnlySpan<HeldObject> objects)
    {
        foreach (HeldObject held in objects)
            if (held.ByteLength > held.File.ByteLength) Lengthen(held.File, held.ByteLength);    // C3: pages beyond the end are not cached
        foreach ((ContentPage key, KeptContent kept) in pages)
        {
            Errno error = kept.IsNothing ? Errno.None : MakeReady(supplies.Files.Object(key.File), key.Page);
            if (error == Errno.None) continue;
            Cancel();
            return error;
        }

        return Errno.None;
    }

    /// <summary>Undoes <see cref="Prepare"/>.</summary>
    private void Cancel()
    {
        foreach ((FileObject file, FilePage page, FrameNumber frame, bool isNew) in _ready)
        {
            supplies.Store.Frames[frame].ReferenceCount--;
            if (isNew) supplies.Cache.Drop(file, FilePageRange.Of(page, 1));    // those that were there belong to the present state
        }

        for (int i = _lengths.Count - 1; i >= 0; i--) _lengths[i].File.ByteLength = _lengths[i].ByteLength;
        _ready.Clear();
        _lengths.Clear();
    }

    /// <summary>Returns the current content of a page.</summary>
    public KeptContent ContentOf(ContentPage key)
    {
        FileObject file = supplies.Files.Object(key.File);
        if (supplies.Cache.TryFind(file, key.Page, out FrameNumber frame)) return supplies.Cache.Contents.CopyOf(frame);
        if (file.Supplied?.TryFind(key.Page, out SuppliedRun run) == true) return supplies.Cache.Contents.CopyOf(key.Page, run);
        SwapEntry slot = supplies.SharedSwap.EntryOf(file, key.Page);
        if (slot.IsNone) return default;
        supplies.Swap.DeviceOf(slot).AddUser(slot.Slot);    // Z1: the content holds it until it is released
        return new(null, slot, IsDirty: true);    // in RAM again, it would be the only copy
    }

    /// <summary>Restores the bytes of a prepared page. A page that did not exist is zeroed, until <see cref="Finish"/> drops it.</summary>
    public void RestorePage(ContentPage key, in KeptContent kept)
    {
        FileObject file = supplies.Files.Object(key.File);
        bool isCached = supplies.Cache.TryFind(file, key.Page, out FrameNumber frame);
        if (kept.Bytes is null)
        {
            _gone.Add(key);
            if (isCached) Clear(frame);    // entries may lead to it until the processes are restored
            return;
        }

        if (!isCached)
            throw new InvariantException($"C1: page {key.Page} of object {file.Number} was made ready to go back, and is not cached.");
        kept.Bytes.CopyTo(supplies.Store.Ram.Bytes(frame));
        supplies.Store.Ram.Observers.Note(frame);
        ref FrameDescriptor descriptor = ref supplies.Store.Frames[frame];
        if (kept.IsDirty) descriptor.Flags |= PageFlags.Dirty;
        else descriptor.Flags &= ~PageFlags.Dirty;    // W6: then it holds zeros, and reclaim may drop it
    }

    /// <summary>Drops the pages that did not exist, and restores the lengths and seals of the objects.</summary>
    /// <remarks>
    /// A page that a process maps again by then stays: it holds zeros, as the hole in the snapshot does.
    /// </remarks>
    public void Finish(ReadOnlySpan<HeldObject> objects)
    {
        foreach ((_, _, FrameNumber frame, _) in _ready) supplies.Store.Frames[frame].ReferenceCount--;    // the cache holds them on
        foreach (ContentPage key in _gone) DropUnmapped(supplies.Files.Object(key.File), key.Page);    // C3: before the lengths
        foreach (HeldObject held in objects)
        {
            held.File.ByteLength = held.ByteLength;
            held.File.Seals = held.Seals;
        }

        _ready.Clear();
        _lengths.Clear();
        _gone.Clear();
    }

    private void Clear(FrameNumber frame)
    {
        supplies.Store.Ram.Clear(frame);
        supplies.Store.Ram.Observers.Note(frame);
        supplies.Store.Frames[frame].Flags &= ~PageFlags.Dirty;    // W6: zeros need no write
    }

    private void DropUnmapped(FileObject file, FilePage page)
    {
        if (supplies.Cache.TryFind(file, page, out FrameNumber frame) && supplies.Store.Frames[frame].MapCount > 0) return;
        supplies.Cache.Drop(file, FilePageRange.Of(page, 1));
    }

    private Errno MakeReady(FileObject file, FilePage page)
    {
        if (!file.Contains(page)) Lengthen(file, ((long)page.Value + 1) << VirtualAddress.PageShift);    // of no process in the snapshot
        bool isNew = !supplies.Cache.TryFind(file, page, out _) && !supplies.SharedSwap.IsOut(file, page);
        FrameGroup root = supplies.Store.Lists.Root;
        Errno error = supplies.Filler.FindOrFill(root, file, page, out FrameNumber frame, out _);    // has tried reclaim
        if (error != Errno.None) return error;
        supplies.Store.Frames[frame].ReferenceCount++;    // reclaim leaves a frame with such a reference alone
        _ready.Add((file, page, frame, isNew));
        return Errno.None;
    }

    private void Lengthen(FileObject file, long byteLength)
    {
        _lengths.Add((file, file.ByteLength));
        file.ByteLength = byteLength;
    }

    private Errno Read(SwapEntry slot, ContentJournal journal, out KeptContent copy)
    {
        copy = default;
        if (supplies.Swap.TryFind(slot, out FrameNumber cached))    // no read needed: the swap cache has it
        {
            copy = journal.CopyOf(cached) with { IsDirty = true };
            return Errno.None;
        }

        FrameNumber frame;
        while (!supplies.Store.Allocator.TryAllocate(FrameState.Allocated, out frame))    // a device reads into a frame of RAM
            if (!supplies.Pressure.TryFreeFor(supplies.Store.Lists.Root, 1)) return Errno.ENOMEM;
        Errno error = supplies.Swap.DeviceOf(slot).Read(slot.Slot, supplies.Store.Ram, frame);
        if (error == Errno.None) copy = journal.CopyOf(frame) with { IsDirty = true };
        supplies.Store.Allocator.Free(frame);
        return error;
    }
}
