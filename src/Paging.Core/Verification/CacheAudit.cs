using Paging.Core.Cache;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;

namespace Paging.Core.Verification;

/// <summary>Checks C4, C5 and W1–W5: the cached pages that can be evicted, those read ahead, and the dirty ones.</summary>
internal sealed class CacheAudit(EngineParts parts, FileRecount files, AuditReport report)
{
    private uint _waiting, _dirty;

    public static void Run(EngineParts parts, FileRecount files, AuditReport report) => new CacheAudit(parts, files, report).Run();

    private void Run()
    {
        if (!parts.Files.OpenFiles.Objects.All(files.IsIntact)) return;    // a broken tree makes every count wrong
        foreach (FileObject file in parts.Files.OpenFiles.Objects.Where(static file => !file.IsHuge)) LookAt(file);
        PageCache cache = parts.Files.Cache;
        long readAhead = cache.Counters.ReadAheadUsed + cache.Counters.ReadAheadWasted + _waiting;
        report.AddIfDifferent("C5", "pages read ahead", readAhead, cache.Counters.ReadAhead);
        report.AddIfDifferent("W4", "dirty pages", _dirty, cache.Dirty.PageCount);
        WalkDirtyFiles();
    }

    private void LookAt(FileObject file)
    {
        uint dirty = 0;
        for (FilePage from = default; parts.Files.Cache.TryNext(file, from, out FilePage page, out FrameNumber frame); from = page.Next)
        {
            dirty += LookAt(file, page, frame);
            if (page == FilePage.Last) break;    // its Next is page 0
        }

        report.AddIfDifferent("W4", $"object {file.Number} {file.Name}: dirty pages", dirty, file.DirtyCount);
        _dirty += dirty;
    }

    private uint LookAt(FileObject file, FilePage page, FrameNumber frame)
    {
        string Where() => $"object {file.Number} {file.Name} page {page}";
        FrameFlags flags = parts.Machine.Frames[frame].Flags;
        bool isTagged = parts.Files.Cache.HasTag(file, page, RadixTag.Dirty);
        bool isOnItsWay = parts.Files.Cache.HasTag(file, page, RadixTag.Writeback);
        bool isAmongFiles = (flags & (FrameFlags.OnList | PageFlags.FileBacked)) == (FrameFlags.OnList | PageFlags.FileBacked);
        if (isAmongFiles == file.IsMemory)
            report.Add("C4", $"{Where()}: a page is evicted without a swap device if and only if it can be read again; flags {flags}");
        bool isMarked = !file.IsMemory && (flags & PageFlags.Dirty) != 0, isPinned = !file.IsMemory && (flags & PageFlags.Pinned) != 0;
        if (!file.IsMemory && isMarked != isTagged) report.Add("W1", $"{Where()}: flags {flags}, but in the tree dirty is {isTagged}");
        if (file.IsMemory && (isTagged || isOnItsWay)) report.Add("W2", $"{Where()}: dirty or on its way, with no backing to go to");
        if (isOnItsWay || isPinned) report.Add("W3", $"{Where()}: on its way, but no write is in progress");
        bool isUnfilled = parts.Files.Cache.IsUnfilled(frame);
        if (isUnfilled && (!file.IsMemory || parts.Machine.Frames[frame].MapCount != 0))
            report.Add("C6", $"{Where()}: made by fallocate alone, but it is mapped or has a backing");
        if (!isUnfilled) _waiting += parts.Machine.Frames[frame].Private;    // 1 for a page read ahead and not used yet
        return isTagged ? 1u : 0;
    }

    private void WalkDirtyFiles()
    {
        int expected = parts.Files.OpenFiles.Objects.Count(static file => file.DirtyCount != 0);
        int listed = 0;
        FileObject? before = null;
        FileObject? file = parts.Files.Cache.Dirty.Oldest;
        for (; file is not null && listed <= expected; before = file, file = file.DirtiedAfter)    // an end, even if the list is a ring
        {
            listed++;
            if (file.DirtiedBefore != before) report.Add("W5", $"object {file.Number}: does not point back to the file dirtied before it");
            if (file.DirtyCount == 0) report.Add("W5", $"object {file.Number}: among the dirty files without a dirty page");
            if (before is not null && before.DirtiedAt > file.DirtiedAt)
                report.Add("W5", $"object {file.Number}: dirtied in turn {file.DirtiedAt}, listed after one of turn {before.DirtiedAt}");
        }

        report.AddIfDifferent("W5", "files with dirty pages", expected, listed);
    }
}
