using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Spaces;

//   write ─► hit: nothing to do
//        └─► miss: the walk ─► NoteGrant: added to every log, and the right to write is cached
//   collect ─► the list is returned; the right to write is removed from its pages again
/// <summary>Records the first write to each page after each collection of a dirty log.</summary>
/// <remarks><code>
/// Always holds    D2  a page that is cached for writing is in every log of its address space
///                 D3  while a log of frames is open: so is its frame, and the right is among the grants
///                 D4  where a log needs faults, D2 and D3 also hold for each writable entry
/// Cost            a hit: nothing. The first write to a page: a walk, and a step for each log. Without a log: a test per missed write
/// </code>
/// Linux: dirty logging of KVM (kvm_vcpu_mark_page_dirty, kvm_get_dirty_log_protect), which write-protects in the same way; the lists are
/// those of KVM's dirty rings and of the processor's page-modification log (Intel SDM volume 3, "Page-Modification Logging").
/// </remarks>
internal sealed class WriteTracking(PhysicalMemory ram, SpaceTable spaces) : IDisposable
{
    private WriteGrants? _grants;

    /// <summary>True while a snapshot of the engine must see the first write to each page of shared memory.</summary>
    public bool KeepsContents
    {
        get;
        set
        {
            if (field == value) return;
            field = value;
            foreach (Space space in spaces.All) Update(space);
        }
    }

    /// <summary>Called before a page gets the right to write, after its frame has been recorded.</summary>
    public void NoteGrant(Space space, PageNumber page)
    {
        space.PageLogs.Note(page.Value);
        if (ram.FrameLogs.IsEmpty) return;    // a log of pages finds them by its own list
        if (_grants!.IsFull) TakeGrantsBack();    // early: it costs walks, but no write is missed
        _grants.Add(space.Index.Value, page);
    }

    /// <summary>
    /// Called when the engine has filled a page on behalf of a later write: MAP_POPULATE, mlock, MADV_POPULATE_WRITE.
    /// </summary>
    public void NoteFilled(Space space, PageNumber page)
    {
        if (!ram.IsWatched) return;
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent || !entry.IsWritable) return;    // a later write will fault, and is noted then
        ram.NoteChanged(entry.Frame);    // D3: before the grant
        NoteGrant(space, page);
    }

    /// <summary>Includes a space that has just been made in the logs of frames.</summary>
    public void Include(Space space) => Update(space);

    /// <summary>Opens a log of an address space.</summary>
    public void Open(Space space, DirtySet log)
    {
        if (space.PageLogs.IsEmpty) ram.LoggedSpaceCount++;    // before Add: the first log of the space
        space.PageLogs.Add(log);
        ram.UpdateIsWatched();
        Update(space);    // before TakeAllBack, which asks WritesFault
        TakeAllBack(space);    // writes allowed before must be seen by this log
    }

    /// <summary>Closes a log of an address space, unless the end of its process has closed it.</summary>
    public void Close(Space space, DirtySet log)
    {
        if (!space.PageLogs.All.Contains(log)) return;
        space.PageLogs.Remove(log);
        AfterClosing(space);
    }

    /// <summary>Closes the logs of an address space when its process ends. They keep the pages that they have recorded.</summary>
    public void End(Space space)
    {
        if (space.PageLogs.IsEmpty) return;
        space.PageLogs.Clear();
        AfterClosing(space);
    }

    /// <summary>Opens a log of frames.</summary>
    public void Open(DirtySet log)
    {
        _grants ??= new();    // without a log of frames it takes no memory
        ram.FrameLogs.Add(log);
        ram.UpdateIsWatched();
        foreach (Space space in spaces.All)
        {
            Update(space);    // before TakeAllBack, which asks WritesFault
            TakeAllBack(space);
        }
    }

    /// <summary>Closes a log of frames.</summary>
    public void Close(DirtySet log)
    {
        ram.FrameLogs.Remove(log);
        if (ram.FrameLogs.IsEmpty) _grants!.Clear();
        ram.UpdateIsWatched();
        foreach (Space space in spaces.All) Update(space);
    }

    /// <summary>Arms the pages of a list, so that the next write to each is recorded.</summary>
    public static void Rearm(Space space, ReadOnlySpan<uint> pages)
    {
        foreach (uint page in pages) TakeBack(space, new(page));
    }

    /// <summary>Arms all granted pages, so that the next write to each is recorded.</summary>
    public void TakeGrantsBack()
    {
        while (_grants!.TryTake(out uint index, out PageNumber page)) TakeBack(spaces[new(index)], page);
    }

    /// <summary>Returns true if the page is among the grants. For audits.</summary>
    public bool HasGrant(Space space, PageNumber page) => _grants?.Contains(space.Index.Value, page) == true;

    public void Dispose() => _grants?.Dispose();

    private static void TakeBack(Space space, PageNumber page)
    {
        if (space.WritesFault && space.Tables.Read(page) is { IsPresent: true, IsWritable: true } entry)
            space.Tables.Store(page, entry.WithoutWritable());    // D4; it drops the cached right as well
        else space.Translations.ForgetWrite(page);
    }

    private static void TakeAllBack(Space space)
    {
        space.Translations.ForgetWrites();
        if (space.WritesFault) space.ProtectFromWrites(PageTables.UserHalf);    // D4
    }

    private void AfterClosing(Space space)
    {
        if (space.PageLogs.IsEmpty) ram.LoggedSpaceCount--;    // it was the last log of the space
        ram.UpdateIsWatched();
        Update(space);
    }

    private void Update(Space space)
    {
        space.WritesFault = space.PageLogs.NeedFaults || ram.FrameLogs.NeedFaults || KeepsContents;
        space.Code = ram.Code;
        // Not for KeepsContents: there the fault sees the first write, and later ones may hit.
        space.Translations.WatchesWrites = !space.PageLogs.IsEmpty || !ram.FrameLogs.IsEmpty;
    }
}
