using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Cache;

//   fault on a write ─► MarkDirty ─┐
//   write(2), holes  ─► before it ─┼─► NoteWrite: the first time, a copy of the page
//   a new page       ─► TryInsert ─┴─► NoteNew: there was none
/// <summary>The contents, at the last snapshot of the engine, of those pages of shared memory that have changed since.</summary>
/// <remarks><code>
/// Always holds    J5  a page of a kept object that an open table allows to be written is in the journal
/// Cost            the first write to a page: a copy of it, in memory of the host, so that no frame is needed. Without a snapshot of the
///                 engine: a test of a number where a page becomes dirty, is made or dropped
/// </code>
/// An object is kept while a snapshot holds it (<see cref="FileObject.KeptCount"/>). Reclaim moves pages and changes none, so it
/// records nothing.
/// </remarks>
internal sealed class ContentJournal(FrameStore store, SwapSpace swap)
{
    private readonly Stack<byte[]> _free = new();

    /// <summary>While true, changes are not recorded, because the contents are being restored.</summary>
    public bool IsPaused { get; set; }

    /// <summary>The pages that have changed.</summary>
    public Dictionary<ContentPage, KeptContent> Pages { get; private set; } = [];

    /// <summary>True if the page has changed since the snapshot.</summary>
    public bool Has(FileObject file, FilePage page) => Pages.ContainsKey(new(file.Number, page));

    /// <summary>Called before the bytes of a cached page change, or the page is dropped.</summary>
    public void NoteWrite(FileObject file, FilePage page, FrameNumber frame)
    {
        if (IsUnnoted(file, page)) return;
        Pages.Add(new(file.Number, page), CopyOf(frame));
    }

    /// <summary>Called when a page has been made where there was none.</summary>
    public void NoteNew(FileObject file, FilePage page)
    {
        if (IsUnnoted(file, page)) return;
        Pages.Add(new(file.Number, page), default);
    }

    /// <summary>Called before a page on a swap device is dropped: the journal becomes a user of its slot.</summary>
    public void NoteSlot(FileObject file, FilePage page, SwapEntry slot)
    {
        if (IsUnnoted(file, page)) return;
        swap.DeviceOf(slot).AddUser(slot.Slot);    // keeps the slot without a copy of its page
        Pages.Add(new(file.Number, page), new(null, slot, IsDirty: true));    // W6: a clean page is dropped, never swapped out
    }

    /// <summary>Called before a page that lies in the image of a clone is dropped or overwritten.</summary>
    public void NoteSupplied(FileObject file, FilePage page, in SuppliedRun run)
    {
        if (IsUnnoted(file, page)) return;
        Pages.Add(new(file.Number, page), CopyOf(page, run));
    }

    /// <summary>Returns a copy of a page that lies in the image of a clone.</summary>
    public KeptContent CopyOf(FilePage page, in SuppliedRun run) =>
        new(CopyBytes(run.FrameOf(page)), default, run.IsWritten);    // its frame may lie beyond RAM, and has no descriptor then

    /// <summary>Returns a copy of a cached page.</summary>
    public KeptContent CopyOf(FrameNumber frame) =>
        new(CopyBytes(frame), default, (store.Frames[frame].Flags & PageFlags.Dirty) != 0);

    /// <summary>Releases the kept content of a page.</summary>
    public void Release(in KeptContent kept)
    {
        if (kept.Bytes is not null) _free.Push(kept.Bytes);    // reused, so that iterations of snapshots allocate nothing
        if (kept.Slot.IsNone) return;
        TlbGather gather = new(store.Lists, store.Allocator);
        swap.Release(kept.Slot, ref gather);
        gather.Finish();
    }

    /// <summary>Returns all pages. The journal continues with the empty dictionary that it is given.</summary>
    public Dictionary<ContentPage, KeptContent> Exchange(Dictionary<ContentPage, KeptContent> empty)
    {
        Dictionary<ContentPage, KeptContent> taken = Pages;
        Pages = empty;
        return taken;
    }

    /// <summary>Releases everything, including the buffers that wait for reuse.</summary>
    public void Clear()
    {
        foreach (KeptContent kept in Pages.Values) Release(kept);
        Pages.Clear();
        _free.Clear();
    }

    private byte[] CopyBytes(FrameNumber frame)
    {
        if (!_free.TryPop(out byte[]? bytes)) bytes = GC.AllocateUninitializedArray<byte>(FrameBytes.Length);
        store.Ram.Bytes(frame).CopyTo(bytes);
        return bytes;
    }

    private bool IsUnnoted(FileObject file, FilePage page) => file.KeptCount == 0 || IsPaused || Has(file, page);
}

/// <summary>A page of an object, as a key.</summary>
/// <param name="File">The number of the object.</param>
/// <param name="Page">The page of it.</param>
internal readonly record struct ContentPage(uint File, FilePage Page);

/// <summary>The kept content of a page of shared memory: bytes, a slot of a swap device, or nothing, so that it reads as zeros.</summary>
/// <param name="Bytes">The bytes, in memory of the host; null if they are elsewhere, or if there were none.</param>
/// <param name="Slot">The slot, of which this is a user; none if the page was not swapped out.</param>
/// <param name="IsDirty">True if the page had been written.</param>
internal readonly record struct KeptContent(byte[]? Bytes, SwapEntry Slot, bool IsDirty)
{
    /// <summary>True if there was no page.</summary>
    public bool IsNothing => Bytes is null && Slot.IsNone;
}
