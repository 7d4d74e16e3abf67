using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Calls;

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
        if (IsInsideOneLine(lines, part)) return Errno.EINVAL;
        if (area.File is not null && (area.First.Value - (ulong)area.Offset) % each != 0) return Errno.EINVAL;
        Errno result = Errno.None;
        for (ulong at = ((ulong)part.First.Value + each - 1) / each * each; at + each <= part.End.Value; at += each)
        {
            PageNumber line = new((uint)at);
            Outcome outcome = lines.At(line) is not null ? Outcome.Done
                : area.File is null ? CollapsePrivate(process, line) : CollapseObject(process, area, line);
            if (outcome == Outcome.Ended) return Errno.EINVAL;
            if (outcome == Outcome.Refused) result = Errno.EINVAL;
        }
        return result;
    }

    /// <summary>
    /// True for a part that touches neither border of its line: rounded inwards, its end lies before its start, and the number of lines
    /// between them is none that could be collapsed. A part that touches a border has none to collapse, which is 0.
    /// </summary>
    private static bool IsInsideOneLine(LineTables lines, PageRange part)
    {
        PageRange line = lines.LineAround(part.First);
        return part.First > line.First && part.End < line.End;
    }

    private static Outcome CollapsePrivate(ModelProcess process, PageNumber line)
    {
        ProcessPages pages = process.Pages;
        PageRange range = pages.Lines.LineAround(line);
        if (!pages.Lines.HasDirectory(line)) return Outcome.Refused;    // SCAN_PMD_NULL
        if (!pages.Lines.HasTable(line)) return Outcome.Ended;          // SCAN_PMD_NONE
        HugeBlock block = new(pages.Lines.PagesEach, pool: null);
        for (PageNumber page = range.First; page < range.End; page++)
        {
            if (pages.IsGuard(page)) return Outcome.Ended;
            if (pages.Find(page) is { } own) own.Bytes.CopyTo(block.Page((int)(page - range.First).Value));
        }
        pages.Discard(range);
        pages.Lines.RemoveTable(line);
        pages.PutHuge(line, new HugeEntry(block) { IsExclusive = true });
        return Outcome.Done;
    }

    /// <summary>The object has one page there from now on, and this view shows it as one, if nothing else stands in its way.</summary>
    private static Outcome CollapseObject(ModelProcess process, Area area, PageNumber line)
    {
        ProcessPages pages = process.Pages;
        FileObject contents = area.File!.Contents;
        long first = area.OffsetAt(line), each = pages.Lines.PagesEach;
        if (!contents.IsCollapsed(first))
        {
            bool hasSomething = false;
            for (long page = first; page < first + each; page++) hasSomething |= contents.HasPage(page);
            if (!hasSomething || !contents.TryFill(first, each)) return Outcome.Ended;
            contents.Collapse(first, each);
            foreach (ModelProcess other in process.Machine.Processes) Retract(other, contents, first, each);
        }
        PageRange range = pages.Lines.LineAround(line);
        if (FirstObstacle(pages, range) is { } obstacle) return obstacle;
        pages.Discard(range);
        pages.PutWhole(line, contents, first);
        return Outcome.Done;
    }

    /// <summary>A private copy ends the call, a guard only this line: whichever comes first. Linux: collapse_pte_mapped_thp.</summary>
    private static Outcome? FirstObstacle(ProcessPages pages, PageRange range)
    {
        for (PageNumber page = range.First; page < range.End; page++)
        {
            if (pages.IsGuard(page)) return Outcome.Refused;
            if (pages.IsOwned(page)) return Outcome.Ended;
        }
        return null;
    }

    /// <summary>Tables of small pages go where the line is mapped whole: then it can come as one. Linux: retract_page_tables.</summary>
    private static void Retract(ModelProcess process, FileObject contents, long first, long each)
    {
        foreach (Area area in process.Areas.All)
        {
            if (area.File is not { IsDirectory: false } file || file.Contents != contents) continue;
            if (area.History is not null || area.Has(AreaFlags.MayHaveGuards)) continue;
            long begin = first - area.Offset;
            if (begin < 0 || begin + each > area.Count.Value) continue;
            PageNumber line = area.First + new PageCount((uint)begin);
            if (process.Pages.Lines.LineOf(line) != line) continue;
            process.Pages.Discard(new PageRange(line, new PageCount((uint)each)));
            process.Pages.Lines.RemoveTable(line);
        }
    }

    /// <summary>The outcome for a line.</summary>
    private enum Outcome
    {
        Done,
        Refused,    // EINVAL in the end, and the call continues
        Ended,      // EINVAL at once
    }
}
