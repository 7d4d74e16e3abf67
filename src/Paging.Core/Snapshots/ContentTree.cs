using Paging.Core.Cache;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Core.Snapshots;

using ContentPages = Dictionary<ContentPage, KeptContent>;

/// <summary>The contents of shared memory and memory files at each snapshot of the engine, and the changes since.</summary>
/// <remarks><code>
/// Taking          O(objects): each is held, and its length recorded. No page is copied before its first write
/// Going back      in three steps, because entries of processes lead to the pages: <see cref="Prepare"/> does everything that may fail,
///                 <see cref="RestoreTo"/> restores the bytes in the frames that pages have, and when the processes are restored,
///                 <see cref="Finish"/> drops the pages that did not exist
/// </code>
/// A page keeps its frame unless it was dropped or swapped out since. Bytes are copied, so mappings and pins stay.
/// </remarks>
internal sealed class ContentTree(ContentSupplies supplies) : JournalTree<ContentNode, ContentDelta>
{
    private readonly ContentRestore _restore = new(supplies);
    private ContentPages _state = [];    // used again at each return, so that iterations allocate nothing

    private ContentJournal Journal => supplies.Cache.Contents;

    /// <summary>The number of pages that the edges keep, in memory of the host or on swap devices.</summary>
    public long HeldCount { get; private set; }

    /// <summary>Takes a snapshot of the contents. Cannot fail.</summary>
    public ContentNode Take()
    {
        ContentNode node = new(Current)
        {
            Edge = Current is null ? null : new(Journal.Exchange([])),    // the first one has no parent to differ from
            Objects = HoldObjects(),
        };
        if (node.Edge is not null) Count(node.Edge, 1);
        Add(node);
        NotePinned();
        if (supplies.Checks.IsOn) node.Copy = ContentCopy.Of(node.Objects, supplies.Checks);
        return node;
    }

    /// <summary>Copies the kept pages that lie on swap devices to memory of the host, for swapoff.</summary>
    /// <returns>ENOMEM: no frame to read into. EIO: a device could not read a page. Those read so far have left their slots.</returns>
    public Errno ReadSlots()
    {
        Errno error = _restore.ReadSlots(Journal.Pages, Journal);
        foreach (ContentNode node in Nodes)
            if (error == Errno.None && node.Edge is not null) error = _restore.ReadSlots(node.Edge.Pages, Journal);
        return error;
    }

    /// <summary>Makes everything that <see cref="RestoreTo"/> needs.</summary>
    /// <returns>ENOMEM, or EIO from a swap device: nothing visible has changed.</returns>
    public Errno Prepare(ContentNode target)
    {
        if (target == Current)    // nothing to merge: no allocation at the current snapshot
        {
            Errno failure = _restore.ReadSlots(Journal.Pages, Journal);
            return failure == Errno.None ? _restore.Prepare(Journal.Pages, target.Objects) : failure;
        }

        ContentPages[] way = [Journal.Pages, .. WayTo(target).Select(static edge => edge.Pages)];
        foreach (ContentPages pages in way)
        {
            Errno error = _restore.ReadSlots(pages, Journal);
            if (error != Errno.None) return error;
        }

        return _restore.Prepare(Merge(way), target.Objects);    // only the pages' last content on the way needs a frame
    }

    /// <summary>Puts the bytes back. Precondition: <see cref="Prepare"/> has succeeded, and nothing has happened since.</summary>
    public void RestoreTo(ContentNode target)
    {
        Journal.IsPaused = true;    // restoring is not a change
        Move(target);    // collects in _state; nothing is stored before the way is complete
        foreach ((ContentPage page, KeptContent kept) in _state)
        {
            _restore.RestorePage(page, kept);
            Journal.Release(kept);
        }

        _state.Clear();
    }

    /// <summary>Drops the pages that did not exist, last in a restore. Precondition: <see cref="RestoreTo"/> has been called.</summary>
    public void Finish(ContentNode target)
    {
        if (Check.Cheap && !Journal.IsPaused) Check.ThrowUnmet("Finish: no restore of contents has begun.");
        _restore.Finish(target.Objects);
        Journal.IsPaused = false;
        NotePinned();
    }

    /// <summary>Compares the contents with the copy of a snapshot that was restored. Returns the first difference; null: none.</summary>
    public string? FindDifference(ContentNode target) => target.Copy?.DifferenceFrom(target.Objects, supplies.Checks);

    /// <summary>Returns the number of pages that going to a snapshot may change.</summary>
    public long CountDirty(ContentNode target) => Journal.Pages.Count + WayTo(target).Sum(static edge => (long)edge.Pages.Count);

    protected override void RestoreCurrent() => _state = Journal.Exchange(_state);

    protected override void CrossAll(List<ContentDelta> way, ContentNode target)
    {
        RestoreCurrent();
        foreach (ContentDelta edge in way) Cross(edge);
    }

    // _state holds the contents at the near end of those pages that differ from RAM.
    private void Cross(ContentDelta edge)
    {
        foreach ((ContentPage page, KeptContent far) in edge.Pages.ToArray())    // a copy, as the loop changes the values
        {
            KeptContent kept = _state.TryGetValue(page, out KeptContent near) ? near : _restore.ContentOf(page);
            edge.Pages[page] = kept;
            _state[page] = far;
            HeldCount += (kept.IsNothing ? 0 : 1) - (far.IsNothing ? 0 : 1);
        }
    }

    protected override void OnStandingAt(ContentNode? node) => supplies.Observers.KeepsSharedMemory = node is not null;

    protected override void EndJournal() => Journal.Clear();

    protected override void Absorb(ContentDelta edge)
    {
        Count(edge, -1);
        foreach ((ContentPage page, KeptContent kept) in edge.Pages)
        {
            if (Journal.Pages.TryGetValue(page, out KeptContent later)) Journal.Release(later);
            Journal.Pages[page] = kept;
        }
    }

    protected override ContentDelta Join(ContentDelta near, ContentDelta far)
    {
        Count(near, -1);
        Count(far, -1);
        foreach ((ContentPage page, KeptContent kept) in near.Pages)
            if (!far.Pages.TryAdd(page, kept)) Journal.Release(kept);    // the far end's content comes next
        Count(far, 1);
        return far;
    }

    private void Count(ContentDelta edge, int sign)
    {
        foreach (KeptContent kept in edge.Pages.Values)
            if (!kept.IsNothing) HeldCount += sign;
    }

    protected override void Release(ContentDelta edge)
    {
        Count(edge, -1);
        foreach (KeptContent kept in edge.Pages.Values) Journal.Release(kept);
        edge.Pages.Clear();
    }

    protected override void ReleaseHolds(ContentNode node)
    {
        bool isLast = false;
        foreach (HeldObject held in node.Objects) isLast |= --held.File.KeptCount == 0;
        if (isLast) Forget(Journal.Pages);    // no edge has them: each snapshot made after the object holds it, too
        foreach (HeldObject held in node.Objects) supplies.Files.ReleaseObject(held.File);
    }

    /// <summary>Drops the pages of objects that no snapshot holds any more, because their numbers may be reused.</summary>
    private void Forget(ContentPages pages)
    {
        foreach ((ContentPage page, KeptContent kept) in pages)
        {
            if (supplies.Files.Object(page.File).KeptCount != 0) continue;
            Journal.Release(kept);
            pages.Remove(page);    // allowed while a dictionary is enumerated
        }
    }

    private HeldObject[] HoldObjects()
    {
        // Files with a backing do not go back.
        HeldObject[] held = [.. supplies.Files.Objects
            .Where(static file => file is { IsSharedMemory: true, IsOfAnotherSystem: false } or { IsHuge: true })
            .Select(static file => new HeldObject(file, file.ByteLength, file.Seals))];
        foreach (HeldObject one in held)
        {
            one.File.HolderCount++;
            one.File.KeptCount++;    // from now on the first write to each page is copied
        }

        return held;
    }

    /// <summary>Records pinned pages as written: the host may write them at any time, without a fault.</summary>
    private void NotePinned()
    {
        foreach (PinTable.Pin pin in supplies.Pins.All)
        {
            ref FrameDescriptor descriptor = ref supplies.Store.Frames[pin.Frame];
            if (descriptor.State != FrameState.PageCache) continue;
            Journal.NoteWrite(supplies.Files.Object(descriptor.Owner), new(descriptor.Index), pin.Frame);
        }
    }

    /// <summary>The content of each page at the end of a path.</summary>
    private static ContentPages Merge(ContentPages[] way)
    {
        ContentPages merged = new(way[0]);
        foreach (ContentPages pages in way.Skip(1))
            foreach ((ContentPage page, KeptContent kept) in pages) merged[page] = kept;
        return merged;
    }
}
