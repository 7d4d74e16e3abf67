using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>User space cut into pages: 3 GB are 768 pieces of 4 MB, a piece is 1,024 pages, a page is 4,096 bytes.</summary>
public static class PagesFigure
{
    private const int PieceColumns = 64, PageColumns = 64;
    private const double Cell = SvgDrawing.InnerWidth / PieceColumns, Top = 20, Step = 44;
    private const uint PagesOfPiece = 1024, PieceCount = 768;

    /// <summary>Draws the pages around one of them.</summary>
    /// <param name="space">The address space, of the classic format.</param>
    /// <param name="page">The page to show.</param>
    public static Figure Draw(SpaceView space, PageNumber page)
    {
        SvgDrawing svg = new();
        uint piece = page.Value / PagesOfPiece, within = page.Value % PagesOfPiece, first = piece * PagesOfPiece;
        svg.Text(SvgDrawing.Margin, 13, "3 GB for programs: 768 pieces of 4 MB, each with a page table", TextStyle.Note);
        for (uint i = 0; i < PieceCount; i++)
        {
            PageRange pages = new(new(i * PagesOfPiece), new(PagesOfPiece));
            bool isAgreed = space.Agreed.Any(area => area.Range.Intersects(pages));
            bool hasTable = space.Tables.Any(table => !table.IsKernel && table.DirectoryIndex == i);
            Square(svg, i, PieceColumns, Top, hasTable ? "tb" : isAgreed ? "an0" : "kn0", "piece");
        }

        double end = Top + (PieceCount / PieceColumns * Cell), top = end + Step;
        Zoom(svg, piece, PieceColumns, Top, top);
        Caption(svg, piece, PieceColumns, end, $"piece {piece}: 1,024 pages");
        for (uint i = 0; i < PagesOfPiece; i++)
        {
            PageNumber number = new(first + i);
            bool isAgreed = space.Agreed.Any(area => area.Range.Contains(number));
            Square(svg, i, PageColumns, top, space.EntryOf(number).Entry.IsPresent ? "an" : isAgreed ? "an0" : "kn0", "piece-page");
        }

        double last = top + (PagesOfPiece / PageColumns * Cell) + Step;
        Zoom(svg, within, PageColumns, top, last);
        Caption(svg, within, PageColumns, last - Step, $"page {page.Value:x5}: 4,096 bytes");
        svg.Box(SvgDrawing.Margin, last, SvgDrawing.InnerWidth, 24, space.EntryOf(page).Entry.IsPresent ? "an0" : "no",
            ("one-page", $"{page.Value:x5}"));
        svg.Text(SvgDrawing.Margin + 6, last + 16, $"{page.Value << 12:x8}", TextStyle.Code);
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin - 6, last + 16, $"{(page.Value << 12) + 0xFFF:x8}", TextStyle.Code, TextAnchor.End);
        double x = SvgDrawing.Margin, y = last + 46;
        foreach ((string fill, string words) in (ReadOnlySpan<(string, string)>)
            [("kn0", "nothing agreed"), ("an0", "agreed"), ("tb", "has a table"), ("an", "has a frame")])
            x += svg.LegendEntry(x, y, fill, words) + 14;
        svg.Reach(y + 6);
        return new("pages", "3 GB in pages of 4 KB",
            $"3 GB are 768 pieces of 4 MB; piece {piece} is 1,024 pages; page {page.Value:x5} is 4,096 bytes "
                + $"from {page.Value << 12:x8}", svg);
    }

    private static void Square(SvgDrawing svg, uint place, int columns, double top, string fill, string fact) =>
        svg.Box(SvgDrawing.Margin + (place % columns * Cell) + 0.3, top + (place / columns * Cell) + 0.3, Cell - 0.6, Cell - 0.6, fill,
            (fact, place.ToString(CultureInfo.InvariantCulture)), ("fill", fill));

    /// <summary>Words between a cell and its detail, on the side with more room.</summary>
    private static void Caption(SvgDrawing svg, uint place, int columns, double y, string words)
    {
        bool isRight = place % columns < columns / 3;
        svg.Text(isRight ? SvgDrawing.Width - SvgDrawing.Margin : SvgDrawing.Margin, y + 15, words, TextStyle.Note,
            isRight ? TextAnchor.End : TextAnchor.Start);
    }

    /// <summary>A frame around a cell, and lines from it to what it is in detail.</summary>
    private static void Zoom(SvgDrawing svg, uint place, int columns, double top, double detail)
    {
        double x = SvgDrawing.Margin + (place % columns * Cell), y = top + (place / columns * Cell);
        svg.Box(x - 1, y - 1, Cell + 2, Cell + 2, "chr");
        svg.Line("ld", (x - 1, y + Cell + 1), (SvgDrawing.Margin, detail - 1));
        svg.Line("ld", (x + Cell + 1, y + Cell + 1), (SvgDrawing.Width - SvgDrawing.Margin, detail - 1));
    }
}
