using System.Globalization;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>Events by time and address: dark where there are many. Addresses at which nothing happens have no row.</summary>
public static class HeatMapFigure
{
    private const int ColumnCount = 48, RowCountMax = 24;
    private const double Left = 74, CellHeight = 13, CellWidth = (SvgDrawing.Width - SvgDrawing.Margin - Left) / ColumnCount;

    /// <summary>Draws the map.</summary>
    /// <param name="events">When each happened, and at which page.</param>
    /// <param name="end">The time after the last.</param>
    /// <param name="across">The unit of the time.</param>
    public static Figure Draw(IReadOnlyList<(long Time, uint Page)> events, long end, string across)
    {
        SvgDrawing svg = new();
        int shift = ShiftOf(events);
        uint[] rows = [.. events.Select(happened => happened.Page >> shift).Distinct().OrderDescending()];
        Dictionary<(int Row, int Column), int> cells = [];
        foreach ((long time, uint page) in events)
        {
            (int, int) cell = (Array.IndexOf(rows, page >> shift), (int)Math.Min(ColumnCount - 1, time * ColumnCount / Math.Max(1, end)));
            cells[cell] = cells.GetValueOrDefault(cell) + 1;
        }

        int most = cells.Count == 0 ? 1 : cells.Values.Max();
        double height = Math.Max(1, rows.Length) * CellHeight;
        svg.Box(Left, 0, ColumnCount * CellWidth, height, "no");
        for (int row = 0; row < rows.Length; row++)
            svg.Text(Left - 6, (row * CellHeight) + 10.5, $"{(ulong)rows[row] << (12 + shift):x8}", TextStyle.Tiny, TextAnchor.End);
        foreach (((int row, int column), int count) in cells)
        {
            int heat = most == 1 ? 4 : 1 + (int)(3 * Math.Log(count) / Math.Log(most));
            svg.Box(Left + (column * CellWidth), row * CellHeight, CellWidth, CellHeight,
                string.Create(CultureInfo.InvariantCulture, $"h{heat}"), ("cell", $"{row},{column}"), ("count", SvgText.Number(count)));
        }

        svg.Box(Left, 0, ColumnCount * CellWidth, height, "fr");
        svg.Text(Left, height + 15, "0", TextStyle.Tiny);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, height + 15, $"{SvgText.Count(end)} {across}", TextStyle.Tiny, TextAnchor.End);
        svg.Text(SvgDrawing.Margin, height + 34,
            $"A row is {SvgText.Bytes(4096UL << shift)} from that address on; without a fault it is left out.", TextStyle.Note);
        svg.Text(SvgDrawing.Margin, height + 51, most == 1 ? "1 fault in a cell:" : $"1 to {most} faults in a cell:", TextStyle.Note);
        for (int heat = 1; heat <= 4; heat++)
            svg.Box(SvgDrawing.Margin + 130 + (heat * 14), height + 42, 14, 10, string.Create(CultureInfo.InvariantCulture, $"h{heat}"));
        svg.Reach(height + 56);
        return new("heat", "Page faults by time and address", $"{events.Count} faults in {rows.Length} ranges of addresses", svg);
    }

    /// <summary>The rows are as fine as they can be: 4 KB each, or a power of two more.</summary>
    private static int ShiftOf(IReadOnlyList<(long Time, uint Page)> events)
    {
        int shift = 0;
        while (events.Select(happened => happened.Page >> shift).Distinct().Count() > RowCountMax) shift++;
        return shift;
    }
}
