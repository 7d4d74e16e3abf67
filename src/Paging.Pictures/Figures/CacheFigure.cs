using System.Globalization;

namespace Paging.Pictures;

/// <summary>The page cache: of each file a strip of its pages, and where the cached ones lie.</summary>
public static class CacheFigure
{
    private const int ColumnCount = 10, PageCountMax = 80;
    private const double CellWidth = SvgDrawing.InnerWidth / ColumnCount, CellHeight = 32;

    /// <summary>Draws the files of a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="before">The machine at the step before; pages that are different are marked.</param>
    public static Figure Draw(MachineView machine, MachineView? before = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        SvgDrawing svg = new();
        double y = 0;
        foreach (CachedFileView file in machine.Files)
            y = DrawFile(svg, file, before?.Files.FirstOrDefault(old => old.Id == file.Id), before is not null, y);
        if (machine.Files.Count == 0)
        {
            svg.Text(SvgDrawing.Margin, 13, "No file", TextStyle.Note);
            y = 26;
        }

        svg.Box(SvgDrawing.Margin, y, 10, 10, "fi");
        svg.Text(SvgDrawing.Margin + 15, y + 9, "in the cache, and in which frame", TextStyle.Note);
        svg.Box(SvgDrawing.Margin + 210, y, 10, 10, "dirty");
        svg.Text(SvgDrawing.Margin + 225, y + 9, "dirty: newer than the disk", TextStyle.Note);
        svg.Reach(y + 12);
        string words = machine.Files.Count == 0 ? "No file" : string.Join(". ", machine.Files.Select(Describe));
        return new("cache", "Page cache", words, svg);
    }

    private static double DrawFile(SvgDrawing svg, CachedFileView file, CachedFileView? before, bool marks, double y)
    {
        svg.Text(SvgDrawing.Margin, y + 13, file.Name, TextStyle.Strong);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + 13,
            $"{file.Pages.Count} of {file.PageCount} pages cached", TextStyle.Note, TextAnchor.End);
        y += 21;
        uint drawn = Math.Min(file.PageCount, PageCountMax);
        for (uint page = 0; page < drawn; page++) DrawPage(svg, file, page, Find(file, page), y);
        if (marks) DrawChanges(svg, file, before, drawn, y);

        y += Math.Ceiling(drawn / (double)ColumnCount) * CellHeight;
        if (drawn < file.PageCount) svg.Text(SvgDrawing.Margin, y + 11, $"and {file.PageCount - drawn} more pages", TextStyle.Note);
        return y + (drawn < file.PageCount ? 24 : 12);
    }

    private static void DrawPage(SvgDrawing svg, CachedFileView file, uint page, CachedPageView? cached, double y)
    {
        double x = SvgDrawing.Margin + (page % ColumnCount * CellWidth), top = y + (page / ColumnCount * CellHeight);
        string number = page.ToString(CultureInfo.InvariantCulture);
        svg.Box(x + 1, top + 1, CellWidth - 4, CellHeight - 4, cached is null ? "hollow" : "fi", ("file", file.Name), ("page", number),
            ("frame", cached is { } found ? $"{found.Frame.Value:x}" : ""));
        svg.Text(x + (CellWidth / 2) - 1, top + 12.5, "#" + number, cached is null ? TextStyle.Tiny : TextStyle.Inverse, TextAnchor.Middle);
        if (cached is { } at)
        {
            svg.Text(x + (CellWidth / 2) - 1, top + 24, $"{at.Frame.Value:x3}", TextStyle.Inverse, TextAnchor.Middle);
            if (at.IsDirty) svg.Box(x + CellWidth - 9, top + 2, 6, 6, "dirty", ("dirty", number));
        }
    }

    /// <summary>Pages of one line that have changed are framed together.</summary>
    private static void DrawChanges(SvgDrawing svg, CachedFileView file, CachedFileView? before, uint drawn, double y)
    {
        for (uint page = 0; page < drawn; page++)
        {
            uint end = page;
            while (end < drawn && end / ColumnCount == page / ColumnCount && IsChanged(file, before, end)) end++;
            if (end == page) continue;
            svg.Box(SvgDrawing.Margin + (page % ColumnCount * CellWidth), y + (page / ColumnCount * CellHeight),
                ((end - page) * CellWidth) - 2, CellHeight - 2, "chr", ("change", page.ToString(CultureInfo.InvariantCulture)));
            page = end - 1;
        }
    }

    private static bool IsChanged(CachedFileView file, CachedFileView? before, uint page)
    {
        CachedPageView? now = Find(file, page), old = before is null ? null : Find(before, page);
        return (now?.Frame, now?.IsDirty) != (old?.Frame, old?.IsDirty);
    }

    private static CachedPageView? Find(CachedFileView file, uint page)
    {
        foreach (CachedPageView cached in file.Pages)
            if (cached.Page == page) return cached;
        return null;
    }

    private static string Describe(CachedFileView file) =>
        $"{file.Name}: {file.Pages.Count} of {file.PageCount} pages cached, {file.Pages.Count(static page => page.IsDirty)} dirty";
}
