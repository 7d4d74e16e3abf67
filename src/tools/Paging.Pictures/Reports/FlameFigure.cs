using System.Collections.Immutable;
using System.Globalization;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>
/// What costs how much: the whole on top, below each part the parts that it is made of, as wide as they are dear. The order from left to
/// right is that of the cost, not of time.
/// </summary>
/// <remarks>After B. Gregg, "The Flame Graph" (CACM 59(6), 2016), upside down, as its "icicle" form is.</remarks>
public static class FlameFigure
{
    private const double RowHeight = 24, Gap = 2, WidthMin = 2.5, TextMargin = 5, WidthOfFewLetters = 44;
    private const int DescribedCount = 8;
    private const string Microseconds = "µs";

    private static ImmutableArray<string> Levels => ["kn0", "an0", "fi0", "tb0"];

    private static ImmutableArray<string> Kinds => ["an", "fi", "sw", "tb", "kn"];

    /// <summary>Draws the parts.</summary>
    /// <param name="key">Identifies it on its page.</param>
    /// <param name="title">Its caption.</param>
    /// <param name="unit">The unit of the values, as in <c>page faults</c>; <c>µs</c>: times, which are labelled in µs, ms or s.</param>
    /// <param name="root">The whole.</param>
    /// <param name="kinds">Names of leaves that have a colour of their own, and a legend: five at most.</param>
    /// <exception cref="ArgumentException">A part has a negative value, no number, or less than its own parts have.</exception>
    public static Figure Draw(string key, string title, string unit, FlameNode root, params IReadOnlyList<string> kinds)
    {
        Check(root);
        SvgDrawing svg = new();
        Canvas canvas = new(svg, unit, kinds, Math.Max(root.Value, double.Epsilon));
        canvas.DrawPart(root, "", SvgDrawing.Margin, SvgDrawing.InnerWidth, level: 0);
        canvas.DrawLegend();
        string words = root.Value == 0 ? $"No {unit}" : $"{AmountOf(root.Value, unit)}: " + string.Join(", ",
            root.Parts.SelectMany(part => part.Parts.Select(below => (Name: $"{part.Name}, {below.Name}", below.Value)))
                .Where(static below => below.Value > 0).OrderByDescending(static below => below.Value).Take(DescribedCount)
                .Select(below => $"{below.Name} {LabelOf(below.Value, unit)}"));
        return new(key, title, words, svg);
    }

    private static string AmountOf(double value, string unit) =>
        string.Equals(unit, Microseconds, StringComparison.Ordinal) ? LabelOf(value, unit) : $"{LabelOf(value, unit)} {unit}";

    /// <summary>A count alone, or a time with the unit that suits it: <c>971.99k</c> microseconds are 972 ms.</summary>
    private static string LabelOf(double value, string unit)
    {
        if (!string.Equals(unit, Microseconds, StringComparison.Ordinal)) return Short(value);
        return value switch { >= 1e6 => $"{Short(value / 1e6)} s", >= 1e3 => $"{Short(value / 1e3)} ms", _ => $"{Short(value)} µs" };
    }

    private static string Short(double value) => ChartAxis.Label(value >= 100 ? Math.Round(value) : Math.Round(value, 1));

    private static void Check(FlameNode node)
    {
        double sum = node.Parts.Sum(static part => part.Value);
        if (!double.IsFinite(node.Value) || node.Value < 0 || sum > node.Value * (1 + 1e-9))
            throw new ArgumentException($"'{node.Name}' has {node.Value}, and its parts {sum}.", nameof(node));
        foreach (FlameNode part in node.Parts) Check(part);
    }

    private sealed class Canvas(SvgDrawing svg, string unit, IReadOnlyList<string> kinds, double whole)
    {
        public void DrawPart(FlameNode node, string above, double x, double width, int level)
        {
            string path = above.Length == 0 ? node.Name : $"{above}/{node.Name}";
            DrawBox(node.Name, path, node.Value, x, width, level, node.Parts.Count == 0 ? KindOf(node.Name) : -1);
            if (node.Value <= 0) return;
            double unitWidth = width / node.Value, at = x, rest = 0;
            int restCount = 0;
            foreach (FlameNode part in node.Parts.Where(static part => part.Value > 0).OrderByDescending(static part => part.Value)
                .ThenBy(static part => part.Name, StringComparer.Ordinal))
            {
                double wide = part.Value * unitWidth;
                if (wide < WidthMin)
                {
                    rest += part.Value;
                    restCount++;
                    continue;
                }

                DrawPart(part, path, at, wide, level + 1);
                at += wide;
            }

            if (restCount != 0) DrawBox($"{restCount} more", $"{path}/{restCount} more", rest, at, rest * unitWidth, level + 1, -1);
        }

        public void DrawLegend()
        {
            double x = SvgDrawing.Margin, y = svg.Height + 18;
            for (int i = 0; i < Math.Min(kinds.Count, Kinds.Length); i++)
            {
                double wide = 15 + SvgDrawing.WidthOf(kinds[i], TextStyle.Note) + 16;
                if (x + wide > SvgDrawing.Width) (x, y) = (SvgDrawing.Margin, y + 17);
                svg.LegendEntry(x, y, Kinds[i], kinds[i]);
                x += wide;
            }
        }

        private int KindOf(string name) => Math.Min(kinds.ToList().IndexOf(name), Kinds.Length - 1);

        private void DrawBox(string name, string path, double value, double x, double width, int level, int kind)
        {
            double y = level * RowHeight;
            string words = string.Create(CultureInfo.InvariantCulture,
                $"{path}: {AmountOf(value, unit)}, {100 * value / whole:0.#} %");
            svg.HintedBox((x, y), Math.Max(0, width - (width > 6 ? 1 : 0)), RowHeight - Gap,
                kind >= 0 ? Kinds[kind] : Levels[Math.Min(level, Levels.Length - 1)],
                words, ("flame", path), ("value", value.ToString("R", CultureInfo.InvariantCulture)));
            if (kind >= 0) DrawValue(value, x, y, width);
            else DrawName(name, value, x, y, width, level);
        }

        private void DrawName(string name, double value, double x, double y, double width, int level)
        {
            double room = width - (2 * TextMargin);
            string number = level == 0 ? AmountOf(value, unit) : LabelOf(value, unit);
            double needs = SvgDrawing.WidthOf(name, TextStyle.Label), after = SvgDrawing.WidthOf(number, TextStyle.Tiny) + 8;
            if (needs > room && room < WidthOfFewLetters) return;    // a letter and an ellipsis help no reader
            svg.Text(x + TextMargin, y + 15, name, TextStyle.Label, TextAnchor.Start, room);
            if (needs + after <= room) svg.Text(x + width - TextMargin - 1, y + 15, number, TextStyle.Tiny, TextAnchor.End);
        }

        private void DrawValue(double value, double x, double y, double width)
        {
            string number = LabelOf(value, unit);
            if (SvgDrawing.WidthOf(number, TextStyle.Inverse) + 6 > width) return;
            svg.Text(x + (width / 2), y + 15, number, TextStyle.Inverse, TextAnchor.Middle);
        }
    }
}
