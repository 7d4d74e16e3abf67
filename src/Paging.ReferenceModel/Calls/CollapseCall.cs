using Paging.Core;
using Paging.Core.Areas;
using Paging.Native;

namespace Paging.ReferenceModel;

/// <summary>MADV_COLLAPSE (docs/DIALECT-HUGE.md 6.5). Linux: madvise_collapse (mm/khugepaged.c).</summary>
internal static class CollapseCall
{
    /// <summary>Makes each whole line of a part of one area a huge page; ends at the first that cannot be.</summary>
    public static Errno Collapse(ModelProcess process, Area area, PageRange part)
    {
        if (area.IsOfPool || area.Has(AreaFlags.NoHugePage)) return Errno.EINVAL;
        if (process.TransparentOff == ModelProcess.TransparentOffFully) return Errno.EINVAL;
        if (!HugeFaults.HasWholeLine(process, area) || (area.File is null && area.History is null)) return Errno.EINVAL;
        LineTables lines = process.Pages.Lines;
        uint each = lines.PagesEach;
        if (area.File is not null && (area.First.Value - (ulong)area.Offset) % each != 0) return Errno.EINVAL;
        for (ulong at = ((ulong)part.First.Value + each - 1) / each * each; at + each <= part.End.Value; at += each)
        {
            PageNumber line = new((uint)at);
            if (lines.At(line) is not null) continue;
            bool isDone = area.File is null ? CollapsePrivate(process, line) : CollapseObject(process, area, line);
            if (!isDone) return Errno.EINVAL;
        }
        return Errno.None;
    }

    private static bool CollapsePrivate(ModelProcess process, PageNumber line)
    {
        ProcessPages pages = process.Pages;
        PageRange range = pages.Lines.LineAround(line);
        if (!pages.Lines.HasTable(line)) return false;
        HugeBlock block = new(pages.Lines.PagesEach, pool: null);
        for (PageNumber page = range.First; page < range.End; page++)
        {
            if (pages.IsGuard(page)) return false;
            if (pages.Find(page) is { } own) own.Bytes.CopyTo(block.Page((int)(page - range.First).Value).Span);
        }
        pages.Discard(range);
        pages.Lines.RemoveTable(line);
        pages.PutHuge(line, new HugeEntry(block) { IsExclusive = true });
        return true;
    }

    /// <summary>The object has one page there from now on, and this view shows it as one.</summary>
    private static bool CollapseObject(ModelProcess process, Area area, PageNumber line)
    {
        ProcessPages pages = process.Pages;
        FileObject contents = area.File!.Contents;
        long first = area.OffsetAt(line), each = pages.Lines.PagesEach;
        bool hasSomething = false;
        for (long page = first; page < first + each; page++) hasSomething |= contents.IsInMemory(page);
        if (!hasSomething) return false;
        PageRange range = pages.Lines.LineAround(line);
        if (pages.CountOwned(range) > 0) return false;
        for (long page = first; page < first + each; page++)
        {
            contents.MarkWritten(contents.Bring(page));
            contents.Hide(page);    // no view keeps its small page, also where its line is not whole. Linux: collapse_file
        }

        foreach (ModelProcess other in process.Machine.Processes) Retract(other, contents, first, each);
        pages.Discard(range);
        pages.Lines.RemoveTable(line);
        pages.PutHuge(line, new HugeEntry(null) { IsOfObject = true });
        return true;
    }

    /// <summary>Tables of small pages go where the line is mapped whole: then it can come as one. Linux: retract_page_tables.</summary>
    private static void Retract(ModelProcess process, FileObject contents, long first, long each)
    {
        foreach (Area area in process.Areas.All)
        {
            if (area.File is not { IsDirectory: false } file || file.Contents != contents || area.History is not null) continue;
            long begin = first - area.Offset;
            if (begin < 0 || begin + each > area.Count.Value) continue;
            PageNumber line = area.First + new PageCount((uint)begin);
            if (process.Pages.Lines.LineOf(line) != line) continue;
            process.Pages.Discard(new PageRange(line, new PageCount((uint)each)));
            process.Pages.Lines.RemoveTable(line);
        }
    }
}
