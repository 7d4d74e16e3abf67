using Paging.Native;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>Locking and populating fill memory (DIALECT section 4). Linux: mm_populate, populate_vma_page_range (mm/gup.c).</summary>
internal static class Filling
{
    /// <summary>
    /// mmap, mlockall, brk, mremap: fills all it can; after a page that cannot be filled it continues with the next area.
    /// </summary>
    public static void FillWhatCan(ModelProcess process, PageRange range)
    {
        foreach (Area area in process.Areas.In(range)) FillArea(process, area, range.Intersect(area.Range));
    }

    /// <summary>mlock: stops at the first page that cannot be filled. False: there was one.</summary>
    public static bool FillAll(ModelProcess process, PageRange range)
    {
        foreach (Area area in process.Areas.In(range))
        {
            if (!FillArea(process, area, range.Intersect(area.Range))) return false;
        }
        return true;
    }

    /// <summary>
    /// Fills a part of one area: private writable pages get a page of their own, others are read. False: some page could not be.
    /// </summary>
    public static bool FillArea(ModelProcess process, Area area, PageRange part)
    {
        if (area.Has(AreaFlags.LockedOnFault)) return true;
        if (!area.IsReadable) return false;
        AccessKind access = area.IsPrivateWritable ? AccessKind.Write : AccessKind.Read;
        for (PageNumber page = part.First; page < part.End; page++)
        {
            if (Faulting.BringIn(process, area, page, access).Failed) return false;
        }
        return true;
    }
}
