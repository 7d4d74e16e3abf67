using System.Globalization;
using System.Xml.Linq;
using Paging.Pictures.Reports;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Tests;

/// <summary>A flame, read back: widths to scale, each part below the part that it belongs to, nothing left out.</summary>
public sealed class FlameFigureTests
{
    private static FlameNode Tree => FlameNode.Of("all",
    [
        FlameNode.Of("sh 1", [FlameNode.Of("mmap", [FlameNode.Leaf("minor", 30), FlameNode.Leaf("major", 10)]),
            FlameNode.Of("brk", [FlameNode.Leaf("minor", 60)])]),
        FlameNode.Of("ls 2", [FlameNode.Of("read",
            [.. Enumerable.Range(0, 1000).Select(static i => FlameNode.Leaf($"part {i:0000}", 0.1))])]),
    ]);

    [Fact]
    public void WidthsAreToScaleAndPartsLieBelowTheirWhole()
    {
        Dictionary<string, SvgBox> boxes = Boxes(FlameFigure.Draw("f", "title", "faults", Tree, "minor", "major"));
        double unit = SvgDrawing.InnerWidth / 200;
        foreach ((string path, SvgBox box) in boxes)
        {
            double value = double.Parse(box.Of("value"), CultureInfo.InvariantCulture);
            Assert.InRange(box.Width, (value * unit) - 1.001, (value * unit) + 0.001);    // a unit less where there is a gap
            if (!path.Contains('/', StringComparison.Ordinal)) continue;
            SvgBox above = boxes[path[..path.LastIndexOf('/')]];
            Assert.True(above.Y < box.Y && above.X <= box.X + 0.001 && box.X + box.Width <= above.X + above.Width + 1.001, path);
        }

        Assert.Equal(["all/sh 1", "all/ls 2"], boxes.Keys.Where(static path => path.Count('/') == 1).OrderBy(path => boxes[path].X),
            StringComparer.Ordinal);
        SvgBox[] all = [.. boxes.Values];
        for (int i = 0; i < all.Length; i++)
            for (int j = i + 1; j < all.Length; j++) Assert.False(all[i].Overlaps(all[j]), $"{all[i].Value} and {all[j].Value}");
    }

    [Fact]
    public void PartsTooSmallToBeSeenAreOneBoxWithTheirCount()
    {
        Dictionary<string, SvgBox> boxes = Boxes(FlameFigure.Draw("f", "title", "faults", Tree));
        Assert.Equal("100", Math.Round(double.Parse(boxes["all/ls 2/read/1000 more"].Of("value"), CultureInfo.InvariantCulture), 6)
            .ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Times have the unit that suits them, counts that of the whole picture, on its first row.</summary>
    [Fact]
    public void NumbersHaveUnits()
    {
        FlameNode tree = FlameNode.Of("all", [FlameNode.Of("sh", [FlameNode.Leaf("a", 971_990), FlameNode.Leaf("b", 900_000)])]);
        Figure times = FlameFigure.Draw("f", "t", "µs", tree), counts = FlameFigure.Draw("f", "t", "faults", tree);
        Assert.StartsWith("1.9 s: sh, a 972 ms, sh, b 900 ms", times.Description, StringComparison.Ordinal);
        Assert.Contains(">1.9 s<", times.ToElement(), StringComparison.Ordinal);
        Assert.Contains(">972 ms<", times.ToElement(), StringComparison.Ordinal);
        Assert.Contains(">1.87M faults<", counts.ToElement(), StringComparison.Ordinal);
    }

    /// <summary>By the sizes of the style sheet: .t has 13 pixels, .y has 12 and letters of one width.</summary>
    [Fact]
    public void NamesEndBeforeTheirNumbers()
    {
        int pairs = 0;
        for (double share = 1; share < 100; share += 0.25)
        {
            FlameNode tree = FlameNode.Of("all", [FlameNode.Leaf("fork", share), FlameNode.Leaf("munmap", 100 - share)]);
            XElement[] texts = [.. new SvgReader(FlameFigure.Draw("f", "t", "µs", tree)).Elements.Where(static one => one.Name == "text")];
            foreach (XElement name in texts.Where(static text => text.Value is "fork" or "munmap"))
            {
                int place = Array.IndexOf(texts, name);
                if (place + 1 == texts.Length || texts[place + 1].Attribute("text-anchor")?.Value is not "end") continue;
                double end = SvgReader.Number(name, "x") + SvgText.WidthOf(name.Value, 13, isMonospace: false);
                double start = SvgReader.Number(texts[place + 1], "x") - SvgText.WidthOf(texts[place + 1].Value, 12, isMonospace: true);
                Assert.True(end <= start, $"{name.Value} ends at {end}, {texts[place + 1].Value} begins at {start}");
                pairs++;
            }
        }

        Assert.True(pairs > 100, $"{pairs} pairs were compared");
    }

    [Fact]
    public void AnEmptyTreeIsAPictureAndAWrongSumIsRefused()
    {
        Assert.Contains("No faults", FlameFigure.Draw("f", "t", "faults", FlameNode.Of("all", [])).Description, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(static () =>
            FlameFigure.Draw("f", "t", "faults", new("all", 1, [FlameNode.Leaf("a", 1), FlameNode.Leaf("b", 1)])));
        Assert.Throws<ArgumentException>(static () => FlameFigure.Draw("f", "t", "faults", FlameNode.Leaf("all", -1)));
        Assert.Throws<ArgumentException>(static () => FlameFigure.Draw("f", "t", "faults", FlameNode.Leaf("all", double.NaN)));
    }

    private static Dictionary<string, SvgBox> Boxes(Figure figure) =>
        new SvgReader(figure).Boxes("flame").ToDictionary(static box => box.Value, StringComparer.Ordinal);
}
