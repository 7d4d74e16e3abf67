using Paging.Bench.Harness;
using Paging.Pictures;
using Paging.Pictures.Writing;

namespace Paging.Bench.Reports;

/// <summary>The results as a picture: a row for each operation and size, a mark for each contender, time growing to the right.</summary>
/// <remarks><code>
///   0.1     1      10     100     1k     10k    100k ns
///   anonymous-fault 1MiB
///                  ▮ ■·······▬···▬            a shape and a colour for each role; its figure is in the tooltip
/// </code>The scale is logarithmic: equal distances are equal ratios.</remarks>
internal static class SvgChart
{
    private const double Left = SvgDrawing.Margin, Right = SvgDrawing.Width - 24, LegendHeight = 18, AxisHeight = 18;
    private const double NameHeight = 15, MarksHeight = 16, LowestExponent = -1.5, HighestExponent = 6;

    private static readonly (Role Role, string Fill, double Width, double Height, string Name)[] _marks =
    [
        (Role.Reference, "m7", 10, 3, "reference"),
        (Role.CSharp, "m5", 7, 7, "C# way"),
        (Role.Kernel, "m2", 3, 11, "kernel 4 KiB"),
        (Role.KernelHuge, "m4", 3, 7, "kernel huge"),
        (Role.Cpp, "m3", 7, 3, "C++"),
        (Role.Unicorn, "m8", 5, 9, "Unicorn"),
        (Role.Engine, "m1", 9, 9, "engine"),
    ];

    /// <summary>Writes the file.</summary>
    public static void Write(IReadOnlyList<RaceResult> results, TextWriter output) => output.Write(Draw(results).ToFile());

    private static Figure Draw(IReadOnlyList<RaceResult> results)
    {
        SvgDrawing svg = new();
        double top = DrawLegend(svg) + AxisHeight, bottom = top + (results.Count * (NameHeight + MarksHeight));
        DrawAxis(svg, top, bottom);
        for (int i = 0; i < results.Count; i++) DrawRow(svg, results[i], top + (i * (NameHeight + MarksHeight)));
        svg.Reach(bottom);
        string description = string.Join(". ", results.Select(static result => $"{NameOf(result)}: "
            + string.Join(", ", _marks.Where(mark => result.Of(mark.Role) is not null)
                .Select(mark => $"{mark.Name} {FigureText.Fastest(result, mark.Role)} ns"))));
        return new("times", "Nanoseconds per operation", description, svg);
    }

    /// <summary>Draws the key of the marks, and returns its height.</summary>
    private static double DrawLegend(SvgDrawing svg)
    {
        double x = Left, y = LegendHeight / 2;
        foreach ((Role _, string fill, double width, double height, string name) in _marks)
        {
            if (x > SvgDrawing.InnerWidth - 80) (x, y) = (Left, y + LegendHeight);
            svg.Box(x + 5 - (width / 2), y - (height / 2), width, height, fill);
            x += 29 + svg.Text(x + 14, y + 4, name, TextStyle.Note);
        }

        return y + (LegendHeight / 2);
    }

    private static void DrawAxis(SvgDrawing svg, double top, double bottom)
    {
        string[] labels = ["0.1", "1", "10", "100", "1k", "10k", "100k", "1M ns"];
        for (int i = 0; i < labels.Length; i++)
        {
            double x = Position(Math.Pow(10, i - 1));
            svg.Line("axis", (x, top - 2), (x, bottom));
            svg.Text(x, top - 6, labels[i], TextStyle.Tiny, TextAnchor.Middle);
        }
    }

    private static void DrawRow(SvgDrawing svg, RaceResult result, double top)
    {
        svg.Text(Left, top + 12, NameOf(result), TextStyle.Code, TextAnchor.Start, SvgDrawing.InnerWidth);
        double y = top + NameHeight + (MarksHeight / 2);
        svg.Line("ld", (Position(result.Laps.Min(static lap => lap.MinNanoseconds)), y),
            (Position(result.Laps.Max(static lap => lap.MinNanoseconds)), y));
        foreach ((Role role, string fill, double width, double height, string name) in _marks)
        {
            if (result.Of(role) is not { } lap) continue;
            svg.HintedBox((Position(lap.MinNanoseconds) - (width / 2), y - (height / 2)), width, height, fill,
                $"{name}: {lap.Description}, {FigureText.Nanoseconds(lap.MinNanoseconds)} ns");
        }
    }

    private static string NameOf(RaceResult result) => $"{result.Operation} {result.Size}";

    private static double Position(double nanoseconds)
    {
        double exponent = Math.Clamp(Math.Log10(Math.Max(nanoseconds, 1e-9)), LowestExponent, HighestExponent);
        return Left + ((exponent - LowestExponent) / (HighestExponent - LowestExponent) * (Right - Left));
    }
}
