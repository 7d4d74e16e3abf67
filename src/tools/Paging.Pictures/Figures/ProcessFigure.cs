using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>
/// The descriptors of a process: task_struct, and the mm_struct that it leads to, with the names that Linux gives the fields.
/// </summary>
public static class ProcessFigure
{
    private const double RowHeight = 19;

    /// <summary>Draws the descriptors.</summary>
    public static Figure Draw(SpaceView space, SpaceView? before = null)
    {
        SvgDrawing svg = new();
        svg.Text(SvgDrawing.Margin, 13, "task_struct", TextStyle.Strong);
        DrawField(svg, SvgDrawing.Margin, 20, 118, "pid", $"{space.ProcessId}", isChanged: false);
        DrawField(svg, SvgDrawing.Margin, 20 + RowHeight, 118, "comm", space.Name, isChanged: false);
        DrawField(svg, SvgDrawing.Margin, 20 + (2 * RowHeight), 118, "mm", "●", isChanged: false);
        const double left = 166;
        svg.Curve("ar", (SvgDrawing.Margin + 118, 20 + (2.5 * RowHeight)), (left - 5, 30));
        svg.Line("tip", (left, 30), (left - 6, 26.5), (left - 6, 33.5));
        svg.Text(left, 13, "mm_struct", TextStyle.Strong);
        (string Name, string Value)[] fields = [.. Fields(space)];
        (string Name, string Value)[] old = before is null ? fields : [.. Fields(before)];
        for (int i = 0; i < fields.Length; i++)
            DrawField(svg, left, 20 + (i * RowHeight), SvgDrawing.Width - SvgDrawing.Margin - left, fields[i].Name, fields[i].Value,
                fields[i] != old[i]);
        return new($"process-{space.ProcessId}", $"Descriptors of {space.Name}",
            string.Join(", ", fields.Select(static field => $"{field.Name} {field.Value}")), svg);
    }

    private static IEnumerable<(string Name, string Value)> Fields(SpaceView space)
    {
        yield return ("pgd", $"frame {space.Directory.Value:x3}");
        yield return ("mmap, mm_rb", $"{space.Areas.Count} areas");
        yield return ("total_vm", $"{space.Usage.Total.Value} pages");
        yield return ("rss", $"{space.Usage.Resident.Value} pages");
        yield return ("rss, anonymous", $"{space.Usage.ResidentAnonymous.Value}");
        yield return ("rss, of files", $"{space.Usage.ResidentFile.Value}");
        yield return ("page tables", $"{space.Usage.PageTables.Value}");
        if (space.Program.StartCode != default)
        {
            yield return ("start_code", $"{space.Program.StartCode.Value:x8}");
            yield return ("end_code", $"{space.Program.EndCode.Value:x8}");
            yield return ("start_data", $"{space.Program.StartData.Value:x8}");
            yield return ("end_data", $"{space.Program.EndData.Value:x8}");
        }

        yield return ("start_brk", $"{space.StartBreak.Value:x8}");
        yield return ("brk", $"{space.Break.Value:x8}");
        if (space.Program.StartStack != default) yield return ("start_stack", $"{space.Program.StartStack.Value:x8}");
    }

    private static void DrawField(SvgDrawing svg, double x, double y, double width, string name, string value, bool isChanged)
    {
        svg.Box(x, y, width, RowHeight, "hollow", ("field", name), ("value", value));
        if (isChanged) svg.ChangeMark(x, y, RowHeight);
        svg.Text(x + 8, y + 13, name, TextStyle.Code);
        svg.Text(x + width - 8, y + 13, value, TextStyle.Code, TextAnchor.End, width - 24 - (name.Length * 6.7));
    }
}
