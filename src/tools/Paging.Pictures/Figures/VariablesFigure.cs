using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The places of variables: each in the segment that has its address, and an arrow from a pointer to its target.</summary>
public static class VariablesFigure
{
    private const double Width = 352, HeadHeight = 22, RowHeight = 44, Gap = 8;

    /// <summary>Draws the segments that hold a variable, from the top down.</summary>
    /// <param name="space">The process.</param>
    /// <param name="variables">The variables.</param>
    /// <param name="before">The variables at the step before; those that are different are marked.</param>
    public static Figure Draw(SpaceView space, IReadOnlyList<VariableView> variables, IReadOnlyList<VariableView>? before = null)
    {
        SvgDrawing svg = new();
        Dictionary<uint, double> places = [];
        double y = 2;
        foreach (AreaView area in space.Areas.Reverse())
        {
            VariableView[] inside = [.. variables.Where(variable => area.Area.Range.Contains(variable.Address.Page))
                .OrderByDescending(static variable => variable.Address.Value)];
            if (inside.Length == 0) continue;
            double height = HeadHeight + (inside.Length * RowHeight);
            svg.Box(SvgDrawing.Margin, y, Width, height, AddressSpaceFigure.FillOf(area) + "0", ("segment", area.Label));
            svg.Text(SvgDrawing.Margin + 8, y + 15, area.Label, TextStyle.Strong);
            svg.Text(SvgDrawing.Margin + Width - 8, y + 15, $"{area.Addresses} {area.Area.Rights}", TextStyle.Code, TextAnchor.End, 190);
            for (int i = 0; i < inside.Length; i++)
            {
                double top = y + HeadHeight + (i * RowHeight);
                DrawVariable(svg, inside[i], before, top);
                places[inside[i].Address.Value] = top + ((RowHeight - 6) / 2);
            }

            y += height + Gap;
        }

        foreach (VariableView pointer in variables)
            if (pointer.PointsAt is { } target && places.TryGetValue(target.Value, out double to))
                DrawArrow(svg, places[pointer.Address.Value], to);
        svg.Reach(y);
        return new($"variables-{space.ProcessId}", $"Where the variables of {space.Name} live", string.Join("; ",
            variables.Select(static variable => $"{variable.Name} at {variable.Address.Value:x8}: {variable.Value}")), svg);
    }

    private static void DrawVariable(SvgDrawing svg, VariableView variable, IReadOnlyList<VariableView>? before, double y)
    {
        const double x = SvgDrawing.Margin + 8, width = Width - 16;
        svg.Box(x, y, width, RowHeight - 6, "hollow", ("variable", variable.Name), ("address", $"{variable.Address.Value:x8}"),
            ("value", variable.Value));
        if (before is not null && !before.Contains(variable)) svg.ChangeMark(x, y, RowHeight - 6);
        svg.Text(x + 10, y + 15, variable.Name, TextStyle.Code);
        svg.Text(x + width - 8, y + 15, $"{variable.Address.Value:x8}", TextStyle.Code, TextAnchor.End);
        svg.Text(x + 10, y + 31, variable.Value, TextStyle.Note, TextAnchor.Start, width - 18);
    }

    private static void DrawArrow(SvgDrawing svg, double from, double to)
    {
        const double edge = SvgDrawing.Margin + Width - 8, far = SvgDrawing.Width - SvgDrawing.Margin - 4;
        svg.Line("ar", (edge, from), (far, from), (far, to), (edge + 6, to));
        svg.Line("tip", (edge, to), (edge + 7, to - 4), (edge + 7, to + 4));
        svg.Reach(to + 6);
    }
}
