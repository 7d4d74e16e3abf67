using System.Collections.Immutable;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>Physical memory: every frame as a cell, by its state, and a legend that counts them.</summary>
/// <remarks>Of a machine with more than 1,024 frames, lines of 32 frames that are free and unchanged are left out.</remarks>
public static class FramesFigure
{
    private const int ColumnCount = FrameLines.ColumnCount;
    private const double Left = 50, CellSize = (SvgDrawing.Width - SvgDrawing.Margin - Left) / ColumnCount;

    private static readonly ImmutableArray<(FrameState State, string Fill, string Words)> States =
    [
        (FrameState.Free, "no", "free"),
        (FrameState.Kernel, "kn", "kernel"),
        (FrameState.PageTable, "tb", "page tables"),
        (FrameState.Anonymous, "an", "anonymous"),
        (FrameState.PageCache, "fi", "page cache"),
        (FrameState.SwapCache, "sw", "swap cache"),
        (FrameState.Reserved, "kn0", "reserved"),
        (FrameState.Allocated, "kn", "other"),
    ];

    /// <summary>Draws the frames.</summary>
    /// <param name="machine">The machine. If more than 2,048 frames are in use, a cell may represent several: the first one in use.</param>
    /// <param name="before">The machine at the step before; frames that are different are marked.</param>
    public static Figure Draw(MachineView machine, MachineView? before = null)
    {
        FrameLines lines = FrameLines.Of(machine, (first, count) => StateOf(machine, first, count).State != FrameState.Free
            || (before is not null && IsChanged(machine, before, first, count)), CellSize);
        double height = lines.Height(CellSize);
        SvgDrawing svg = new();
        DrawGround(svg, lines, machine.Frames.Count, "no");
        for (int line = 0; line < lines.Firsts.Length; line++) DrawLine(svg, machine, lines, line);
        if (before is not null) DrawChanges(svg, machine, before, lines);
        DrawGround(svg, lines, machine.Frames.Count, "fr");
        int drawn = Math.Min(machine.Frames.Count, lines.Firsts.Length * ColumnCount * lines.PerCell);
        int rest = machine.Frames.Count - drawn;
        if (rest > 0)
        {
            string words = lines.Firsts[^1] == drawn - (ColumnCount * lines.PerCell)
                ? $"frames {drawn:x} to {machine.Frames.Count - 1:x}: free" : $"the other {SvgText.Count(rest)} frames are free";
            svg.Text(Left, height + 14, words, TextStyle.Note);
        }

        DrawLegend(svg, machine, height + (rest > 0 ? 38 : 20), lines.PerCell);
        return new("frames", $"Physical memory: {SvgText.Count(machine.Frames.Count)} frames of 4 KB", Describe(machine), svg);
    }

    /// <summary>A box for each run of lines, with the number of its first frame and of every second line.</summary>
    private static void DrawGround(SvgDrawing svg, FrameLines lines, int frameCount, string fill)
    {
        for (int line = 0; line < lines.Firsts.Length;)
        {
            int end = line + 1;
            while (end < lines.Firsts.Length && lines.FollowsOn(end)) end++;
            double top = lines.Tops[line], height = lines.Tops[end - 1] + CellSize - top;
            if (fill is not "no")
            {
                svg.Box(Left, top, ColumnCount * CellSize, height, fill);
            }
            else
            {
                svg.Box(Left, top, ColumnCount * CellSize, height, fill, ("ram", SvgText.Number(frameCount)));
                for (int named = line; named < end; named += 2)    // a number is higher than a line
                    svg.Text(Left - 6, lines.Tops[named] + 9, $"{lines.Firsts[named]:x}", TextStyle.Tiny, TextAnchor.End);
            }

            line = end;
        }
    }

    /// <summary>The state of the first frame of a range that is in use, and whether any is dirty.</summary>
    private static (FrameState State, bool IsDirty) StateOf(MachineView machine, int first, int count)
    {
        FrameState state = FrameState.Free;
        bool isDirty = false;
        if (first >= machine.FrameArray.Length) return default;
        foreach (ref readonly FrameView frame in machine.FrameArray.AsSpan(first, Math.Min(count, machine.FrameArray.Length - first)))
        {
            if (state == FrameState.Free) state = frame.State;
            isDirty |= frame.IsDirty;
        }

        return (state, isDirty);
    }

    private static void DrawLine(SvgDrawing svg, MachineView machine, FrameLines lines, int line)
    {
        double y = lines.Tops[line];
        for (int column = 0; column < ColumnCount;)
        {
            int first = lines.Firsts[line] + (column * lines.PerCell), count = 1;
            (FrameState state, bool isDirty) = StateOf(machine, first, lines.PerCell);
            while (lines.PerCell > 1 && column + count < ColumnCount    // of a large machine, cells that are alike are one box
                && StateOf(machine, first + (count * lines.PerCell), lines.PerCell) == (state, isDirty)) count++;
            if (state != FrameState.Free)
            {
                double x = Left + (column * CellSize);
                (_, string fill, _) = States.First(known => known.State == state);
                svg.Box(x + 0.5, y + 0.5, (count * CellSize) - 1, CellSize - 1, fill, ("frame", $"{first:x}"), ("state", state.ToString()),
                    ("cells", SvgText.Number(count)));
                if (isDirty) svg.Box(x + CellSize - 5.5, y + 1.5, 4, 4, "dirty", ("dirty", $"{first:x}"));
            }

            column += count;
        }
    }

    /// <summary>Frames that have changed are framed together: those of a part of a line, or of whole lines.</summary>
    private static void DrawChanges(SvgDrawing svg, MachineView machine, MachineView before, FrameLines lines)
    {
        bool Changed(int line, int column) =>
            IsChanged(machine, before, lines.Firsts[line] + (column * lines.PerCell), lines.PerCell);
        bool IsWhole(int line) => Enumerable.Range(0, ColumnCount).All(column => Changed(line, column));
        for (int line = 0; line < lines.Firsts.Length; line++)
        {
            if (IsWhole(line))
            {
                int end = line + 1;
                while (end < lines.Firsts.Length && lines.FollowsOn(end) && IsWhole(end)) end++;
                Mark(line, 0, ColumnCount, end - line);
                line = end - 1;
                continue;
            }

            for (int column = 0; column < ColumnCount; column++)
            {
                int end = column;
                while (end < ColumnCount && Changed(line, end)) end++;
                if (end == column) continue;
                Mark(line, column, end - column, 1);
                column = end;
            }
        }

        void Mark(int line, int column, int width, int height) => svg.Box(Left + (column * CellSize), lines.Tops[line], width * CellSize,
            height * CellSize, "chr", ("change", $"{lines.Firsts[line] + (column * lines.PerCell):x}"),
            ("cells", SvgText.Number(width * height)));
    }

    private static bool IsChanged(MachineView machine, MachineView before, int first, int count)
    {
        FrameView[] frames = machine.FrameArray, olds = before.FrameArray;
        for (int i = first; i < Math.Min(first + count, frames.Length); i++)
        {
            if (i >= olds.Length) return true;    // of a smaller machine
            ref readonly FrameView old = ref olds[i], now = ref frames[i];
            bool isOther = now.State == FrameState.PageCache && (old.FileId, old.FilePage) != (now.FileId, now.FilePage);
            if (old.State != now.State || old.IsDirty != now.IsDirty || isOther) return true;
        }

        return false;
    }

    private static void DrawLegend(SvgDrawing svg, MachineView machine, double y, int perCell)
    {
        int drawn = 0, columns = machine.Frames.Count < 100_000 ? 3 : 2;    // of a large machine the numbers are longer
        foreach ((FrameState state, string fill, string words) in States)
        {
            int count = machine.CountFrames(state);
            if (count == 0 && state is not (FrameState.Free or FrameState.Anonymous or FrameState.PageCache)) continue;
            LegendEntry(svg, drawn++, columns, y, fill, words, count, ("count", state.ToString()), ("of", SvgText.Number(count)));
        }

        int dirty = machine.DirtyCount;
        if (dirty != 0) LegendEntry(svg, drawn++, columns, y, "dirty", "of these dirty", dirty, ("count", "Dirty"), ("of", $"{dirty}"));
        if (perCell == 1) return;
        svg.Text(SvgDrawing.Margin, y + (Math.Ceiling(drawn / (double)columns) * 19) + 6,
            $"each cell stands for {perCell} frames, by the first in use", TextStyle.Note);
    }

    private static void LegendEntry(SvgDrawing svg, int place, int columns, double y, string fill, string words, int count,
        params ReadOnlySpan<(string, string)> facts)
    {
        double wide = 402.0 / columns, x = SvgDrawing.Margin + (place % columns * wide), top = y + (place / columns * 19);
        svg.Box(x, top - 9, 10, 10, fill, facts);
        svg.Box(x, top - 9, 10, 10, "fr");
        svg.Text(x + 15, top, words, TextStyle.Note);
        svg.Text(x + wide - 10, top, SvgText.Count(count), TextStyle.Code, TextAnchor.End);
    }

    private static string Describe(MachineView machine) => string.Join(", ", States
        .Select(state => (state.Words, Count: machine.CountFrames(state.State))).Where(static state => state.Count != 0)
        .Select(static state => $"{state.Count} {state.Words}"));
}
