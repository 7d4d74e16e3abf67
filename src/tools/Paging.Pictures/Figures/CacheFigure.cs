using System.Globalization;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The page cache: of each file a strip of its pages, and where the cached ones lie. Of large files the cells are small.</summary>
public static class CacheFigure
{
    private const int FileCountMax = 12;
    private static readonly Grid Cells = new(10, 80, 34), SmallCells = new(40, 960, 10);

    /// <summary>Draws the files of a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="before">The machine at the step before; pages that are different are marked.</param>
    public static Figure Draw(MachineView machine, MachineView? before = null)
    {
        SvgDrawing svg = new();
        double y = 0;
        foreach (CachedFileView file in machine.Files.Take(FileCountMax))
            y = DrawFile(svg, file, before?.Files.FirstOrDefault(old => old.Id == file.Id), before is not null, y);
        if (machine.Files.Count is 0 or > FileCountMax)
        {
            string words = machine.Files.Count == 0 ? "No file to show" : $"and {machine.Files.Count - FileCountMax} more files";
            svg.Text(SvgDrawing.Margin, y + 13, words, TextStyle.Note);
            y += 26;
        }

        svg.Box(SvgDrawing.Margin, y, 10, 10, "fi");
        bool hasNumbers = machine.Files.Any(static file => file.PageCount <= Cells.PageCountMax);
        svg.Text(SvgDrawing.Margin + 15, y + 9, hasNumbers ? "cached, with its frame" : "cached", TextStyle.Note);
        svg.Box(SvgDrawing.Margin + 210, y, 10, 10, "dirty");
        svg.Text(SvgDrawing.Margin + 225, y + 9, "dirty: newer than the disk", TextStyle.Note);
        svg.Reach(y + 12);
        return new("cache", "Page cache",
            machine.Files.Count == 0 ? "No file to show" : string.Join(". ", machine.Files.Select(Describe)), svg);
    }

    private static double DrawFile(SvgDrawing svg, CachedFileView file, CachedFileView? before, bool marks, double y)
    {
        double noteWidth = SvgDrawing.WidthOf(NoteOf(file), TextStyle.Note);
        svg.Text(SvgDrawing.Margin, y + 13, file.Name, TextStyle.Strong, TextAnchor.Start, SvgDrawing.InnerWidth - noteWidth - 10);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + 13, NoteOf(file), TextStyle.Note, TextAnchor.End);
        y += 21;
        Grid grid = file.PageCount <= Cells.PageCountMax ? Cells : SmallCells;
        Dictionary<uint, CachedPageView> cached = PagesOf(file), old = before is null ? [] : PagesOf(before);
        uint drawn = Math.Min(file.PageCount, grid.PageCountMax);
        for (uint page = 0; page < drawn; page++)
        {
            if (grid == Cells) DrawPage(svg, file, page, cached.TryGetValue(page, out CachedPageView found) ? found : null, y);
            else DrawCell(svg, file, page, cached.TryGetValue(page, out CachedPageView small) ? small : null, y);
        }

        if (marks) DrawChanges(svg, grid, page => KeyOf(cached, page) != KeyOf(old, page), drawn, y);
        y += Math.Ceiling(drawn / (double)grid.ColumnCount) * grid.Height;
        if (drawn < file.PageCount) svg.Text(SvgDrawing.Margin, y + 13, $"and {file.PageCount - drawn} more pages", TextStyle.Note);
        return y + (drawn < file.PageCount ? 26 : 14);
    }

    private static string NoteOf(CachedFileView file) => $"{file.Pages.Count} of {file.PageCount} pages cached";

    private static Dictionary<uint, CachedPageView> PagesOf(CachedFileView file) => file.Pages.ToDictionary(static page => page.Page);

    private static (uint Frame, bool IsDirty)? KeyOf(Dictionary<uint, CachedPageView> pages, uint page) =>
        pages.TryGetValue(page, out CachedPageView found) ? (found.Frame.Value, found.IsDirty) : null;

    private static void DrawPage(SvgDrawing svg, CachedFileView file, uint page, CachedPageView? cached, double y)
    {
        (double x, double top) = Cells.At(page, y);
        string number = page.ToString(CultureInfo.InvariantCulture);
        svg.Box(x + 1, top + 1, Cells.Width - 4, Cells.Height - 4, cached is null ? "hollow" : "fi", ("file", file.Name), ("page", number),
            ("frame", cached is { } found ? $"{found.Frame.Value:x}" : ""));
        double middle = x + (Cells.Width / 2) - 1;
        svg.Text(middle, top + 12.5, "#" + number, cached is null ? TextStyle.Tiny : TextStyle.Inverse, TextAnchor.Middle);
        if (cached is not { } at) return;
        svg.Text(middle, top + 26, $"{at.Frame.Value:x3}", TextStyle.Inverse, TextAnchor.Middle);
        if (at.IsDirty) svg.Box(x + Cells.Width - 9, top + 2, 6, 6, "dirty", ("dirty", number));
    }

    private static void DrawCell(SvgDrawing svg, CachedFileView file, uint page, CachedPageView? cached, double y)
    {
        (double x, double top) = SmallCells.At(page, y);
        string number = page.ToString(CultureInfo.InvariantCulture);
        svg.Box(x + 0.5, top + 0.5, SmallCells.Width - 1, SmallCells.Height - 1, cached is null ? "no" : "fi", ("file", file.Name),
            ("page", number), ("frame", cached is { } found ? $"{found.Frame.Value:x}" : ""));
        if (cached is { IsDirty: true }) svg.Box(x + SmallCells.Width - 5, top + 1.5, 3.5, 3.5, "dirty", ("dirty", number));
    }

    /// <summary>Pages of one line that have changed are framed together.</summary>
    private static void DrawChanges(SvgDrawing svg, Grid grid, Func<uint, bool> isChanged, uint drawn, double y)
    {
        for (uint page = 0; page < drawn; page++)
        {
            uint end = page;
            while (end < drawn && end / grid.ColumnCount == page / grid.ColumnCount && isChanged(end)) end++;
            if (end == page) continue;
            (double x, double top) = grid.At(page, y);
            double gap = grid == Cells ? 2 : 0;
            svg.Box(x, top, ((end - page) * grid.Width) - gap, grid.Height - gap, "chr",
                ("change", page.ToString(CultureInfo.InvariantCulture)));
            page = end - 1;
        }
    }

    private static string Describe(CachedFileView file) =>
        $"{file.Name}: {file.Pages.Count} of {file.PageCount} pages cached, {file.Pages.Count(static page => page.IsDirty)} dirty";

    /// <summary>Cells in lines.</summary>
    /// <param name="ColumnCount">Cells of a line.</param>
    /// <param name="PageCountMax">The most cells.</param>
    /// <param name="Height">The height of a line.</param>
    private readonly record struct Grid(uint ColumnCount, uint PageCountMax, double Height)
    {
        public double Width => SvgDrawing.InnerWidth / ColumnCount;

        public (double X, double Y) At(uint page, double top) =>
            (SvgDrawing.Margin + (page % ColumnCount * Width), top + (page / ColumnCount * Height));
    }
}
