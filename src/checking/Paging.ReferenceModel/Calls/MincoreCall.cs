using System.Text;
using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>mincore: one character per page. Linux: mm/mincore.c.</summary>
internal static class MincoreCall
{
    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress start = new((uint)call.A0);
        if (!start.IsPageAligned) return ScriptResult.Error(Errno.EINVAL);
        StringBuilder pages = new();
        PageRange range = new(start.Page, PageCount.Covering((uint)call.A1));
        for (PageNumber next = range.First; next < range.End;)
        {
            if (process.Areas.Covering(next) is not { } area) return ScriptResult.Error(Errno.ENOMEM);
            if (area.IsOfPool)
            {
                for (; next < range.End && next < area.End; next++) pages.Append(IsOfPoolInMemory(process, area, next) ? '1' : '0');
                continue;
            }
            for (; next < range.End && next < area.End; next++) pages.Append(IsInMemory(process, area, next) ? '1' : '0');
        }
        return ScriptResult.Quoted(pages.ToString());
    }

    /// <summary>
    /// Reports the process's mapped pages; without a directory for the region, the object's pages. Linux: mincore_hugetlb.
    /// </summary>
    private static bool IsOfPoolInMemory(ModelProcess process, Area area, PageNumber page)
    {
        if (process.Pages.Lines.HasDirectory(page) && !area.Pool!.IsGiant) return process.Pages.Lines.At(page) is not null;
        return area.File!.Contents.Huge!.Find(area.HugeIndexAt(page)) is not null;
    }

    private static bool IsInMemory(ModelProcess process, Area area, PageNumber page) =>
        process.Pages.IsInMemory(page) || (area.File is { } file && file.Contents.IsInMemory(area.OffsetAt(page)));
}
