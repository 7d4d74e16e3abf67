using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>Several address spaces beside each other, each to scale, to be compared.</summary>
public static class SpacesFigure
{
    private const double Top = 40, Height = 360, LabelHeight = 15;

    /// <summary>Draws up to four spaces.</summary>
    /// <param name="spaces">The spaces, each with its name.</param>
    /// <param name="active">The index of the one that the processor uses; none if negative.</param>
    public static Figure Draw(IReadOnlyList<(SpaceView Space, string Name)> spaces, int active = -1)
    {
        SvgDrawing svg = new();
        double column = SvgDrawing.InnerWidth / spaces.Count;
        for (int i = 0; i < spaces.Count; i++) DrawColumn(svg, spaces[i].Space, spaces[i].Name, SvgDrawing.Margin + (i * column),
            column - 10, i == active);
        svg.Reach(Top + Height + 6);
        string words = string.Join(". ", spaces.Select(static space => $"{space.Name}: " + string.Join(", ",
            space.Space.Areas.Reverse().Select(static area => $"{area.Label} at {area.Addresses}"))));
        return new("spaces", "Address spaces, to scale", words, svg);
    }

    private static void DrawColumn(SvgDrawing svg, SpaceView space, string name, double x, double width, bool isActive)
    {
        double bar = Math.Min(46, width * 0.3);
        svg.Text(x, 13, name, TextStyle.Strong, TextAnchor.Start, width);
        svg.Text(x, 28, isActive ? $"cr3 → frame {space.Directory.Value:x3}" : $"directory {space.Directory.Value:x3}", TextStyle.Tiny,
            TextAnchor.Start, width);
        double kernel = AddressSpaceFigure.YOf(space.UserEnd.Value, Height);
        if (kernel != 0) svg.Box(x, Top, bar, kernel, "kn0", ("kernel", space.Name));
        svg.Box(x, Top + kernel, bar, Height - kernel, "no");
        if (kernel != 0)
        {
            svg.Text(x + bar + 8, Top + 12, "Kernel", TextStyle.Note);
            svg.Text(x + bar + 8, Top + 27, "c0000000", TextStyle.Tiny);
        }

        double free = kernel != 0 ? Top + 38 : Top;
        foreach ((AreaView area, PageNumber first) in Grouped(space))
        {
            double top = Top + AddressSpaceFigure.YOf(area.Area.Range.End.Value, Height);
            double high = AddressSpaceFigure.HeightOf(area.Area.Range.Count, Height);
            svg.Box(x, top, bar, high, AddressSpaceFigure.EdgeOf(area), ("area", $"{space.ProcessId}:{area.Addresses}"),
                ("pages", area.Area.Range.Count.Value.ToString(CultureInfo.InvariantCulture)));
            svg.Line("tick", (x + bar, top + (high / 2)), (x + bar + 4, top + (high / 2)));
            if (area.Label.Length == 0) continue;
            double label = Math.Max(free, Math.Min(top + (high / 2) - 6, Top + Height - (LabelHeight * 2)));
            svg.Line("ld", (x + bar + 4, top + (high / 2)), (x + bar + 8, label + 6));
            svg.Text(x + bar + 10, label + 9, area.Label, TextStyle.Note, TextAnchor.Start, width - bar - 10);
            svg.Text(x + bar + 10, label + 24, $"{first.Value << 12:x8}", TextStyle.Tiny, TextAnchor.Start,
                width - bar - 10);
            free = label + (LabelHeight * 2);
        }

        svg.Box(x, Top, bar, Height, isActive ? "chr" : "fr");
    }

    /// <summary>
    /// The areas from the top; of neighbours that belong together only the highest is labelled, with the page at which the lowest begins.
    /// </summary>
    private static IEnumerable<(AreaView Area, PageNumber First)> Grouped(SpaceView space)
    {
        AreaView[] areas = [.. space.Areas.Reverse()];
        for (int i = 0; i < areas.Length; i++)
        {
            if (i > 0 && BelongTogether(areas[i - 1], areas[i]))
            {
                yield return (areas[i] with { Label = "" }, default);
                continue;
            }

            int last = i;
            while (last + 1 < areas.Length && BelongTogether(areas[last], areas[last + 1])) last++;
            yield return (areas[i] with { Label = NameOf(areas[i]) }, areas[last].Area.Range.First);
        }

        static bool BelongTogether(AreaView above, AreaView below) =>
            above.Area.Range.First.Value - below.Area.Range.End.Value < 16
                && (string.Equals(NameOf(above), NameOf(below), StringComparison.Ordinal) || above.Label is "BSS" or "Anonymous mapping");

        static string NameOf(AreaView area) =>
            area.Label.StartsWith("Text of", StringComparison.Ordinal) || area.Label.StartsWith("Data of", StringComparison.Ordinal)
                || area.Label.StartsWith("Constants of", StringComparison.Ordinal) || area.Label is "BSS" ? "Program" : area.Label;
    }
}
