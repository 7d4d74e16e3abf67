using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Paging.Traces.Tests;

/// <summary>Tables and plots for people.</summary>
public sealed class ReplayOutputTests : IDisposable
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ATableHasPoliciesBelowAndFramesBeside() => Assert.Equal(
        """
        string: 20 accesses to 6 distinct pages

            frames        3                    4
            policy   misses   hit ratio   misses   hit ratio
          ────────────────────────────────────────────────────
            FIFO         15     25.00 %       10     50.00 %
            OPT           9     55.00 %        8     60.00 %


        """.ReplaceLineEndings("\n"),
        ReplayRunResult.Of(_directory.Write("string", Texts.Pages(Textbook.A)), "--frames", "3,4", "--policy", "FIFO,OPT").Result());

    [Fact]
    public void ATableWithStoresHasDirtyEvictions()
    {
        string file = _directory.Write("own.csv", Texts.Bytes("page,store", "1,1", "2,0", "3,1", "1,0"));
        Assert.Equal(
            """
            own: 4 accesses to 3 distinct pages, 2 of them stores

                frames        1                   dirty
                policy   misses   hit ratio   evictions
              ───────────────────────────────────────────
                LRU           4      0.00 %           2
                OPT           4      0.00 %           -


            """.ReplaceLineEndings("\n"),
            ReplayRunResult.Of(file, "--frames", "1", "--policy", "LRU,OPT").Result());
    }

    [Fact]
    public void APlotHasAPanelForEachTraceAndACurveForEachPolicy()
    {
        string file = _directory.Write("a<b>&c.lirs",
            Texts.Bytes([.. Enumerable.Range(0, 4_000).Select(static access =>
                (access * access % 211).ToString(CultureInfo.InvariantCulture))]));
        string plot = _directory.At("plot.svg");
        ReplayRunResult.Of(file, _directory.Write("string", Texts.Pages(Textbook.A)), "--policy", "LRU,ARC,OPT", "--plot", plot).Result();
        XElement svg = XDocument.Load(plot).Root!;
        Assert.Equal(6, CurvesOf(svg).Count());
        string[] texts = [.. svg.Descendants(Svg + "text").Select(static text => text.Value)];
        Assert.Equal(2, texts.Count(static text => text is "frames of 4 KB, logarithmic"));
        Assert.Equal(2, texts.Count(static text => text is "misses, % of accesses"));
        Assert.Equal(2, texts.Count(static text => text is "ARC" || text.StartsWith("ARC, knee ", StringComparison.Ordinal)));
        Assert.Equal("a<b>&c: 4,000 accesses, 106 pages", Assert.Single(texts, static text => text.StartsWith('a')));
    }

    /// <summary>A loop over three pages beside a scan: three frames are enough for the loop.</summary>
    [Fact]
    public void AKneeIsAtTheCliffAndSaysWhatAFrameSaves()
    {
        string page = ReportOf(
            [.. Enumerable.Range(0, 3_000).Select(static access => access % 100 == 0 ? 3 + (access / 100) : access % 3)]);
        Assert.Contains("Miss ratio by frames; the knee is marked", page, StringComparison.Ordinal);
        Assert.Contains(">LRU, knee 3<", page, StringComparison.Ordinal);
        Match knee = Regex.Match(page, "<td>LRU</td><td>3</td><td>[0-9]+</td><td>0.0[0-9]*</td><td>knee: (?<saved>[0-9.]+) %/frame before, "
            + "[0-9.a-z ]+ after</td>", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10));
        Assert.True(knee.Success);
        Assert.InRange(double.Parse(knee.Groups["saved"].Value, CultureInfo.InvariantCulture), 40, 50);    // 95 % over two frames
    }

    [Fact]
    public void WithoutAKneeNothingSpeaksOfOne()
    {
        string page = ReportOf([0, 0, 0, 0]);
        Assert.Contains(">Miss ratio by frames<", page, StringComparison.Ordinal);
        Assert.Contains("No curve has a knee.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("is marked", page, StringComparison.Ordinal);
    }

    private string ReportOf(int[] pages)
    {
        string file = _directory.Write("t", Texts.Bytes([.. pages.Select(static page => page.ToString(CultureInfo.InvariantCulture))]));
        string report = _directory.At("t.html");
        ReplayRunResult.Of(file, "--format", "lirs", "--policy", "LRU", "--report", report).Result();
        return File.ReadAllText(report);
    }

    /// <summary>Every point lies in the field, and misses never rise along the optimum's curve.</summary>
    [Fact]
    public void CurvesStayInTheirField()
    {
        string plot = _directory.At("plot.svg");
        foreach (string frames in new[] { "1,2,3,4,5,6", "1,1000000", "7" })
        {
            string file = _directory.Write("string", Texts.Pages(Textbook.A));
            ReplayRunResult.Of(file, "--frames", frames, "--policy", "OPT", "--plot", plot).Result();
            double[][] points = [.. Assert.Single(CurvesOf(XDocument.Load(plot).Root!)).Split(['M', 'L'],
                StringSplitOptions.RemoveEmptyEntries).Select(static point => point.Split(' ')
                .Select(static number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray())];
            Assert.All(points, static point => Assert.True(point[0] is >= 54 and <= 406.1 && point[1] is >= 28 and <= 244));
            Assert.True(points.Zip(points.Skip(1)).All(static pair => pair.First[0] < pair.Second[0] && pair.First[1] <= pair.Second[1]));
        }
    }

    /// <summary>The paths of curves: in the group of each line comes first the curve, then the way to its name and a sample.</summary>
    private static IEnumerable<string> CurvesOf(XElement svg) => svg.Descendants(Svg + "g")
        .Where(static group => group.Attribute("class")?.Value.StartsWith("line", StringComparison.Ordinal) == true)
        .Select(static group => group.Descendants(Svg + "path").First())
        .Select(static path => path.Attribute("d")!.Value)
        .Where(static path => double.Parse(path.Split(' ')[1].Split('L')[0], CultureInfo.InvariantCulture) <= 244);
}
