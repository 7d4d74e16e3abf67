using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Programs.Images;

namespace Paging.Cli.Walk;

/// <summary>All figures of an image, one below the other: spaces, frames, pages, tables, and the way to addresses.</summary>
internal static class ImageDrawing
{
    /// <summary>Draws them.</summary>
    /// <param name="image">The memory.</param>
    /// <param name="spaces">The spaces; tables and translations are the first one's.</param>
    /// <param name="pages">Pages whose frames are drawn; null for none.</param>
    /// <param name="addresses">Addresses whose translation is drawn.</param>
    public static IReadOnlyList<Figure> Draw(MemoryImage image, IReadOnlyList<ImageSpace> spaces, PageRange? pages,
        IReadOnlyList<VirtualAddress> addresses)
    {
        SpaceView view = spaces[0].View;
        PageRange? focus = pages ?? (addresses.Count == 0 ? null : new PageRange(addresses[0].Page, new(1)));
        List<Figure> figures = [ImageSpaceFigure.Draw(spaces), ImageFramesFigure.Draw(image, spaces)];
        if (pages is { } range) figures.Add(ImagePagesFigure.Draw(range, spaces));
        figures.Add(PageTableFigure.Draw(view, null, focus) with { Title = $"Page tables of {spaces[0].Name}" });
        foreach (VirtualAddress address in addresses) figures.Add(TranslationFigure.Draw(view, address));
        (string, EntryView)[] entries = [.. addresses.Select(static address => address.Page)
            .Where(page => !view.Tables.Any(table => table.IsHugePage && page.Value - table.First.Value < table.PageCount))
            .Select(page => ($"Page {page.Value << 12:x8}", view.EntryOf(page)))];
        if (entries.Length != 0) figures.Add(EntryFigure.Draw(entries, null, view.Format));
        return figures;
    }
}
