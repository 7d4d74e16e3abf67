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
/// <summary>What pages of shared memory held at the last snapshot of the engine, for the pages that have changed since then.</summary>
/// <remarks><code>
/// Always holds    J5  a page of a kept object that an open table allows to be written is in the journal
/// Cost            the first write to a page: a copy of it, in memory of the host, so that no frame is needed. Without a snapshot of the
///                 engine: a test of a number where a page becomes dirty, is made or dropped
/// </code>
/// An object is kept while a snapshot holds it (<see cref="FileObject.KeptCount"/>). Reclaim moves pages and changes none, so it notes
/// nothing.
/// </remarks>
internal sealed class ContentJournal(
    PhysicalMemory ram, FrameTable frames, FrameLists lists, BuddyAllocator allocator, SwapSpace swap)
{
    private readonly Stack<byte[]> _free = new();

    /// <summary>While true, what changes is no change: the contents are going back.</summary>
    public bool IsPaused { get; set; }

    /// <summary>The pages that have changed.</summary>
    public Dictionary<ContentPage, KeptContent> Pages { get; private set; } = [];

    /// <summary>True if the page has changed since the snapshot.</summary>
    public bool Has(FileObject file, FilePage page) => Pages.ContainsKey(new(file.Number, page));

    /// <summary>The bytes of a cached page are about to change, or the page is about to go.</summary>
    public void NoteWrite(FileObject file, FilePage page, FrameNumber frame)
    {
        if (IsUnnoted(file, page)) return;
        Pages.Add(new(file.Number, page), CopyOf(frame));
    }

    /// <summary>A page has come into being where there was none.</summary>
    public void NoteNew(FileObject file, FilePage page)
    {
        if (IsUnnoted(file, page)) return;
        Pages.Add(new(file.Number, page), default);
    }

    /// <summary>A page on a swap device is about to be dropped: the journal becomes a user of its slot.</summary>
    public void NoteSlot(FileObject file, FilePage page, SwapEntry slot)
    {
        if (IsUnnoted(file, page)) return;
        swap.DeviceOf(slot).AddUser(slot.Slot);
        Pages.Add(new(file.Number, page), new(null, slot, IsDirty: true));
    }

    /// <summary>A copy of a cached page.</summary>
    public KeptContent CopyOf(FrameNumber frame)
    {
        if (!_free.TryPop(out byte[]? bytes)) bytes = GC.AllocateUninitializedArray<byte>(FrameBytes.Length);
        ram.Bytes(frame).CopyTo(bytes);
        return new(bytes, default, (frames[frame].Flags & PageFlags.Dirty) != 0);
    }

    /// <summary>Gives up what is kept of a page.</summary>
    public void Release(in KeptContent kept)
    {
        if (kept.Bytes is not null) _free.Push(kept.Bytes);
        if (kept.Slot.IsNone) return;
        TlbGather gather = new(lists, allocator);
        swap.Release(kept.Slot, ref gather);
        gather.Finish();
    }

    /// <summary>Takes all pages out. The journal is empty afterwards, and uses the dictionary it is given from now on.</summary>
    public Dictionary<ContentPage, KeptContent> Exchange(Dictionary<ContentPage, KeptContent> empty)
    {
        Dictionary<ContentPage, KeptContent> taken = Pages;
        Pages = empty;
        return taken;
    }

    /// <summary>Gives up everything, and the copies that wait to be used again.</summary>
    public void Clear()
    {
        foreach (KeptContent kept in Pages.Values) Release(kept);
        Pages.Clear();
        _free.Clear();
    }

    private bool IsUnnoted(FileObject file, FilePage page) => file.KeptCount == 0 || IsPaused || Has(file, page);
}
