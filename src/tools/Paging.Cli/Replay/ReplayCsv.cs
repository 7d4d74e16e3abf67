using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Cli.Replay.Engine;
using Paging.Costs;

namespace Paging.Cli.Replay;

/// <summary>
/// Rows for programs: <c>trace,policy,frames,accesses,misses,dirty_evictions</c>; the last column is empty if unknown.
/// </summary>
internal static class ReplayCsv
{
    private const string Header = "trace,policy,frames,accesses,misses,dirty_evictions";
    private const string TimeColumns = ",ns,ns_waiting_for_swap";    // with --costs

    /// <summary>The rows of a trace; lines end in line feeds, the last one does not.</summary>
    public static string Render(TraceFigures trace, bool withHeader)
    {
        ImmutableArray<RunTime> times = trace.Engine?.Times ?? [];
        StringBuilder text = new(!withHeader ? "" : times.IsEmpty ? Header : Header + TimeColumns);
        for (int i = 0; i < trace.Rows.Length; i++)
        {
            PolicyFigures row = trace.Rows[i];
            if (text.Length > 0) text.Append('\n');
            text.Append(CultureInfo.InvariantCulture,
                $"{Field(trace.Name)},{row.Policy},{row.FrameCount},{trace.AccessCount},{row.MissCount},{row.DirtyEvictionCount}");
            if (times.IsEmpty) continue;
            long waited = times[i].ByCause[(int)CostCause.WaitForSwap].Nanoseconds;
            text.Append(CultureInfo.InvariantCulture, $",{times[i].End.Nanoseconds},{waited}");
        }
        return text.ToString();
    }

    /// <summary>A field, quoted by RFC 4180 if necessary.</summary>
    private static string Field(string name) =>
        name.AsSpan().IndexOfAny(",\"\r\n") < 0 ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
