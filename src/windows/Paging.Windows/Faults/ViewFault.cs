using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Windows.Entries;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows.Faults;

/// <summary>Maps pages of sections: the frame that the section's object has in the page cache, or a copy of it.</summary>
/// <remarks>
/// A page that is not cached is read first and mapped in the next attempt. Frames are shared with every other view, with mappings of Linux
/// and with read and write. Windows: MiResolveProtoPteFault, MiResolveMappedFileFault, MiCopyOnWrite.
/// </remarks>
internal sealed class ViewFault(EngineParts core, NativeSlab<View> views, SectionTable sections, PrivateFault own)
{
    public FaultOutcome Fill(WindowsSpace space, in Vad vad, PageFault fault, ProtectionCode protection)
    {
        SectionObject section = sections[views[vad.View].Section];
        FileObject file = section.File;
        FilePage page = views[vad.View].PageOffset + (fault.Page - vad.First);
        if (!file.Contains(page)) return space.RefuseInPage(NtStatus.IoDeviceError);    // Linux has cut the file
        if (!space.Space.Tables.TryEnsureTable(fault.Page)) return space.RefuseInPage(NtStatus.NoMemory);
        bool wasCached = core.Files.Cache.TryFind(file, page, out FrameNumber cached);
        if (!wasCached)
        {
            FaultOutcome read = Read(space, file, section.Open, page, out cached);
            if (read != FaultOutcome.Resolved) return read;
        }
        else if (!file.IsMemory && core.Io.MappedReadAhead.OnHit(
            space.Space.Group, file, ref core.Files.OpenFiles[section.Open].ReadAhead, AreaFlags.None, page, cached))
        {
            return FaultOutcome.LookAgain;
        }

        core.Files.Cache.NoteUsed(cached);
        if (fault.IsWrite && protection.IsWriteCopy) return Copy(space, fault.Page, cached, protection);
        if (fault.IsWrite && !file.IsMemory) core.Files.Background.Balance();    // before the page becomes dirty: it may write others
        if (fault.IsWrite) core.Files.Cache.MarkDirty(file, page, cached);    // before the entry lets stores through
        // The first store to a file's page must fault, so that the page is noted as dirty (MiSetDirtyBit)
        bool writable = protection.AllowsWrite && !protection.IsWriteCopy && file.IsMemory && !space.Space.Observers.NeedFaults;
        core.Machine.Frames.AddReferenceAndMapping(cached);    // before the entry: the frame must not be taken in between
        space.Space.Tables.Store(fault.Page, WindowsEntry.Valid(protection, cached, writable).Touched(fault.IsWrite).ToEntry());
        space.Space.Statistics.CountResident((ResidentKind)core.Machine.Frames[cached].Kind, 1);
        space.Space.Faults.File++;
        return FaultOutcome.Resolved;
    }

    /// <summary>
    /// A write to a page of the section that is mapped without the right to write: copies it, or notes that it becomes dirty.
    /// </summary>
    public FaultOutcome Write(
        WindowsSpace space, in Vad vad, PageNumber page, EntrySlot slot, WindowsEntry entry, ProtectionCode protection)
    {
        ref FrameDescriptor descriptor = ref core.Machine.Frames.Named(entry.Frame);
        // a host wrote it
        if (vad.View == 0 || descriptor.State != FrameState.PageCache) return space.RefuseInPage(NtStatus.IoDeviceError);
        if (protection.IsWriteCopy)
        {
            ResidentKind before = (ResidentKind)descriptor.Kind;
            FaultOutcome copied = Copy(space, page, entry.Frame, protection);
            if (copied != FaultOutcome.Resolved) return copied;    // the shared page stays mapped
            EntryWords.KeepDirty(entry.ToEntry(), ref descriptor);    // the view may have been writable before
            space.Space.Statistics.CountResident(before, -1);    // Copy has counted the new one
            descriptor.Counts -= FrameTable.OneReferenceAndMapping;    // the cache has a reference, so the frame stays
            return FaultOutcome.Resolved;
        }

        FileObject file = core.Files.OpenFiles.Object(descriptor.Owner);
        if (!file.IsMemory) core.Files.Background.Balance();    // before more becomes dirty: a writer waits for the disk
        core.Files.Cache.MarkDirty(file, new(descriptor.Index), entry.Frame);
        space.Space.Tables.Replace(page, slot, entry.Touched(isWrite: true).ToEntry());
        return FaultOutcome.Resolved;
    }

    /// <summary>Gives the process a copy of the page, which shows read-write from now on.</summary>
    private FaultOutcome Copy(WindowsSpace space, PageNumber page, FrameNumber source, ProtectionCode protection)
    {
        if (!own.TryTakeFrame(space, page, ofZeros: false, out FrameNumber frame)) return space.RefuseInPage(NtStatus.NoMemory);
        core.Machine.Ram.Copy(source, frame);
        WindowsEntry copy = WindowsEntry.Valid(protection.AfterCopy(), frame, writable: true).Touched(isWrite: true);
        space.Space.Tables.Store(page, copy.ToEntry());
        space.Space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Space.Faults.Copied++;
        return FaultOutcome.Resolved;
    }

    /// <summary>Brings a page into the cache. A page of the page file is there at once if it need not be read.</summary>
    private FaultOutcome Read(WindowsSpace space, FileObject file, OpenFileIndex open, FilePage page, out FrameNumber cached)
    {
        if (!file.IsMemory && !file.IsPaged)
            core.Io.MappedReadAhead.OnMiss(space.Space.Group, file, ref core.Files.OpenFiles[open].ReadAhead, AreaFlags.None, page);
        switch (core.Io.Filler.FindOrFill(space.Space.Group, file, page, out cached, out bool wasRead))
        {
            case Errno.None: return file.IsMemory && !wasRead ? FaultOutcome.Resolved : FaultOutcome.LookAgainHavingRead;
            case Errno.ENOMEM: return space.RefuseInPage(NtStatus.NoMemory);
            case Errno.EAGAIN: return FaultOutcome.Pending;
            default: return space.RefuseInPage(NtStatus.IoDeviceError);
        }
    }
}
