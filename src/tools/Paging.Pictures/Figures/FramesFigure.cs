using System.Collections.Immutable;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>Physical memory: every frame as a cell, by its state, and a legend that counts them.</summary>
public static class FramesFigure
{
    private const int ColumnCount = 32, CellCountMax = 1024;
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
    /// <param name="machine">The machine. With more than 1,024 frames each cell represents several, and shows the first one in use.</param>
    /// <param name="before">The machine at the step before; frames that are different are marked.</param>
    public static Figure Draw(MachineView machine, MachineView? before = null)
    {
        int perCell = Math.Max(1, (machine.Frames.Count + CellCountMax - 1) / CellCountMax);
        int cellCount = CellCountOf(machine, before, perCell);
        double height = Math.Ceiling(cellCount / (double)ColumnCount) * CellSize;
        SvgDrawing svg = new();
        for (int row = 0; row * ColumnCount < cellCount; row += 2)    // a number is higher than a line
            svg.Text(Left - 6, (row * CellSize) + 9, $"{row * ColumnCount * perCell:x}", TextStyle.Tiny, TextAnchor.End);
        svg.Box(Left, 0, ColumnCount * CellSize, height, "no", ("ram", SvgText.Number(machine.Frames.Count)));
        for (int cell = 0; cell < cellCount; cell++)
        {
            (FrameState state, bool isDirty) = StateOf(machine, cell, perCell);
            int count = 1;    // of a large machine, cells of one line that are alike are one box
            while (perCell > 1 && (cell + count) % ColumnCount != 0 && cell + count < cellCount
                && StateOf(machine, cell + count, perCell) == (state, isDirty)) count++;
            DrawCells(svg, cell, count, perCell, state, isDirty);
            cell += count - 1;
        }

        if (before is not null) DrawChanges(svg, machine, before, cellCount, perCell);
        svg.Box(Left, 0, ColumnCount * CellSize, height, "fr");
        int rest = machine.Frames.Count - (cellCount * perCell);
        if (rest > 0)
            svg.Text(Left, height + 14, $"frames {cellCount * perCell:x} to {machine.Frames.Count - 1:x}: free", TextStyle.Note);
        DrawLegend(svg, machine, height + (rest > 0 ? 38 : 20), perCell);
        return new("frames", $"Physical memory: {SvgText.Count(machine.Frames.Count)} frames of 4 KB", Describe(machine), svg);
    }

    /// <summary>
    /// How many cells are drawn: whole lines, as far as a frame is in use or has changed, and one line more. Of a last line that would
    /// stand alone under the cut the picture shows everything.
    /// </summary>
    private static int CellCountOf(MachineView machine, MachineView? before, int perCell)
    {
        int all = (machine.Frames.Count + perCell - 1) / perCell, last = all - 1;
        while (last > 0 && StateOf(machine, last, perCell).State == FrameState.Free
            && (before is null || !IsChanged(machine, before, last * perCell, perCell))) last--;
        int cropped = ((last / ColumnCount) + 2) * ColumnCount;
        return cropped + ColumnCount >= all ? all : cropped;
    }

    /// <summary>The state of the first frame of a cell that is in use, and whether any is dirty.</summary>
    private static (FrameState State, bool IsDirty) StateOf(MachineView machine, int cell, int perCell)
    {
        int first = cell * perCell;
        FrameState state = FrameState.Free;
        bool isDirty = false;
        foreach (ref readonly FrameView frame in machine.FrameArray.AsSpan(first, Math.Min(perCell, machine.FrameArray.Length - first)))
        {
            if (state == FrameState.Free) state = frame.State;
            isDirty |= frame.IsDirty;
        }

        return (state, isDirty);
    }

    private static void DrawCells(SvgDrawing svg, int cell, int count, int perCell, FrameState state, bool isDirty)
    {
        if (state == FrameState.Free) return;
        double x = Left + (cell % ColumnCount * CellSize), y = cell / ColumnCount * CellSize;
        (_, string fill, _) = States.First(known => known.State == state);
        svg.Box(x + 0.5, y + 0.5, (count * CellSize) - 1, CellSize - 1, fill, ("frame", $"{cell * perCell:x}"), ("state", state.ToString()),
            ("cells", SvgText.Number(count)));
        if (isDirty) svg.Box(x + CellSize - 5.5, y + 1.5, 4, 4, "dirty", ("dirty", $"{cell * perCell:x}"));
    }

    /// <summary>Frames that have changed are framed together: those of a part of a line, or of whole lines.</summary>
    private static void DrawChanges(SvgDrawing svg, MachineView machine, MachineView before, int cellCount, int perCell)
    {
        for (int cell = 0; cell < cellCount; cell++)
        {
            int end = cell;
            while (end < cellCount && IsChanged(machine, before, end * perCell, perCell)) end++;
            if (end == cell) continue;
            int column = cell % ColumnCount, rest = ColumnCount - column;
            end = column != 0 || end - cell < ColumnCount ? Math.Min(end, cell + rest) : end - ((end - cell) % ColumnCount);
            int width = Math.Min(end - cell, ColumnCount), lines = (end - cell + ColumnCount - 1) / ColumnCount;
            svg.Box(Left + (column * CellSize), cell / ColumnCount * CellSize, width * CellSize, lines * CellSize, "chr",
                ("change", $"{cell * perCell:x}"), ("cells", SvgText.Number(end - cell)));
            cell = end - 1;
        }
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
