using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Verification;

/// <summary>Rules U2 to U4: every access to a marked byte is checked, and only mapped bytes are marked.</summary>
internal static class ShadowAudit
{
    public static void Run(SpaceTable spaces, AuditReport report)
    {
        foreach (Space space in spaces.Live)
            if (space.Shadow is { } shadow) Check(space, shadow, report);
    }

    private static void Check(Space space, ShadowTree shadow, AuditReport report)
    {
        for (PageNumber from = default; shadow.TryNext(from, out PageNumber page); from = page + PageCount.One)
        {
            ShadowPage states = shadow.Find(page)!;
            // U2  a byte has one state, and a page of the tree has marked bytes, as many as it counts
            if (!states.IsConsistent() || states.MarkedCount == 0)
                report.Add("U2", $"the shadow of page {page.Value:x5} counts {states.MarkedCount} marked bytes, and a recount does not");
            // U3  it is mapped
            if (space.Foreign is { } foreign ? !foreign.IsInUse(page) : space.Areas.Tree.Covering(page).IsNone)
                report.Add("U3", $"page {page.Value:x5} of process {space.ProcessId} has marked bytes and is not mapped");
            // U4  it is not cached, so that every access is checked
            if (space.Translations.ReadAddend(page) != 0 || space.Translations.WriteAddend(page) != 0)
                report.Add("U4", $"page {page.Value:x5} of process {space.ProcessId} has marked bytes and is cached");
        }
    }
}
