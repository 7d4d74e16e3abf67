using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Verification;

/// <summary>Checks O1, A8 and C1–C3: the holders of open files and objects, and every page in the cache.</summary>
internal sealed class FileRecount(EngineParts parts)
{
    private readonly Dictionary<uint, uint> _holders = [];
    private readonly Dictionary<uint, uint> _keepers = [];    // those of the holders that are kept areas
    private readonly Dictionary<uint, int> _areas = [];
    private readonly HashSet<FileObject> _broken = [];

    /// <summary>The committed pages of the objects to which more leads than snapshots. All holders are counted before.</summary>
    public long CountCommitted()
    {
        OpenFileTable files = parts.Files.OpenFiles;
        Dictionary<uint, uint> kept = [];
        foreach ((uint open, uint keepers) in _keepers)
            if (keepers == _holders[open]) kept[files[new(open)].Object] = kept.GetValueOrDefault(files[new(open)].Object) + 1;
        return files.Objects.Sum(file =>
            file.HolderCount == file.KeptCount + kept.GetValueOrDefault(file.Number) ? 0 : file.ChargedPages);
    }

    /// <summary>Returns true if the tree of a file's pages can be walked.</summary>
    public bool IsIntact(FileObject file) => !_broken.Contains(file);

    public void CountDescriptors(DescriptorTable table)
    {
        foreach (OpenFileIndex open in table.Held) Hold(open);
    }

    public void CountHost()
    {
        foreach (OpenFileIndex open in parts.Files.OpenFiles.HeldByHost) Hold(open);
    }

    public void CountAreas(Space space)
    {
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (area.File.IsNone) continue;
            Hold(area.File);
            uint number = parts.Files.OpenFiles.ObjectOf(area.File).Number;
            _areas[number] = _areas.GetValueOrDefault(number) + 1;
        }
    }

    /// <summary>Counts the area records of a space of another system. They hold no open file: its sections do.</summary>
    public void CountViews(IForeignSpace foreign)
    {
        foreach (AreaIndex index in foreign.Views)
        {
            uint number = parts.Files.OpenFiles.ObjectOf(parts.Machine.Areas.Slab[index.Value].File).Number;
            _areas[number] = _areas.GetValueOrDefault(number) + 1;
        }
    }

    public void Compare(AuditReport report)
    {
        report.AddIfDifferent("O1", "open files", _holders.Count, parts.Files.OpenFiles.OpenCount);
        foreach ((uint open, uint holders) in _holders)
            report.AddIfDifferent("O1", $"open file {open}: holders", holders, parts.Files.OpenFiles[new(open)].HolderCount);

        uint cached = 0;
        foreach (FileObject file in parts.Files.OpenFiles.Objects)
        {
            CompareAreas(file, report);
            if (!file.IsHuge) cached += CheckPages(file, report);    // blocks of the pool: HugeAudit
        }

        if (_broken.Count != 0) return;    // a part of the pages was not counted
        report.AddIfDifferent("C1", "cached pages", cached, parts.Files.Cache.PageCount);
        report.AddIfDifferent("C1", "frames in state PageCache", cached, parts.Machine.Frames.CountOf(FrameState.PageCache).Value);
    }

    /// <summary>Counts one more holder of an open file.</summary>
    public void Hold(OpenFileIndex open) => _holders[open.Value] = _holders.GetValueOrDefault(open.Value) + 1;

    /// <summary>Counts an area that a snapshot keeps as one more holder.</summary>
    public void HoldKept(OpenFileIndex open)
    {
        Hold(open);
        _keepers[open.Value] = _keepers.GetValueOrDefault(open.Value) + 1;
    }

    private void CompareAreas(FileObject file, AuditReport report)
    {
        int listed = 0;
        NativeSlab<Area> areas = parts.Machine.Areas.Slab;
        for (AreaIndex index = parts.Machine.Areas.OfObjects.FirstOf(file.Number); index.IsSome; index = areas[index.Value].FileNext)
        {
            listed++;
            if (!areas.IsLive(index.Value) || parts.Files.OpenFiles.ObjectOf(areas[index.Value].File) != file)
            {
                report.Add("A8", $"object {file.Number} {file.Name}: lists area {index.Value}, which is not its own");
                return;
            }
        }

        report.AddIfDifferent("A8", $"object {file.Number} {file.Name}: areas", _areas.GetValueOrDefault(file.Number), listed);
    }

    /// <summary>Checks every page of a file. Stops at the first fault of the tree, because the rest cannot be trusted.</summary>
    private uint CheckPages(FileObject file, AuditReport report)
    {
        long before = report.FindingCount;
        parts.Files.Cache.Forest.Audit(in file.Pages, report);
        if (report.FindingCount != before)
        {
            _broken.Add(file);
            return 0;
        }

        uint count = 0;
        for (FilePage from = default; parts.Files.Cache.TryNext(file, from, out FilePage page, out FrameNumber frame); from = page.Next)
        {
            count++;
            string Where() => $"object {file.Number} page {page}";
            ref FrameDescriptor descriptor = ref parts.Machine.Frames[frame];
            if (descriptor.State != FrameState.PageCache || descriptor.Owner != file.Number || descriptor.Index != page.Value)
                report.Add("C2", $"{Where()}: frame {frame.Value:x5} is {descriptor.State} of {descriptor.Owner} page {descriptor.Index}");
            if (!file.Contains(page) && !IsOfPageAcrossTheEnd(file, page) && !HoldsNothing(file, frame))
                report.Add("C3", $"{Where()}: cached beyond the end, {file.ByteLength} bytes");
            if (page == FilePage.Last) break;    // its Next is page 0
        }

        return count;
    }

    /// <summary>True for zeros of memory that nothing maps: made by fallocate, or by a write that faulted afterwards.</summary>
    /// <remarks>Linux: mm/shmem.c shmem_fallocate, shmem_write_begin; only a truncation removes the page.</remarks>
    private bool HoldsNothing(FileObject file, FrameNumber frame) =>
        file.IsMemory && parts.Machine.Frames[frame].MapCount == 0 && parts.Machine.Ram.IsFilledWith(frame, 0);

    /// <summary>
    /// True for a page of shared memory in a line that begins before the end: a collapse of that line has made all of its pages.
    /// </summary>
    /// <remarks>
    /// Linux: mm/khugepaged.c collapse_file does not check the end of shared memory; a truncation removes those pages.
    /// </remarks>
    private bool IsOfPageAcrossTheEnd(FileObject file, FilePage page)
    {
        if (!file.IsMemory || !parts.Machine.IsTransparent) return false;
        uint inLine = page.Value & (parts.Machine.HugeBlocks.FramesEach - 1);    // a line is aligned in the file
        return file.Contains(new FilePage(page.Value - inLine));
    }
}
