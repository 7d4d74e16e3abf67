using System.Globalization;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>Counters of the engine, and by how much the last step has changed each of them.</summary>
public static class CountersFigure
{
    private const double RowHeight = 19;

    /// <summary>Draws the counters that are not zero, now or before.</summary>
    public static Figure Draw(MachineView machine, MachineView? before = null)
    {
        SvgDrawing svg = new();
        double y = 0;
        foreach (IGrouping<string, CounterView> group in machine.Counters.GroupBy(static counter => counter.Group, StringComparer.Ordinal))
        {
            CounterView[] shown = [.. group.Where(counter => counter.Value != 0 || (before?.Counter(counter.Name) ?? 0) != 0)];
            if (shown.Length == 0) continue;
            svg.Text(SvgDrawing.Margin, y + 13, group.Key, TextStyle.Strong);
            svg.Line("axis", (SvgDrawing.Margin, y + 18), (SvgDrawing.Width - SvgDrawing.Margin, y + 18));
            y += 22;
            foreach (CounterView counter in shown)
            {
                DrawRow(svg, counter, counter.Value - (before?.Counter(counter.Name) ?? counter.Value), y);
                y += RowHeight;
            }

            y += 8;
        }

        svg.Reach(y);
        return new("counters", "Counters", string.Join(", ", machine.Counters.Where(static counter => counter.Value != 0)
            .Select(static counter => $"{counter.Name} {counter.Value}")), svg);
    }

    private static void DrawRow(SvgDrawing svg, CounterView counter, long change, double y)
    {
        const double right = SvgDrawing.Width - SvgDrawing.Margin;
        if (change != 0) svg.ChangeMark(SvgDrawing.Margin, y + 1, RowHeight - 4);
        svg.Text(SvgDrawing.Margin + 10, y + 13, counter.Name);
        svg.Text(right - 70, y + 13, SvgText.Count(counter.Value), TextStyle.Code, TextAnchor.End);
        if (change != 0)
            svg.Text(right - 6, y + 13, (change > 0 ? "+" : "−") + SvgText.Count(Math.Abs(change)), TextStyle.Code, TextAnchor.End);
        svg.Box(right, y, 0, RowHeight, "fr", ("counter", counter.Name), ("value", counter.Value.ToString(CultureInfo.InvariantCulture)));
    }
}
