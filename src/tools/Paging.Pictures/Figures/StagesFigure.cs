using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>One page of two processes and its frames at several moments, side by side.</summary>
public static class StagesFigure
{
    private const double Top = 58, Row = 24, FrameTop = 124, FrameStep = 34;

    /// <summary>Draws up to three moments.</summary>
    /// <param name="stages">Each with its words: a heading, and a line below it.</param>
    /// <param name="left">The process of the left page.</param>
    /// <param name="right">The process of the right page.</param>
    /// <param name="pages">The page in each of the two.</param>
    public static Figure Draw(IReadOnlyList<(string Heading, string Note, MachineView Machine)> stages, int left, int right,
        (PageNumber Left, PageNumber Right) pages)
    {
        SvgDrawing svg = new();
        double wide = SvgDrawing.InnerWidth / stages.Count, column = wide - 12;
        List<string> words = [];
        for (int i = 0; i < stages.Count; i++)
        {
            double x = SvgDrawing.Margin + (i * wide);
            (string heading, string note, MachineView machine) = stages[i];
            svg.Text(x, 13, $"{i + 1}. {heading}", TextStyle.Strong, TextAnchor.Start, column);
            svg.Text(x, 29, note, TextStyle.Note, TextAnchor.Start, column);
            EntryView ours = EntryOf(machine, left, pages.Left), theirs = EntryOf(machine, right, pages.Right);
            uint[] frames = [.. ((EntryView[])[ours, theirs]).Where(static entry => entry.Entry.IsPresent)
                .Select(static entry => entry.Entry.Frame.Value).Distinct().OrderByDescending(frame => IsOfFile(machine, frame))];
            double half = (column - 8) / 2;
            DrawPage(svg, machine, left, ours, x, half);
            DrawPage(svg, machine, right, theirs, x + half + 8, half);
            for (int place = 0; place < frames.Length; place++)
            {
                bool isFile = IsOfFile(machine, frames[place]);
                double y = FrameTop + (place * FrameStep);
                double start = isFile && frames.Length > 1 ? x + (half / 2) + 10 : x;    // an arrow passes beside it
                svg.Box(start, y, x + column - start, Row, isFile ? "fi" : "an", ("frame", $"{frames[place]:x}"),
                    ("stage", (i + 1).ToString(CultureInfo.InvariantCulture)));
                svg.Text(start + 6, y + 16, $"{frames[place]:x3}", TextStyle.Inverse);
                svg.Text(x + column - 6, y + 16, !isFile ? "copy" : frames.Length > 1 ? "file" : "of the file", TextStyle.Inverse,
                    TextAnchor.End);
            }

            DrawArrow(svg, ours, x + (half / 2), frames);
            DrawArrow(svg, theirs, x + half + 8 + (half * 0.7), frames);
            words.Add($"{heading}: {Words(machine, left, ours)}, {Words(machine, right, theirs)}");
            if (i > 0) svg.Line("axis", (x - 9, 4), (x - 9, FrameTop + FrameStep + Row));
        }

        svg.Line("ar", (SvgDrawing.Margin, FrameTop + 82), (SvgDrawing.Margin + 26, FrameTop + 82));
        svg.Text(SvgDrawing.Margin + 32, FrameTop + 86, "entry, writable", TextStyle.Note);
        svg.Line("ro", (SvgDrawing.Margin + 140, FrameTop + 82), (SvgDrawing.Margin + 166, FrameTop + 82));
        svg.Text(SvgDrawing.Margin + 172, FrameTop + 86, "entry, read-only", TextStyle.Note);
        return new("stages", "Copy on write, in three moments", string.Join(". ", words), svg);
    }

    private static EntryView EntryOf(MachineView machine, int process, PageNumber page) =>
        machine.SpaceOf(process)?.EntryOf(page) ?? new(page, default, FrameState.Free, null, false);

    private static bool IsOfFile(MachineView machine, uint frame) => machine.Frames[(int)frame].State == FrameState.PageCache;

    private static void DrawPage(SvgDrawing svg, MachineView machine, int process, EntryView entry, double x, double width)
    {
        svg.Text(x, Top - 8, machine.SpaceOf(process)?.Name ?? "", TextStyle.Note, TextAnchor.Start, width + 4);
        bool isFile = entry.Entry.IsPresent && IsOfFile(machine, entry.Entry.Frame.Value);
        svg.Box(x, Top, width, Row, !entry.Entry.IsPresent ? "gone" : isFile ? "fi0" : "an0", ("page", $"{entry.Page.Value:x5}"),
            ("word", $"{entry.Entry.Word:x8}"));
        svg.Text(x + (width / 2), Top + 16, !entry.Entry.IsPresent ? "absent" : entry.Entry.IsWritable ? "rw" : "ro", TextStyle.Tiny,
            TextAnchor.Middle, width);
    }

    private static void DrawArrow(SvgDrawing svg, EntryView entry, double x, uint[] frames)
    {
        if (!entry.Entry.IsPresent) return;
        double to = FrameTop + (Array.IndexOf(frames, entry.Entry.Frame.Value) * FrameStep);
        svg.Line(entry.Entry.IsWritable ? "ar" : "ro", (x, Top + Row), (x, to - 6));
        svg.Line("tip", (x, to), (x - 3.5, to - 6), (x + 3.5, to - 6));
    }

    private static string Words(MachineView machine, int process, EntryView entry) =>
        $"{machine.SpaceOf(process)?.Name} {(entry.Entry.IsPresent
            ? $"to frame {entry.Entry.Frame.Value:x3} {(entry.Entry.IsWritable ? "writable" : "read-only")}" : "absent")}";
}
