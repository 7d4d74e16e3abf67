using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Paging.Policies;

namespace Paging.Cli.Replay;

/// <summary>Miss ratio by frames, a curve for each policy, a panel for each trace: an SVG without scripts and fonts of its own.</summary>
/// <remarks><code>
///    ┌──────────────────────────────────────────┬──────────┐
///    │ title                                    │          │
///    │  % ┌───────────────────────────────────┐ │ ── FIFO  │
///    │    │ \____                             │ │ -- LRU   │
///    │    │      \_______                     │ │ ·· …     │
///    │    └───────────────────────────────────┘ │          │
///    │       frames, logarithmic                │          │
///    └──────────────────────────────────────────┴──────────┘
/// </code></remarks>
internal static class MissRatioPlot
{
    private const int Width = 900, PanelHeight = 480;
    private const double Left = 80, Right = 760, Top = 50, Bottom = 410;    // of the field within its panel
    private const double LegendLeft = Right + 24, LegendStep = 22;

    // By the policy's place in the catalogue, so that a policy looks the same in every plot.
    private static readonly ImmutableArray<(string Colour, string Dashes)> Strokes =
    [
        ("#7f7f7f", ""), ("#1f77b4", ""), ("#17becf", ""), ("#17becf", "6 3"), ("#9467bd", ""), ("#d62728", ""),
        ("#8c564b", ""), ("#2ca02c", ""), ("#ff7f0e", ""), ("#000000", ""), ("#e377c2", ""), ("#bcbd22", "6 3"),
    ];

    /// <summary>The whole document.</summary>
    public static string Render(IReadOnlyList<TraceFigures> traces)
    {
        StringBuilder svg = new();
        int height = PanelHeight * traces.Count;
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" ");
        Append(svg, $"viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"13\">");
        Append(svg, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"white\"/>");
        for (int panel = 0; panel < traces.Count; panel++)
        {
            Append(svg, $"<g transform=\"translate(0 {panel * PanelHeight})\">");
            AppendPanel(svg, traces[panel]);
            Append(svg, $"</g>");
        }
        return Append(svg, $"</svg>").ToString();
    }

    private static void AppendPanel(StringBuilder svg, TraceFigures trace)
    {
        PlotScale frames = PlotScale.Logarithmic(trace.Curve.Select(static point => point.FrameCount), Left, Right);
        PlotScale ratios = PlotScale.FromZero(trace.Curve.Select(trace.MissRatioOf), Bottom, Top);
        Append(svg, $"<text x=\"{Left}\" y=\"28\" font-size=\"16\" font-weight=\"bold\">{WebUtility.HtmlEncode(trace.Name)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Right}\" y=\"28\" text-anchor=\"end\" fill=\"#555\">");
        Append(svg, $"{trace.AccessCount:N0} accesses, {trace.PageCount:N0} distinct pages</text>");
        AppendAxes(svg, frames, ratios);
        int index = 0;
        foreach (IGrouping<string, PolicyFigures> policy in trace.Curve.GroupBy(static point => point.Policy, StringComparer.Ordinal))
        {
            AppendCurve(svg, trace, policy, frames, ratios, StrokeOf(policy.Key));
            AppendLegend(svg, policy.Key, Top + 10 + (index * LegendStep), StrokeOf(policy.Key));
            index++;
        }
    }

    private static (string Colour, string Dashes) StrokeOf(string policy) =>
        Strokes[PolicyCatalog.All.IndexOf(PolicyCatalog.Find(policy)!) % Strokes.Length];

    private static void AppendAxes(StringBuilder svg, PlotScale frames, PlotScale ratios)
    {
        foreach (double tick in frames.Ticks)
        {
            double x = frames.At(tick);
            Append(svg, $"<line x1=\"{x:0.#}\" y1=\"{Top}\" x2=\"{x:0.#}\" y2=\"{Bottom}\" stroke=\"#e4e4e4\"/>");
            Append(svg, $"<text x=\"{x:0.#}\" y=\"{Bottom + 20}\" text-anchor=\"middle\">{tick:N0}</text>");
        }
        foreach (double tick in ratios.Ticks)
        {
            double y = ratios.At(tick);
            Append(svg, $"<line x1=\"{Left}\" y1=\"{y:0.#}\" x2=\"{Right}\" y2=\"{y:0.#}\" stroke=\"#e4e4e4\"/>");
            Append(svg, $"<text x=\"{Left - 8}\" y=\"{y + 4:0.#}\" text-anchor=\"end\">{tick * 100:0.####} %</text>");
        }
        Append(svg, $"<rect x=\"{Left}\" y=\"{Top}\" width=\"{Right - Left}\" height=\"{Bottom - Top}\" fill=\"none\" stroke=\"#555\"/>");
        Append(svg, $"<text x=\"{(Left + Right) / 2}\" y=\"{Bottom + 44}\" text-anchor=\"middle\">frames (logarithmic)</text>");
        Append(svg, $"<text transform=\"translate(20 {(Top + Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">miss ratio</text>");
    }

    private static void AppendCurve(
        StringBuilder svg, TraceFigures trace, IEnumerable<PolicyFigures> points, PlotScale frames, PlotScale ratios,
            (string Colour, string Dashes) stroke)
    {
        StringBuilder line = new(), marks = new();
        foreach (PolicyFigures point in points)
        {
            (double x, double y) = (frames.At(point.FrameCount), ratios.At(trace.MissRatioOf(point)));
            line.Append(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#} ");
            marks.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"2.2\" fill=\"{stroke.Colour}\">");
            marks.Append(CultureInfo.InvariantCulture, $"<title>{point.Policy}, {point.FrameCount:N0} frames: ");
            Append(marks, $"{point.MissCount:N0} misses, {trace.MissRatioOf(point):P2}</title></circle>");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{line}\" fill=\"none\" stroke=\"{stroke.Colour}\" ");
        Append(svg, $"stroke-width=\"1.6\" stroke-dasharray=\"{stroke.Dashes}\"/>");
        svg.Append(marks);
    }

    private static void AppendLegend(StringBuilder svg, string policy, double y, (string Colour, string Dashes) stroke)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{LegendLeft}\" y1=\"{y}\" x2=\"{LegendLeft + 30}\" y2=\"{y}\" ");
        Append(svg, $"stroke=\"{stroke.Colour}\" stroke-width=\"2\" stroke-dasharray=\"{stroke.Dashes}\"/>");
        Append(svg, $"<text x=\"{LegendLeft + 38}\" y=\"{y + 4}\">{policy}</text>");
    }

    private static StringBuilder Append(StringBuilder svg, FormattableString element) =>
        svg.Append(FormattableString.Invariant(element)).Append('\n');
}
