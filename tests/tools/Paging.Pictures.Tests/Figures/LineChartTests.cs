using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Paging.Pictures.Reports;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Tests;

/// <summary>Charts, read back: counts are steps, every line has its name at its end, and lines can be distinguished.</summary>
public sealed partial class LineChartTests
{
    private const int LabelledMax = 16;

    /// <summary>Lines that end as close together as those of policies do.</summary>
    private static Figure Curves(int count) => LineChartFigure.Draw("k", "t", "frames", "misses, %", [.. Enumerable.Range(0, count)
        .Select(static line => new ChartSeries($"line {line}", [(1, 40), (2, 20 + (line * 7 % 5)), (50, 0.1 * (line * 5 % 12))]))]);

    private static IEnumerable<(double X, double Y)[]> Paths(Figure figure, string ending) => new SvgReader(figure).Elements
        .Where(path => Stroke().IsMatch(path.Attribute("class")?.Value ?? "")
            && path.Attribute("class")!.Value.EndsWith(" way", StringComparison.Ordinal) == (ending.Length != 0))
        .Select(static path => path.Attribute("d")!.Value.Split(['M', 'L'], StringSplitOptions.RemoveEmptyEntries)
            .Select(static point => point.Split(' ')).Select(static point => (Number(point[0]), Number(point[1]))).ToArray());

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>The last tick of an axis up to a round value names it in few letters, from ten thousand on with a unit.</summary>
    [Theory]
    [InlineData(8_000, "8000")]
    [InlineData(10_000, "10k")]
    [InlineData(800_000, "800k")]
    [InlineData(1_000_000, "1M")]
    [InlineData(800_000_000, "800M")]
    [InlineData(1_000_000_000, "1G")]
    public void TicksHaveFewLetters(double most, string label)
    {
        ChartSeries series = new("faults", [(0, 0), (1, most)]);
        SvgReader svg = new(LineChartFigure.Draw("k", "t", "calls", "faults", [series]));
        Assert.Contains(label, svg.Texts, StringComparer.Ordinal);
    }

    [Fact]
    public void CountsAreStepsAndOtherValuesAreNot()
    {
        ChartSeries series = new("faults", [(0, 0), (2, 1), (4, 1), (6, 5)]);
        (double X, double Y)[] steps = Paths(LineChartFigure.Draw("k", "t", "calls", "faults", [series], ChartForm.Steps), "").First();
        Assert.Equal(6, steps.Length);    // four points, and a corner before each of the two changes
        Assert.All(steps.Zip(steps.Skip(1)), static part => Assert.True(part.First.X == part.Second.X || part.First.Y == part.Second.Y));
        Assert.Equal(steps[0].Y, steps[1].Y);    // the old value holds until the change
        Assert.Equal(4, Paths(LineChartFigure.Draw("k", "t", "calls", "share, %", [series]), "").First().Length);
    }

    [Fact]
    public void StackedLinesStandOnEachOther()
    {
        ChartSeries[] series = [new("user", [(0, 0), (2, 3)]), new("waiting", [(0, 1), (2, 4)])];
        Figure figure = LineChartFigure.Draw("k", "t", "µs", "µs", series, ChartForm.Stacked);
        (double X, double Y)[][] paths = [.. Paths(figure, "")];    // each line, and the piece of it before its name
        Assert.Equal(7.0 / 3, (paths[0][0].Y - paths[2][1].Y) / (paths[0][0].Y - paths[0][1].Y), 2);    // 0 to 3 + 4, 0 to 3
        Assert.Null(figure.Logarithmic);
        Assert.Empty(figure.Lines);    // a line that is hidden would leave the others where they are
        Assert.Equal(2, new SvgReader(figure).Elements.Count(static path => path.Attribute("class")?.Value is "m1" or "m2"
            && path.Attribute("d")?.Value.Count(static letter => letter is 'L') == 3));    // two areas, down to the axis
    }

    [Theory]
    [InlineData(2)]
    [InlineData(12)]
    [InlineData(LabelledMax)]
    public void EveryLineHasItsNameBesideItsEndAndNoNameIsInTheWayOfAnother(int count)
    {
        Figure figure = Curves(count);
        XElement[] names = [.. new SvgReader(figure).Elements.Where(static text => text.Name.LocalName is "text"
            && text.Value.StartsWith("line ", StringComparison.Ordinal))];
        Assert.Equal(count, names.Select(static name => name.Value).Distinct(StringComparer.Ordinal).Count());
        double[] heights = [.. names.Select(static name => SvgReader.Number(name, "y")).Order()];
        Assert.All(heights.Zip(heights.Skip(1)), static pair => Assert.True(pair.Second - pair.First >= 13.99, $"{pair}"));
        Assert.All(names, name => Assert.True(SvgReader.Number(name, "x") + SvgText.WidthOf(name.Value, 12, isMonospace: false)
            <= SvgDrawing.Width - 2, name.Value));

        (double X, double Y)[][] ways = [.. Paths(figure, " way")];
        Assert.Equal(count, ways.Length);
        for (int line = 0; line < count; line++)
        {
            XElement name = names.Single(name => string.Equals(name.Value, $"line {line}", StringComparison.Ordinal));
            Assert.Equal(SvgReader.Number(name, "y") - 4, ways[line][^1].Y, 0.01);    // the way leads to the name
        }

        // From the top down, the names are in the order of the ends: ways do not cross.
        Assert.Equal(ways.OrderBy(static way => way[0].Y).Select(static way => way[^1].Y).Order(),
            ways.OrderBy(static way => way[0].Y).ThenBy(static way => way[^1].Y).Select(static way => way[^1].Y));
    }

    [Fact]
    public void ALineWithoutRoomForItsNameHasItBelow()
    {
        Figure few = Curves(LabelledMax), many = Curves(LabelledMax + 1);
        Assert.True(many.Drawing.Height > few.Drawing.Height);
        Assert.Single(new SvgReader(many).Texts, static text => text is "line 16");
        Assert.Equal(LabelledMax, Paths(many, " way").Count());
    }

    /// <summary>No colour looks like another one to people with any kind of colour blindness, on light and dark paper.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ColoursDifferForEveryKindOfVision(bool isDark)
    {
        string[] colours = [.. LineColour().Matches(isDark ? PictureStyle.Dark : PictureStyle.Light)
            .Select(static match => match.Groups["colour"].Value)];
        Assert.Equal(8, colours.Length);
        foreach (ColourVision vision in ColourVision.All)
        {
            for (int i = 0; i < colours.Length; i++)
                for (int j = i + 1; j < colours.Length; j++)
                {
                    double distance = vision.DistanceOf(colours[i], colours[j]);
                    Assert.True(distance >= ColourVision.DistanceMin, $"{vision.Name}: {colours[i]} and {colours[j]}: {distance:0.0}");
                }
        }
    }

    /// <summary>The measure finds what people confuse: red and green of the same lightness.</summary>
    [Fact]
    public void TheMeasureFindsRedAndGreenAlike()
    {
        ColourVision normal = ColourVision.All[0], green = ColourVision.All[2];
        Assert.True(normal.DistanceOf("#b05000", "#6b7a00") > 40);
        Assert.True(green.DistanceOf("#b05000", "#6b7a00") < ColourVision.DistanceMin);
    }

    [Fact]
    public void BeyondEightColoursDashesDiffer()
    {
        IReadOnlyList<(string Name, string Stroke)> lines = Curves(32).Lines;
        Assert.Equal(32, lines.Select(static line => line.Stroke).Distinct(StringComparer.Ordinal).Count());
        Assert.All(lines.Skip(8), static line => Assert.Contains(' ', line.Stroke));
        foreach (string dash in lines.Skip(8).Select(static line => line.Stroke.Split(' ')[1]).Distinct(StringComparer.Ordinal))
            Assert.Contains($".fig .{dash}{{stroke-dasharray:", PictureStyle.Rules, StringComparison.Ordinal);
    }

    [Fact]
    public void ALogarithmicAxisIsThereWhereItShowsMore()
    {
        Figure figure = LineChartFigure.Draw("k", "t", "calls", "pages", [new("a", [(1, 1), (2, 10), (3, 100), (4, 0)])]);
        (double X, double Y)[] path = Paths(figure.Logarithmic!, "").First();
        Assert.Equal(path[0].Y - path[1].Y, path[1].Y - path[2].Y, 0.001);    // ten times as many is as far each time
        Assert.Equal(path[0].Y, path[3].Y, 0.001);    // there is nothing at the lower end
        Assert.Contains("pages, logarithmic", new SvgReader(figure.Logarithmic!).Texts, StringComparer.Ordinal);
        Assert.Contains("pages", new SvgReader(figure).Texts, StringComparer.Ordinal);
        Assert.Null(LineChartFigure.Draw("k", "t", "calls", "pages", [new("a", [(1, 10), (2, 100)])]).Logarithmic);
    }

    [Fact]
    public void BarsHaveAUnit()
    {
        Figure figure = BarsFigure.Draw("k", "t", "page faults", [("read", 3)]);
        Assert.Contains("page faults", new SvgReader(figure).Texts, StringComparer.Ordinal);
        Assert.Equal("read 3 page faults", figure.Description);
    }

    [GeneratedRegex("^s[1-8]( |$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Stroke();

    [GeneratedRegex("--c[1-8]:(?<colour>#[0-9a-f]{6})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex LineColour();
}
