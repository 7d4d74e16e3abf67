using System.Globalization;
using System.Text;

namespace Paging.Cli.Replay;

/// <summary>
/// Rows for programs: <c>trace,policy,frames,accesses,misses,dirty_evictions</c>; the last column is empty if unknown.
/// </summary>
internal static class ReplayCsv
{
    private const string Header = "trace,policy,frames,accesses,misses,dirty_evictions";

    /// <summary>The rows of a trace; lines end in line feeds, the last one does not.</summary>
    public static string Render(TraceFigures trace, bool withHeader)
    {
        StringBuilder text = new(withHeader ? Header : "");
        foreach (PolicyFigures row in trace.Rows)
        {
            if (text.Length > 0) text.Append('\n');
            text.Append(CultureInfo.InvariantCulture,
                $"{Field(trace.Name)},{row.Policy},{row.FrameCount},{trace.AccessCount},{row.MissCount},{row.DirtyEvictionCount}");
        }
        return text.ToString();
    }

    /// <summary>A field, quoted by RFC 4180 if necessary.</summary>
    private static string Field(string name) =>
        name.AsSpan().IndexOfAny(",\"\r\n") < 0 ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
