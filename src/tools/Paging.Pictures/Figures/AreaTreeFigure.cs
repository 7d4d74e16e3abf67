using System.Globalization;
using Paging.Core;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The areas of a space twice: as the red-black tree in which they are looked up, and as the list by address.</summary>
public static class AreaTreeFigure
{
    private const double LevelHeight = 44, Radius = 12, RowHeight = 21;
    private const int NodeCountMax = 16;

    /// <summary>Draws the tree above the list. The numbers join the two.</summary>
    public static Figure Draw(SpaceView space)
    {
        int above = space.Tree.Take(NodeCountMax).Min(static node => (int?)node.Depth) ?? 0;    // of a large tree a corner is drawn
        AreaTreeNode[] nodes = [.. space.Tree.Take(NodeCountMax).Select(node => node with { Depth = node.Depth - above })];
        double step = SvgDrawing.InnerWidth / Math.Max(1, nodes.Length);
        SvgDrawing svg = new();
        bool hasStubs = false;
        for (int i = 0; i < nodes.Length; i++)
        {
            (double x, double y) = At(nodes, i, step);
            if (nodes[i].Parent >= nodes.Length)
            {
                hasStubs = true;    // what is not drawn lies to the right
                svg.Line("ro", (x, y), (x + (step / 2), y - 20));
            }
            else if (nodes[i].Parent >= 0)
            {
                svg.Line("ld", At(nodes, nodes[i].Parent, step), (x, y));
            }
        }

        for (int i = 0; i < nodes.Length; i++) DrawNode(svg, nodes, i, step);
        double line = ((nodes.Max(static node => (int?)node.Depth) ?? 0) * LevelHeight) + 52;
        string rest = above == 0 ? "" : $"; the root lies {above} higher";
        svg.Text(SvgDrawing.Margin, line, $"mm_rb, the red-black tree{rest}; below it mmap, the list by address", TextStyle.Note);
        if (hasStubs) svg.Text(SvgDrawing.Margin, line += 15, "a dashed line leads to a node that is not drawn", TextStyle.Note);
        line += 8;
        for (int i = 0; i < nodes.Length; i++, line += RowHeight)
        {
            DrawRow(svg, space, nodes, i, line);
            if (i == 0) continue;    // vm_next, from the row above
            svg.Line("ar", (SvgDrawing.Margin + 6, line - 9), (SvgDrawing.Margin + 6, line + 5));
            svg.Line("tip", (SvgDrawing.Margin + 6, line + 9), (SvgDrawing.Margin + 2.5, line + 2), (SvgDrawing.Margin + 9.5, line + 2));
        }

        int more = space.Tree.Count - nodes.Length;
        if (more > 0)
            svg.Text(SvgDrawing.Margin, line + 12, $"and {SvgText.Count(more)} more {(more == 1 ? "area" : "areas")}", TextStyle.Note);
        string words = string.Join("; ", nodes.Select((node, i) =>
            $"{i + 1} {(node.IsBlack ? "black" : "red")}, {(node.Parent < 0 ? "root" : $"below {node.Parent + 1}")}"));
        return new($"tree-{space.ProcessId}", $"Memory areas of {space.Name}: list and tree", words, svg);
    }

    private static (double X, double Y) At(AreaTreeNode[] nodes, int index, double step) =>
        (SvgDrawing.Margin + ((index + 0.5) * step), 20 + (nodes[index].Depth * LevelHeight));

    private static void DrawNode(SvgDrawing svg, AreaTreeNode[] nodes, int index, double step)
    {
        (double x, double y) = At(nodes, index, step);
        svg.Circle(x, y, Radius, nodes[index].IsBlack ? "blk" : "red", ("node", $"{nodes[index].Range.First.Value:x5}"),
            ("color", nodes[index].IsBlack ? "black" : "red"), ("parent", nodes[index].Parent.ToString(CultureInfo.InvariantCulture)));
        svg.Text(x, y + 4, (index + 1).ToString(CultureInfo.InvariantCulture), TextStyle.Node, TextAnchor.Middle);
        if (nodes[index].IsBlack) return;
        bool isLast = x + Radius + 22 > SvgDrawing.Width;    // no room on its right
        svg.Text(isLast ? x - Radius - 2 : x + Radius + 2, y + 12, "red", TextStyle.Tiny, isLast ? TextAnchor.End : TextAnchor.Start);
    }

    private static void DrawRow(SvgDrawing svg, SpaceView space, AreaTreeNode[] nodes, int index, double y)
    {
        double x = SvgDrawing.Margin;
        AreaView? area = space.AreaAt(nodes[index].Range.First);
        string fill = area is null ? "kn0" : AddressSpaceFigure.FillOf(area) + "0";
        svg.Box(x, y, SvgDrawing.InnerWidth, RowHeight - 4, fill, ("row", $"{nodes[index].Range.First.Value:x5}"));
        svg.Text(x + 24, y + 12.5, (index + 1).ToString(CultureInfo.InvariantCulture), TextStyle.Code, TextAnchor.End);
        svg.Text(x + 34, y + 12.5, area is null
            ? $"{nodes[index].Range.First.Value << 12:x8}" : $"{area.Addresses} {area.Area.Rights}", TextStyle.Code);
        svg.Text(x + SvgDrawing.InnerWidth - 8, y + 12.5, area?.Label ?? "reserved", TextStyle.Note, TextAnchor.End, 172);
    }
}
