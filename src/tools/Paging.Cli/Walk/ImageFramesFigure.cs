using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Writing;
using Paging.Programs.Images;

namespace Paging.Cli.Walk;

/// <summary>The physical addresses of an image as a map, and how often programs map their frames.</summary>
internal static class ImageFramesFigure
{
    private const int ColumnCount = 40, LineCountMax = 24;
    private const double Cell = SvgDrawing.InnerWidth / ColumnCount, Top = 22;

    /// <summary>The use of the frames of a cell; of several the last one here is drawn.</summary>
    private enum Use
    {
        Missing = 0,
        Unmapped,
        Kernel,
        Table,
        User,
    }

    /// <summary>Draws the memory that spaces map.</summary>
    public static Figure Draw(MemoryImage image, IReadOnlyList<ImageSpace> spaces)
    {
        SvgDrawing svg = new();
        ulong largest = image.Ranges.Max(static range => range.ByteLength), perCell = 0x1000;
        MemoryImageRange[] parts = [.. image.Ranges.Where(range => range.ByteLength >= largest / 8)];    // no ROM and no screen
        ulong end = parts.Max(static range => range.Start.Value + range.ByteLength);
        while (end / perCell > ColumnCount * LineCountMax) perCell *= 2;
        Use[] cells = new Use[(end + perCell - 1) / perCell];
        foreach ((PhysicalAddress start, ulong byteLength, _) in parts) Mark(cells, start.Value, byteLength, perCell, Use.Unmapped);
        Dictionary<ulong, int> frames = [];
        foreach (ImageSpace space in spaces)
        {
            foreach (ImageEntry entry in space.Entries)
            {
                Mark(cells, entry.Physical.Value, entry.ByteLength, perCell, ImageSpace.IsKernel(entry) ? Use.Kernel : Use.User);
                if (ImageSpace.IsKernel(entry)) continue;
                ulong frame = entry.Physical.Value >> 12;
                frames[frame] = frames.GetValueOrDefault(frame) + 1;
            }

            IEnumerable<FrameNumber> tables = space.View.Tables.Where(static table => !table.IsHugePage)
                .Select(static table => table.Upper.Table);
            foreach (FrameNumber table in tables.Concat(space.View.Directories).Append(space.View.Directory))
                Mark(cells, (ulong)table.Value << 12, 0x1000, perCell, Use.Table);
        }

        svg.Text(SvgDrawing.Margin, 13, $"a cell is {SvgText.Bytes(perCell)}", TextStyle.Note);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, 13, $"0–{end:x}", TextStyle.Tiny, TextAnchor.End);
        for (int i = 0; i < cells.Length; i++)
        {
            int first = i;
            while (i + 1 < cells.Length && cells[i + 1] == cells[first] && (i + 1) % ColumnCount != 0) i++;
            if (cells[first] == Use.Missing) continue;
            double x = SvgDrawing.Margin + (first % ColumnCount * Cell), y = Top + (first / ColumnCount * Cell);
            svg.Box(x, y, ((i - first + 1) * Cell) - 1, Cell - 1, FillOf(cells[first]),
                ("cell", $"{(ulong)first * perCell:x}"), ("cells", SvgText.Number(i - first + 1)));
        }

        double below = Top + ((cells.Length + ColumnCount - 1) / ColumnCount * Cell) + 16, right = SvgDrawing.Margin;
        foreach ((Use use, string meaning) in (ReadOnlySpan<(Use, string)>)[(Use.User, "programs"), (Use.Table, "page tables"),
            (Use.Kernel, "kernel"), (Use.Unmapped, "not mapped")])
            right += svg.LegendEntry(right, below, FillOf(use), meaning) + 14;
        int[] times = [.. frames.Values.Order()];
        string counts = string.Join(", ", times.GroupBy(static count => count)
            .Select(static same => $"{SvgText.Count(same.Count())} {TimesOf(same.Key)}"));
        string words = $"frames that programs map: {counts}";
        svg.Text(SvgDrawing.Margin, below + 22, words, TextStyle.Label, TextAnchor.Start, SvgDrawing.InnerWidth);
        svg.Reach(below + 28);
        ulong drawn = parts.Aggregate(0ul, static (sum, part) => sum + part.ByteLength);
        return new("image-frames", $"Physical addresses, {SvgText.Bytes(drawn)} of memory",
            $"Frames that programs map: {counts}", svg);
    }

    private static void Mark(Use[] cells, ulong start, ulong byteLength, ulong perCell, Use use)
    {
        for (ulong cell = start / perCell; cell <= (start + byteLength - 1) / perCell && cell < (ulong)cells.Length; cell++)
            if (cells[cell] < use && (cells[cell] != Use.Missing || use == Use.Unmapped)) cells[cell] = use;
    }

    private static string TimesOf(int count) => count switch { 1 => "once", 2 => "twice", _ => $"{count} times" };

    private static string FillOf(Use use) => use switch
    {
        Use.User => "an",
        Use.Table => "tb",
        Use.Kernel => "kn0",
        _ => "gone",
    };
}
