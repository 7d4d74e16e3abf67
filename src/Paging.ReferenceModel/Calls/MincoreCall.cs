using System.Text;
using Paging.Core;
using Paging.Core.Areas;
using Paging.Native;
using Paging.Scripting;

namespace Paging.ReferenceModel;

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
            for (; next < range.End && next < area.End; next++) pages.Append(IsInMemory(process, area, next) ? '1' : '0');
        }
        return ScriptResult.Quoted(pages.ToString());
    }

    private static bool IsInMemory(ModelProcess process, Area area, PageNumber page) =>
        process.Pages.IsInMemory(page) || (area.File is { } file && file.Contents.IsInMemory(area.OffsetAt(page)));
}
