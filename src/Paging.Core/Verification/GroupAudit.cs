using Paging.Core.Composition;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Verification;

/// <summary>Checks U1: recounts the page tables of each group from its processes, and compares its limit.</summary>
internal static class GroupAudit
{
    public static void Run(EngineParts parts, AuditReport report)
    {
        Span<uint> tables = stackalloc uint[FrameLists.GroupCountMax];
        foreach (Space space in parts.Machine.Spaces.WithTables)
            tables[space.Group.Number] += space.Tables.TableCount.Value + space.Tables.DirectoryFrames.Value + space.HugeLines.Count
                + (space.Tables.Spares?.Count ?? 0);

        foreach (MemoryGroup group in parts.Reclaim.Groups.All)
        {
            report.AddIfDifferent("U1", $"group {group.Name}: tables", tables[group.Number], group.Tables.Value);
            long limit = group.Limit?.Value ?? FrameGroup.Unlimited;
            report.AddIfDifferent("U1", $"group {group.Name}: frames that it may have", limit, group.Frames.Limit);
        }
    }
}
