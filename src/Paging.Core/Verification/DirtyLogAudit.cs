using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Rules D1 to D4: no page can be written without its first write having been logged.</summary>
internal static class DirtyLogAudit
{
    public static void Run(SpaceTable spaces, PhysicalMemory ram, WriteObservers observers, AuditReport report)
    {
        foreach (DirtySet log in ram.Observers.Logs.All) log.Audit("pages in a log of frames", report);
        foreach (Space space in spaces.Live)
        {
            foreach (DirtySet log in space.Observers.Logs.All) log.Audit($"pages in a log of process {space.ProcessId}", report);
            if (!space.Observers.Logs.IsEmpty || !ram.Observers.Logs.IsEmpty) Compare(space, ram, observers, report);
        }
    }

    private static void Compare(Space space, PhysicalMemory ram, WriteObservers observers, AuditReport report)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(space.Tables.UserPages))
        {
            bool isCached = space.Translations.WriteAddend(page) != 0;
            if (!entry.IsPresent || (!isCached && !entry.IsWritable)) continue;

            string rule = isCached ? "D2" : "D4";
            // D2, D4  a page that can be written unseen is in every log of its address space, uncached in those that need faults
            if (!space.Observers.Logs.AllContain(page.Value, mustFault: !isCached)) report.Add(rule,
                $"page {page.Value:x5} can be written, but a log does not have it");

            // D3, D4  its frame is in every log of frames, and the right is remembered
            if (ram.Observers.Logs.IsEmpty || entry.Frame.Value >= ram.FrameCount.Value) continue;    // a log of frames covers RAM only
            rule = isCached ? "D3" : "D4";
            if (!ram.Observers.Logs.AllContain(entry.Frame.Value, mustFault: !isCached))
                report.Add(rule, $"frame {entry.Frame.Value:x5} can be written at page {page.Value:x5}, but a log does not have it");
            bool mustBeGranted = isCached || ram.Observers.Logs.NeedFaults;
            // A unit is opened by one of its pages
            PageRange granted = isCached ? new(page, PageCount.One) : space.Tables.Units.Of(page);
            if (mustBeGranted && !observers.HasGrant(space, granted))
                report.Add(rule, $"page {page.Value:x5} can be written, but the right is not remembered");
        }
    }
}
