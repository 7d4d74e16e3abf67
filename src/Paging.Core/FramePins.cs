using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core;

/// <summary>Adds and removes pins of frames. Linux: try_grab_folio with FOLL_PIN, unpin_user_pages_dirty_lock.</summary>
internal static class FramePins
{
    /// <summary>Pins a frame. Returns false if it is not counted, because it belongs to a device or to the host.</summary>
    public static bool TryAdd(EngineParts engine, Space space, PageNumber page, FrameNumber frame, bool isWritten)
    {
        if (frame.Value >= engine.Machine.Frames.Count.Value) return false;    // the host's memory lies beyond the end of RAM
        if (IsOfPool(engine, space, page, frame))
        {
            engine.Machine.Frames[engine.Machine.HugePool.FirstOf(frame)].ReferenceCount++;    // for the whole of the huge page
            engine.Machine.Pins.Add(space, page, frame);
            return true;
        }

        engine.Machine.HugeBlocks.EnsureTails(frame);
        ref FrameDescriptor descriptor = ref engine.Machine.Frames[frame];
        if (descriptor.State == FrameState.Reserved) return !isWritten;    // the zero page or an image's, which stay
        if (descriptor.State is not (FrameState.Anonymous or FrameState.SwapCache or FrameState.PageCache)) return false;
        descriptor.ReferenceCount++;
        engine.Machine.Pins.Add(space, page, frame);
        return true;
    }

    /// <summary>Removes pins, the last one first. Frames without other users are freed.</summary>
    public static void Release(EngineParts engine, Space space, ReadOnlySpan<(PageNumber Page, FrameNumber Frame)> pages, bool isWritten)
    {
        TlbGather gather = new(engine.Machine.Lists, engine.Machine.Allocator);
        for (int i = pages.Length - 1; i >= 0; i--) Release(engine, space, pages[i].Page, pages[i].Frame, isWritten, ref gather);
        gather.Finish();
    }

    private static void Release(
        EngineParts engine, Space space, PageNumber page, FrameNumber frame, bool isWritten, ref TlbGather gather)
    {
        ref FrameDescriptor descriptor = ref engine.Machine.Frames[frame];
        if (descriptor.State == FrameState.Reserved) return;
        if (descriptor.State == FrameState.Kernel)
        {
            ReleaseOfPool(engine, space, page, frame, isWritten);
            return;
        }

        if (isWritten) NoteWritten(engine, frame, descriptor);    // while the pin still holds the frame
        engine.Machine.Pins.Remove(space, page, frame);
        bool isInSwapCache = descriptor.State == FrameState.SwapCache;    // before Add, which may free the frame
        gather.Add(frame);
        if (isInSwapCache && descriptor.MapCount == 0) engine.Files.Swap.DropIfUnused(frame, ref gather);
    }

    /// <summary>True for a frame of a huge page of the pool, which the space maps. Others in that state are the kernel's.</summary>
    private static bool IsOfPool(EngineParts engine, Space space, PageNumber page, FrameNumber frame) =>
        engine.Machine.Frames.Named(frame).State == FrameState.Kernel
        && space.Tables.Huge.TryRead(page, out PageTableEntry leaf) && space.HugeLines.IsOfPool(leaf);

    private static void ReleaseOfPool(EngineParts engine, Space space, PageNumber page, FrameNumber frame, bool isWritten)
    {
        if (isWritten) engine.Machine.Ram.Observers.Note(frame);
        engine.Machine.Pins.Remove(space, page, frame);
        FrameNumber block = engine.Machine.HugePool.FirstOf(frame);
        engine.Machine.Frames[block].ReferenceCount--;
        engine.Files.Pool.GiveBackIfUnused(block);
    }

    /// <summary>Marks the page as written: the host may have written after a write-back found the page clean.</summary>
    private static void NoteWritten(EngineParts engine, FrameNumber frame, in FrameDescriptor descriptor)
    {
        engine.Machine.Ram.Observers.Note(frame);    // logs of frames. A log of pages has had it since it was pinned
        if (descriptor.State != FrameState.PageCache) return;
        FileObject file = engine.Files.OpenFiles.Object(descriptor.Owner);
        engine.Files.Cache.MarkDirty(file, new(descriptor.Index), frame);
    }
}
