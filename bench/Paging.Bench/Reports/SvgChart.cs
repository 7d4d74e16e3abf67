using System.Globalization;
using System.Net;
using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>The results as a picture: a row for each operation and size, a mark for each contender, time growing to the right.</summary>
/// <remarks><code>
///                        0.1     1      10     100     1k     10k    100k ns
///   read-random 64KiB      ·     ▲●·······■
///   anonymous-fault 1MiB                  ▲●················■···◆         ▲ reference  ● engine  ■ C#  ◆ kernel  ▼ C++  ○ Unicorn
/// </code>The scale is logarithmic: equal distances are equal ratios.</remarks>
internal static class SvgChart
{
    private const int LabelWidth = 250, PlotWidth = 640, RowHeight = 18, Top = 64, Margin = 16;
    private const double LowestExponent = -1.5, HighestExponent = 6;

    private static readonly (Role Role, string Colour, string Name)[] _marks =
    [
        (Role.Reference, "#8a8f98", "reference"),
        (Role.CSharp, "#c98500", "C# way"),
        (Role.Kernel, "#b3412e", "kernel 4 KiB"),
        (Role.KernelHuge, "#d9908a", "kernel huge"),
        (Role.Cpp, "#2e7d4f", "C++"),
        (Role.Unicorn, "#7a4fb3", "Unicorn"),
        (Role.Engine, "#1f6feb", "engine"),
    ];

    /// <summary>Writes the file.</summary>
    public static void Write(IReadOnlyList<RaceResult> results, TextWriter output)
    {
        int height = Top + (results.Count * RowHeight) + Margin, width = LabelWidth + PlotWidth + (2 * Margin);
        output.Write($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" ");
        output.Write("font-family=\"sans-serif\" font-size=\"12\">\n");
        output.Write($"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        WriteLegend(output);
        WriteAxis(output, height);
        for (int i = 0; i < results.Count; i++) WriteRow(results[i], Top + (i * RowHeight) + (RowHeight / 2), output);
        output.Write("</svg>\n");
    }

    private static void WriteLegend(TextWriter output)
    {
        int x = LabelWidth;
        foreach ((Role role, string colour, string name) in _marks)
        {
            WriteMark(role, colour, x, 20, name, output);
            output.Write($"<text x=\"{x + 10}\" y=\"24\" fill=\"#24292f\">{name}</text>\n");
            x += 95;
        }
    }

    private static void WriteAxis(TextWriter output, int height)
    {
        string[] labels = ["0.1", "1", "10", "100", "1k", "10k", "100k", "1M ns"];
        for (int i = 0; i < labels.Length; i++)
        {
            double x = Position(Math.Pow(10, i - 1));
            output.Write(Line($"<line x1=\"{x:0.0}\" x2=\"{x:0.0}\" y1=\"{Top - 8}\" y2=\"{height - Margin}\" stroke=\"#e3e6ea\"/>\n"));
            output.Write(Line($"<text x=\"{x:0.0}\" y=\"{Top - 14}\" text-anchor=\"middle\" fill=\"#57606a\">{labels[i]}</text>\n"));
        }
    }

    private static void WriteRow(RaceResult result, int y, TextWriter output)
    {
        output.Write($"<text x=\"{LabelWidth - 12}\" y=\"{y + 4}\" text-anchor=\"end\" ");
        output.Write($"fill=\"#24292f\">{result.Operation} {result.Size}</text>\n");
        double from = Position(result.Laps.Min(static lap => lap.MinNanoseconds)),
            to = Position(result.Laps.Max(static lap => lap.MinNanoseconds));
        output.Write(Line($"<line x1=\"{from:0.0}\" x2=\"{to:0.0}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#c4c9d0\"/>\n"));
        foreach ((Role role, string colour, string name) in _marks)
        {
            if (result.Of(role) is { } lap)
                WriteMark(role, colour, Position(lap.MinNanoseconds), y,
                    WebUtility.HtmlEncode($"{name}: {lap.Description}, {FigureText.Nanoseconds(lap.MinNanoseconds)} ns"), output);
        }
    }

    private static void WriteMark(Role role, string colour, double x, int y, string title, TextWriter output) => output.Write(role switch
    {
        Role.Reference => Line($"<path d=\"M{x - 5:0.0} {y + 4}h10l-5 -9z\" fill=\"{colour}\"><title>{title}</title></path>\n"),
        Role.CSharp => Line(
            $"<rect x=\"{x - 4:0.0}\" y=\"{y - 4}\" width=\"8\" height=\"8\" fill=\"{colour}\"><title>{title}</title></rect>\n"),
        Role.Kernel or Role.KernelHuge =>
            Line($"<path d=\"M{x:0.0} {y - 6}l6 6l-6 6l-6 -6z\" fill=\"{colour}\"><title>{title}</title></path>\n"),
        Role.Cpp => Line($"<path d=\"M{x - 5:0.0} {y - 4}h10l-5 9z\" fill=\"{colour}\"><title>{title}</title></path>\n"),
        Role.Unicorn => Line($"<circle cx=\"{x:0.0}\" cy=\"{y}\" r=\"4\" fill=\"#fff\" ")
            + Line($"stroke=\"{colour}\" stroke-width=\"2\"><title>{title}</title></circle>\n"),
        _ => Line($"<circle cx=\"{x:0.0}\" cy=\"{y}\" r=\"4.5\" fill=\"{colour}\"><title>{title}</title></circle>\n"),
    });

    private static double Position(double nanoseconds)
    {
        double exponent = Math.Clamp(Math.Log10(Math.Max(nanoseconds, 1e-9)), LowestExponent, HighestExponent);
        return LabelWidth + ((exponent - LowestExponent) / (HighestExponent - LowestExponent) * PlotWidth);
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
