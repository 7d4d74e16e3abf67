using Microsoft.Playwright;

namespace Paging.Pictures.Tests;

/// <summary>Reports in a real browser: twelve curves with their names; on a click lines hide, and the axis becomes logarithmic.</summary>
public sealed class ReportPageTests(ChromiumFixture browser, ReportPages reports) : IClassFixture<ReportPages>
{
    private async Task<IPage> OpenAsync(string file, int width, ColorScheme scheme, List<string> complaints) =>
        await browser.OpenAsync(new Uri(file).AbsoluteUri, width, scheme, complaints);

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("replay", 1280, ColorScheme.Light)]
    [InlineData("replay", 390, ColorScheme.Dark)]
    [InlineData("script", 1280, ColorScheme.Dark)]
    [InlineData("script", 390, ColorScheme.Light)]
    [InlineData("charts", 1280, ColorScheme.Light)]
    [InlineData("charts", 390, ColorScheme.Light)]
    public async Task TextsAreLargeEnoughAndDoNotOverlap(string report, int width, ColorScheme scheme)
    {
        List<string> complaints = [];
        IPage page = await OpenAsync(report switch
        {
            "replay" => reports.Replay,
            "script" => reports.Script,
            _ => reports.Charts,
        }, width, scheme, complaints);
        await PageChecks.AssertTextsAreWholeAsync(page, $"{report} at {width}");
        await PageChecks.AssertTextsAreLargeEnoughAsync(page, $"{report} at {width}");
        await PageChecks.AssertIsAccessibleAsync(page, $"{report} at {width}");
        foreach (ILocator box in await page.Locator(".by-ratio").AllAsync()) await box.CheckAsync();
        await PageChecks.AssertTextsAreWholeAsync(page, $"{report} at {width}, logarithmic");
        await PageChecks.AssertTextsAreLargeEnoughAsync(page, $"{report} at {width}, logarithmic");
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    [Trait("Category", "Medium")]
    [Fact]
    public async Task TwelveCurvesHaveTheirNamesAndHideOnAClick()
    {
        List<string> complaints = [];
        IPage page = await OpenAsync(reports.Replay, 1280, ColorScheme.Light, complaints);
        ILocator chart = page.Locator(".panel").First, plain = chart.Locator(".linear"), other = chart.Locator(".logarithmic");
        Assert.Equal(12, await chart.Locator("input:not(.by-ratio)").CountAsync());
        Assert.Equal(12, await plain.Locator("g[class^=line]").CountAsync());
        ILocator line = plain.Locator(".line3"), name = plain.Locator(".line3 text");
        Assert.StartsWith("CLOCK0", await name.TextContentAsync(), StringComparison.Ordinal);
        Assert.True(await line.IsVisibleAsync());

        await page.GetByLabel("CLOCK0", new() { Exact = true }).UncheckAsync();
        Assert.False(await line.IsVisibleAsync());
        Assert.False(await name.IsVisibleAsync());
        Assert.True(await plain.Locator(".line4").IsVisibleAsync());    // the others stay
        await page.GetByLabel("logarithmic axis").CheckAsync();
        Assert.False(await plain.IsVisibleAsync());
        Assert.True(await other.IsVisibleAsync());
        Assert.False(await other.Locator(".line3").IsVisibleAsync());    // hidden there as well
        await page.GetByLabel("CLOCK0", new() { Exact = true }).CheckAsync();
        Assert.True(await other.Locator(".line3").IsVisibleAsync());
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    [Fact]
    public void AxesHaveUnits()
    {
        string replay = File.ReadAllText(reports.Replay), script = File.ReadAllText(reports.Script);
        foreach (string words in (string[])["frames of 4 KB, logarithmic", "misses, % of accesses", "misses, % of accesses, logarithmic"])
            Assert.Contains($">{words}</text>", replay, StringComparison.Ordinal);
        foreach (string words in (string[])["faults so far", "pages", "calls", "10 calls"])
            Assert.Contains($">{words}</text>", script, StringComparison.Ordinal);
    }
}
