using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The page directory as a strip; under PAE the four directories beside each other, below the table of pointers to them.</summary>
internal static class DirectoryStrip
{
    private const double Height = 20, PointerHeight = 18;

    /// <summary>Draws it at the top of a picture. Returns where it ends.</summary>
    public static double Draw(SvgDrawing svg, SpaceView space)
    {
        double x = SvgDrawing.Margin, top = 22;
        uint pages = TableView.PageCountOf(space.Format);
        bool isWide = space.Format == TableFormat.Pae;
        svg.Text(x, 13, $"{(isWide ? "Pointer table" : "Page directory")} in frame {space.Directory.Value:x3}", TextStyle.Strong);
        svg.Text(SvgDrawing.Width - x, 13, isWide ? "4 × 512 entries of 2 MB" : "1,024 entries of 4 MB", TextStyle.Note, TextAnchor.End);
        if (isWide) top = DrawPointers(svg, space, top);

        double unit = SvgDrawing.InnerWidth / PageCount.AddressSpace.Value * pages;
        uint kernel = PageNumber.FirstKernel.Value / pages;
        svg.Box(x, top, unit * kernel, Height, "no");
        svg.Box(x + (unit * kernel), top, SvgDrawing.InnerWidth - (unit * kernel), Height, "kn0");
        DrawUppers(svg, [.. space.Tables.Where(static table => table.IsKernel)], "kn", unit, top);
        DrawUppers(svg, [.. space.Tables.Where(static table => table is { IsKernel: false, IsHugePage: false })], "tb", unit, top);
        DrawUppers(svg, [.. space.Tables.Where(static table => table is { IsKernel: false, IsHugePage: true })], "an", unit, top);
        svg.Box(x, top, SvgDrawing.InnerWidth, Height, "fr");
        for (int i = 1; i < space.Directories.Count; i++)
        {
            double border = x + (SvgDrawing.InnerWidth * i / space.Directories.Count);
            svg.Line("axis", (border, top), (border, top + Height));
        }

        svg.Text(x, top + Height + 12, "0", TextStyle.Tiny);
        svg.Text(x + (unit * kernel), top + Height + 12, $"{kernel}: kernel", TextStyle.Tiny, TextAnchor.Middle);
        svg.Text(x + SvgDrawing.InnerWidth, top + Height + 12, SvgText.Number((PageCount.AddressSpace.Value / pages) - 1), TextStyle.Tiny,
            TextAnchor.End);
        return top + Height + 26;
    }

    private static double DrawPointers(SvgDrawing svg, SpaceView space, double top)
    {
        double wide = SvgDrawing.InnerWidth / space.Directories.Count;
        for (int i = 0; i < space.Directories.Count; i++)
        {
            double x = SvgDrawing.Margin + (i * wide);
            svg.Box(x, top, wide - 2, PointerHeight, "tb0", ("pointer", $"{i}"), ("to", $"{space.Directories[i].Value:x}"));
            svg.Text(x + 6, top + 13, $"[{i}] → {space.Directories[i].Value:x3}", TextStyle.Code, TextAnchor.Start, wide - 10);
        }

        return top + PointerHeight + 6;
    }

    /// <summary>Neighbours are one box with one mark: of a large space hundreds would be.</summary>
    private static void DrawUppers(SvgDrawing svg, TableView[] tables, string fill, double unit, double top)
    {
        for (int i = 0; i < tables.Length; i++)
        {
            int count = 1, first = tables[i].DirectoryIndex;
            while (i + 1 < tables.Length && tables[i + 1].DirectoryIndex == first + count) (i, count) = (i + 1, count + 1);
            double x = SvgDrawing.Margin + (unit * first);
            svg.Box(x, top, unit * count, Height, fill, ("upper", SvgText.Number((uint)first)), ("uppers", SvgText.Number((uint)count)));
            double middle = x + (unit * count / 2);
            svg.Line("tick", (middle, top - 3), (middle, top + 3));
        }
    }
}
