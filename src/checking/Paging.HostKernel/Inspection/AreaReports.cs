using Paging.HostKernel.Files;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Inspection;

/// <summary><c>maps</c>, <c>areas</c> and <c>vm</c>: the kernel's reports on a process in /proc.</summary>
internal sealed class AreaReports(Puppet puppet, MemoryFiles files)
{
    private const int PageKiB = 4;
    private readonly ReportReader _reader = new();

    internal ScriptResult Maps(PuppetProcess process, in ScenarioCall call) => Block(process, call, joined: false);

    /// <summary>As Maps, after joining rows that look like one area.</summary>
    internal ScriptResult Areas(PuppetProcess process, in ScenarioCall call) => Block(process, call, joined: true);

    /// <summary>The kernel's own totals, less the block; only the first of them counts a shared mapping.</summary>
    internal ScriptResult Totals(PuppetProcess process)
    {
        ReadOnlySpan<char> status = _reader.Read(process.Report(ProcessReport.Status));
        long size = Pages(status, "VmSize:") - puppet.Block.Layout.PageCount;
        return ScriptResult.Line(
            $"size={size} data={Pages(status, "VmData:")} stack={Pages(status, "VmStk:")} locked={Pages(status, "VmLck:")}");
    }

    /// <summary>True when every page from here to the block is mapped: calls that stop at a hole would reach the block.</summary>
    internal bool ReachesBlock(PuppetProcess process, uint start)
    {
        foreach (MapsRow area in Intersecting(process, start, puppet.Block.Layout.Reserved))
        {
            if (area.Start > start) return false;
            start = (uint)area.End;    // the user half ends at 3 GiB
        }
        return start >= puppet.Block.Layout.Reserved;
    }

    private List<MapsRow> Intersecting(PuppetProcess process, long low, long high)
    {
        List<MapsRow> areas = [];
        foreach (ReadOnlySpan<char> row in _reader.Read(process.Report(ProcessReport.Maps)).EnumerateLines())
        {
            if (row.IsEmpty) continue;
            MapsRow area = MappedArea.Parse(row, files);
            if (area.Start >= puppet.Block.Layout.Reserved) break;
            if ((long)area.End > low && (long)area.Start < high) areas.Add(area);
        }
        return areas;
    }

    private ScriptResult Block(PuppetProcess process, in ScenarioCall call, bool joined) =>
        ScriptResult.Block(MapsRow.Format(Intersecting(process, call.A0, call.A1), joined));

    // "VmSize:\t     132 kB"
    internal static long Pages(ReadOnlySpan<char> status, string field)
    {
        int at = status.IndexOf(field);
        if (at < 0) throw new InvalidOperationException($"/proc/PID/status has no {field}");
        ReadOnlySpan<char> value = status[(at + field.Length)..];
        value = value[..value.IndexOf('k')].Trim();
        return long.Parse(value) / PageKiB;
    }
}
