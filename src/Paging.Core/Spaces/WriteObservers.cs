using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;
using Paging.Native.Translation;

namespace Paging.Core.Spaces;

//   write ─► hit: nothing to do
//        └─► miss: the walk ─► Note: every observer is told, and the right to write is cached
//   collect ─► the list is returned; the right to write is removed from its pages again
/// <summary>Opens and closes the observers of writes, and tells them of the first write to each page after each collection.</summary>
/// <remarks><code>
/// Always holds    D2  a page that is cached for writing is in every log of its address space
///                 D3  while a log of frames is open: so is its frame, and the right is among the grants
///                 D4  for a log that needs faults, D2 and D3 also hold for each page of each writable entry
/// Units           an entry is opened and protected with all pages that it covers: those of a huge page of the pool are logged together
///                 by a log that needs faults. A transparent huge page is split before its first write is logged (TransparentFault)
/// Cost            a hit: nothing. The first write to a page: a walk, and a step for each log. Without a log: a test per missed write
/// </code>
/// Linux: dirty logging of KVM (kvm_vcpu_mark_page_dirty, kvm_get_dirty_log_protect), which write-protects in the same way; the lists are
/// those of KVM's dirty rings and of the processor's page-modification log (Intel SDM volume 3, "Page-Modification Logging").
/// </remarks>
internal sealed class WriteObservers(PhysicalMemory ram, SpaceTable spaces) : IDisposable
{
    private WriteGrants? _grants;

    /// <summary>True while a snapshot of the engine must see the first write to each page of shared memory.</summary>
    public bool KeepsSharedMemory
    {
        get;
        set
        {
            if (field == value) return;
            field = value;
            foreach (Space space in spaces.All) Update(space);
        }
    }

    /// <summary>Reports the first write to a page of a space, before the page gets the right to write.</summary>
    public void Note(Space space, PageNumber page, FrameNumber frame)
    {
        ram.Observers.Note(frame);    // D3: before the grant
        space.Observers.Logs.Note(page.Value);
        if (space.Observers.NeedFaults && space.Tables.Huge.Count != 0) NoteUnit(space, page, frame);    // D4
        if (ram.Observers.Logs.IsEmpty) return;    // a log of pages finds them by its own list
        if (_grants!.IsFull) TakeGrantsBack();    // early: it costs walks, but no write is missed
        _grants.Add(space.Index.Value, page);
    }

    /// <summary>
    /// Called when the engine has filled a page on behalf of a later write: MAP_POPULATE, mlock, MADV_POPULATE_WRITE.
    /// </summary>
    public void NoteFilled(Space space, PageNumber page)
    {
        if (!ram.Observers.Any) return;
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent || !entry.IsWritable) return;    // a later write will fault, and is noted then
        Note(space, page, entry.Frame);
    }

    /// <summary>Includes a space that has just been made in the logs of frames.</summary>
    public void Include(Space space) => Update(space);

    /// <summary>Opens a log of an address space.</summary>
    public void Open(Space space, DirtySet log)
    {
        if (space.Observers.Logs.IsEmpty) ram.Observers.AddSpace();    // before Add: the first log of the space
        space.Observers.Logs.Add(log);
        Update(space);    // before TakeAllBack, which asks Observers.NeedFaults
        TakeAllBack(space);    // writes allowed before must be seen by this log
    }

    /// <summary>Closes a log of an address space, unless the end of its process has closed it.</summary>
    public void Close(Space space, DirtySet log)
    {
        if (!space.Observers.Logs.All.Contains(log)) return;
        space.Observers.Logs.Remove(log);
        AfterClosing(space);
    }

    /// <summary>Closes the logs of an address space when its process ends. They keep the pages that they have recorded.</summary>
    public void End(Space space)
    {
        if (space.Observers.Logs.IsEmpty) return;
        space.Observers.Logs.Clear();
        AfterClosing(space);
    }

    /// <summary>Opens a log of frames.</summary>
    public void Open(DirtySet log)
    {
        _grants ??= new();    // without a log of frames it takes no memory
        ram.Observers.Add(log);
        foreach (Space space in spaces.All)
        {
            Update(space);    // before TakeAllBack, which asks Observers.NeedFaults
            TakeAllBack(space);
        }
    }

    /// <summary>Closes a log of frames.</summary>
    public void Close(DirtySet log)
    {
        ram.Observers.Remove(log);
        if (ram.Observers.Logs.IsEmpty) _grants!.Clear();
        foreach (Space space in spaces.All) Update(space);
    }

    /// <summary>Arms the pages of a list, so that the next write to each is recorded.</summary>
    public static void Rearm(Space space, ReadOnlySpan<uint> pages)
    {
        using WindowBatch batch = new(space.Translations);
        foreach (uint page in pages) TakeBack(space, new(page));
    }

    /// <summary>Arms all granted pages, so that the next write to each is recorded.</summary>
    public void TakeGrantsBack()
    {
        while (_grants!.TryTake(out uint index, out PageNumber page)) TakeBack(spaces[new(index)], page);
    }

    /// <summary>Returns true if a page of the range is among the grants. For audits.</summary>
    public bool HasGrant(Space space, PageRange range) => _grants?.Contains(space.Index.Value, range) == true;

    public void Dispose() => _grants?.Dispose();

    /// <summary>Reports that the unit of a page has become writable, so that stores to its other pages will not fault.</summary>
    private void NoteUnit(Space space, PageNumber page, FrameNumber frame)
    {
        PageRange unit = space.Tables.Units.Of(page);
        uint place = page.Value - unit.First.Value;
        space.Observers.Logs.NoteUnit(page.Value, unit.First.Value, unit.Count.Value);
        ram.Observers.Logs.NoteUnit(frame.Value, frame.Value - place, unit.Count.Value);
    }

    private static void TakeBack(Space space, PageNumber page)
    {
        PageNumber first = space.Tables.Units.Of(page).First;
        if (space.Observers.NeedFaults && space.Tables.Read(first) is { IsPresent: true, IsWritable: true } entry)
            space.Tables.Units.Observe(first, entry.WithoutWritable());    // D4; it drops the cached rights as well
        else space.Translations.ForgetWrite(page);
    }

    private static void TakeAllBack(Space space)
    {
        space.Translations.ForgetWrites();
        if (space.Observers.NeedFaults) space.ProtectFromWrites(space.Tables.UserPages);    // D4
    }

    private void AfterClosing(Space space)
    {
        if (space.Observers.Logs.IsEmpty) ram.Observers.RemoveSpace();    // it was the last log of the space
        Update(space);
    }

    private void Update(Space space)
    {
        space.Observers.SeesEachPage = space.Observers.Logs.NeedFaults || ram.Observers.Logs.NeedFaults;
        space.Observers.NeedFaults = space.Observers.SeesEachPage || KeepsSharedMemory;
        space.Observers.Code = ram.Observers.Code;
        // Not for KeepsSharedMemory: there the fault sees the first write, and later ones may hit.
        space.Translations.ObservesWrites = !space.Observers.Logs.IsEmpty || !ram.Observers.Logs.IsEmpty;
    }
}
