using System.Globalization;
using Paging.Pictures.Reports;

namespace Paging.Pictures.Tests;

/// <summary>Bars of ratios, read back: they begin at 1, equal ratios are equally long, and slower lies left of faster.</summary>
public sealed class SpreadFigureTests
{
    private static Figure Picture => SpreadFigure.Draw("kernel", "title",
    [
        new("fault 1MiB", [new("kernel", 3.5, 4, 5), new("huge", 0.2, 0.25, 0.5)]),
        new("fork", [new("kernel", 15, 16, 20)]),
    ]);

    [Fact]
    public void BarsBeginAtOneAndGrowWithTheLogarithm()
    {
        SvgBox[] bars = [.. new SvgReader(Picture).Boxes("spread")];
        Assert.Equal(["fault 1MiB: kernel", "fault 1MiB: huge", "fork: kernel"], bars.Select(static bar => bar.Value),
            StringComparer.Ordinal);
        double four = bars[0].Width;
        Assert.Equal(four, bars[1].Width, 0.001);    // a quarter is as far from 1 as four
        Assert.Equal(2 * four, bars[2].Width, 0.001);    // and sixteen twice as far
        Assert.Equal(bars[0].X, bars[2].X, 0.001);
        Assert.Equal(bars[0].X, bars[1].X + bars[1].Width, 0.001);
        Assert.Equal("5", bars[0].Of("high"));
    }

    /// <summary>A bar of minima cannot be taken for one of medians, nor the line over it for something else.</summary>
    [Fact]
    public void ARowNamesTheStatisticOfItsBars()
    {
        SvgReader svg = new(SpreadFigure.Draw("k", "t",
            [new("fork", [new("kernel", 1, 2, 3)], "minima"), new("race", [new("kernel", 1, 2, 3)], "medians")]));
        string[] texts = [.. svg.Texts];
        Assert.Equal(Array.IndexOf(texts, "fork") + 1, Array.IndexOf(texts, "minima"));
        Assert.Equal(Array.IndexOf(texts, "race") + 1, Array.IndexOf(texts, "medians"));
        Assert.Contains("low–high, ×", texts, StringComparer.Ordinal);
    }

    [Fact]
    public void TheSpreadIsThereInNumbers()
    {
        string[] texts = [.. new SvgReader(Picture).Texts];
        Assert.Contains("16.0×", texts, StringComparer.Ordinal);
        Assert.Contains("15.0–20.0", texts, StringComparer.Ordinal);
        Assert.Contains("kernel 16.0, between 15.0 and 20.0", Picture.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.126, "0.13")]
    [InlineData(9.99, "9.99")]
    [InlineData(10, "10.0")]
    [InlineData(12.34, "12.3")]
    [InlineData(99.9, "99.9")]
    [InlineData(100, "100")]
    [InlineData(1234, "1234")]
    [InlineData(9_999, "9999")]
    [InlineData(10_000, "10k")]
    [InlineData(999_994, "999.99k")]
    [InlineData(1_000_000, "1M")]
    [InlineData(999_994_000, "999.99M")]
    [InlineData(1_000_000_000, "1G")]
    [InlineData(123_456, "123.46k")]
    public void RatiosHaveDigitsThatMeanSomething(double ratio, string text) => Assert.Equal(text, SpreadFigure.Text(ratio));

    [Fact]
    public void ManyPowersOfTenHaveRoomOnTheAxis()
    {
        SvgReader svg = new(SpreadFigure.Draw("k", "t", [new("a", [new("b", 0.0001, 1, 100_000)])]));
        Assert.Contains("1/1000", svg.Texts, StringComparer.Ordinal);
        Assert.Contains("1×", svg.Texts, StringComparer.Ordinal);
        Assert.All(svg.Boxes("spread"), static bar => Assert.InRange(double.Parse(bar.Of("middle"), CultureInfo.InvariantCulture), 1, 1));
    }
}
