using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Rules D1 to D4: no page can be written without its first write having been logged.</summary>
internal static class DirtyLogAudit
{
    public static void Run(SpaceTable spaces, PhysicalMemory ram, WriteTracking writes, AuditReport report)
    {
        foreach (DirtySet log in ram.FrameLogs.All) log.Audit("pages in a log of frames", report);
        foreach (Space space in spaces.Live)
        {
            foreach (DirtySet log in space.PageLogs.All) log.Audit($"pages in a log of process {space.ProcessId}", report);
            if (!space.PageLogs.IsEmpty || !ram.FrameLogs.IsEmpty) Compare(space, ram, writes, report);
        }
    }

    private static void Compare(Space space, PhysicalMemory ram, WriteTracking writes, AuditReport report)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(PageTables.UserHalf))
        {
            bool mustFault = space.PageLogs.NeedFaults || ram.FrameLogs.NeedFaults;
            bool isCached = space.Translations.WriteAddend(page) != 0;
            if (!entry.IsPresent || (!isCached && !(mustFault && entry.IsWritable))) continue;

            string rule = isCached ? "D2" : "D4";
            // D2, D4  a page that can be written unseen is in every log of its address space
            if (!space.PageLogs.AllContain(page.Value)) report.Add(rule,
                $"page {page.Value:x5} can be written, but a log does not have it");

            // D3, D4  its frame is in every log of frames, and the right is remembered
            if (ram.FrameLogs.IsEmpty || entry.Frame.Value >= ram.FrameCount.Value) continue;    // a log of frames covers RAM only
            rule = isCached ? "D3" : "D4";
            if (!ram.FrameLogs.AllContain(entry.Frame.Value))
                report.Add(rule, $"frame {entry.Frame.Value:x5} can be written at page {page.Value:x5}, but a log does not have it");
            if (!writes.HasGrant(space, page)) report.Add(rule, $"page {page.Value:x5} can be written, but the right is not remembered");
        }
    }
}
