using Paging.Native;

namespace Paging.ReferenceModel.State;

/// <summary>Gives up pages of the pool (docs/DIALECT-HUGE.md section 5). Linux: __unmap_hugepage_range.</summary>
internal static class PoolUnmapping
{
    /// <summary>Takes away the huge entries of areas of the pool in a range. Pages that an owner loses are reserved for it again.</summary>
    /// <remarks>All pages are collected before the first one is freed, as the kernel gathers them.</remarks>
    public static void Unmap(ModelProcess process, IEnumerable<Area> areas, PageRange range)
    {
        List<PageNumber> gathered = [];
        foreach (Area area in areas.Where(static area => area.Pool is { IsGiant: false }))
        {
            PageRange part = range.Intersect(area.Range);
            foreach ((PageRange line, HugeEntry entry) in process.Pages.Lines.Entries.Where(entry => part.Contains(entry.Range.First)))
            {
                gathered.Add(line.First);
                if (area.Claim is null || entry.IsOfObject || area.Pool!.Surplus > 0) continue;
                entry.Block!.IsMarked = true;
                area.Claim.Used.Remove(area.HugeIndexAt(line.First));
            }
        }

        foreach (PageNumber line in gathered) process.Pages.RemoveHuge(line);
    }

    /// <summary>Takes huge pages of an object out of all mappings, private copies included. Linux: hugetlb_vmdelete_list.</summary>
    public static void UnmapFromAll(IEnumerable<ModelProcess> processes, FileObject contents, long first, long end)
    {
        long each = contents.Huge!.Pool.PagesEach;
        // While surplus pages are given back, the order of the losers matters: the kernel goes by the offsets of areas, then by their age.
        var all = processes.SelectMany(process => process.Areas.All.Select(area => (Process: process, Area: area)))
            .OrderBy(static entry => entry.Area.Offset).ToList();
        foreach ((ModelProcess process, Area area) in all)
        {
            if (area.File is not { IsDirectory: false } file || file.Contents != contents) continue;
            long low = Math.Clamp((first * each) - area.Offset, 0, area.Count.Value);
            long high = end > long.MaxValue / each ? area.Count.Value : Math.Clamp((end * each) - area.Offset, 0, area.Count.Value);
            if (low >= high) continue;
            Unmap(process, [area], PageRange.Between(area.First + new PageCount((uint)low), area.First + new PageCount((uint)high)));
        }
    }
}
