using Paging.Native;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>Transparent huge pages: the faults that get one, and the effect of a store to one (docs/DIALECT-HUGE.md section 6).</summary>
internal static class HugeFaults
{
    /// <summary>Accesses a page by a huge entry, present or new; null if it is a small page's access.</summary>
    public static Touched? Touch(ModelProcess process, Area area, PageNumber page, AccessKind access)
    {
        LineTables lines = process.Pages.Lines;
        PageNumber line = lines.LineOf(page);
        if (lines.At(page) is { } entry) return Meet(process, area, line, entry, access);
        if (area.File is { } file) return ShowWhole(process, area, page, access, file.Contents);
        if (!MayBeHuge(process, area, page)) return null;
        Histories.Prepare(process.Areas, area);
        process.Pages.PutHuge(line, access == AccessKind.Write ? NewPage(lines) : new HugeEntry(null));
        return Touched.Done(wasFault: true);
    }

    /// <summary>Linux: thp_vma_allowable_order with the setting "madvise"; a table of small pages is never given up for one.</summary>
    private static bool MayBeHuge(ModelProcess process, Area area, PageNumber page) =>
        area.IsPrivateAnonymous
        && area.Has(AreaFlags.HugePage)
        && process.TransparentOff != ModelProcess.TransparentOffFully
        && IsWhole(process, area, page)
        && !process.Pages.Lines.HasTable(page);

    /// <summary>
    /// Maps a huge page of an object with one entry where no table of small pages stands. A read beyond the end of the file does so if
    /// a page that it maps along lies before the end. Linux: do_set_pmd; filemap_map_pmd; finish_fault.
    /// </summary>
    private static Touched? ShowWhole(ModelProcess process, Area area, PageNumber page, AccessKind access, FileObject contents)
    {
        bool isWanted = !area.Has(AreaFlags.NoHugePage) && process.TransparentOff != ModelProcess.TransparentOffFully;
        if (!isWanted || (access == AccessKind.Write && !area.IsShared)) return null;
        if (!IsWhole(process, area, page) || process.Pages.Lines.HasTable(page)) return null;
        PageNumber line = process.Pages.Lines.LineOf(page);
        long first = area.OffsetAt(line);
        if ((line.Value - first) % process.Pages.Lines.PagesEach != 0 || !contents.IsCollapsed(first)) return null;
        PageNumber looked = access == AccessKind.Read ? Faulting.WindowAround(process, area, page).First : page;
        if (!contents.Covers(area.OffsetAt(looked))) return null;
        process.Pages.PutWhole(line, contents, first);
        return Touched.Done(wasFault: true);
    }

    public static bool IsWhole(ModelProcess process, Area area, PageNumber page)
    {
        PageRange line = process.Pages.Lines.LineAround(page);
        return area.First <= line.First && line.End <= area.End;
    }

    /// <summary>True if the area has room for one, and neither its flags nor its process forbid it.</summary>
    public static bool IsEligible(ModelProcess process, Area area) =>
        area.IsPrivateAnonymous && area.Has(AreaFlags.HugePage) && process.TransparentOff != ModelProcess.TransparentOffFully
        && HasWholeLine(process, area);

    public static bool HasWholeLine(ModelProcess process, Area area)
    {
        uint each = process.Pages.Lines.PagesEach;
        ulong first = ((ulong)area.First.Value + each - 1) / each * each;
        return first + each <= area.End.Value;
    }

    /// <summary>Linux: do_huge_pmd_wp_page, do_huge_zero_wp_pmd.</summary>
    private static Touched? Meet(ModelProcess process, Area area, PageNumber line, HugeEntry entry, AccessKind access)
    {
        if (access == AccessKind.Read || entry.IsExclusive) return Touched.Done(wasFault: false);
        if (entry.IsOfObject)
        {
            if (area.IsShared) return Touched.Done(wasFault: false);
            process.Pages.Split(line);
            return null;
        }

        if (entry.Block is null)
        {
            Histories.Prepare(process.Areas, area);
            process.Pages.RemoveHuge(line);
            process.Pages.PutHuge(line, NewPage(process.Pages.Lines));
            return Touched.Done(wasFault: true);
        }

        if (entry.Block.HasUserBeside(process.Pages))
        {
            process.Pages.Split(line);
            return null;
        }

        entry.IsExclusive = true;
        return Touched.Done(wasFault: true);
    }

    private static HugeEntry NewPage(LineTables lines) => new(new HugeBlock(lines.PagesEach, pool: null)) { IsExclusive = true };
}
