using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Playwright;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary>
/// Screenshots of the tour, a file for each step on each of four screens. Of one story, to see that it works; <c>tools/screenshots.sh</c>
/// asks for all, and for a sheet of each screen with every story on it.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ScreenshotTests(ChromiumFixture browser, TourFixture tour) : IClassFixture<TourFixture>
{
    private const string FolderVariable = "PAGING_SCREENSHOTS";

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task EveryStepIsAsWideAsItsScreen(int width, ColorScheme scheme)
    {
        string? asked = Environment.GetEnvironmentVariable(FolderVariable);
        string folder = string.IsNullOrEmpty(asked) ? Directory.CreateTempSubdirectory("paging-screens").FullName : asked;
        Directory.CreateDirectory(folder);
        Story[] stories =
            string.IsNullOrEmpty(asked) ? [.. TourStories.All.Where(static story => story.Name is "brk")] : [.. TourStories.All];
        string screen = string.Create(CultureInfo.InvariantCulture, $"{width}-{scheme.ToString().ToLowerInvariant()}");
        foreach (Story story in stories)
        {
            (IPage page, _) = await tour.ShowAsync(story.Name, width, scheme);
            for (int step = 1; step <= story.Steps.Count; step++)
            {
                if (step > 1) await page.Locator("#next").ClickAsync();
                await page.EvaluateAsync("() => document.querySelectorAll('details.panel').forEach(folded => { folded.open = true; })");
                string file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{story.Name}-{step}-{screen}.png"));
                byte[] picture = await page.ScreenshotAsync(new() { Path = file, FullPage = true });
                (int wide, int high) = SizeOf(picture);
                Assert.Equal(width, wide);    // a page that is wider than its screen makes a wider picture
                Assert.True(high >= 900, $"{file}: {high} high");
                Assert.Equal(scheme == ColorScheme.Dark, await IsDarkAsync(page));
            }
        }

        if (string.IsNullOrEmpty(asked)) Directory.Delete(folder, recursive: true);
        else await TakeSheetAsync(folder, screen, stories, width);
    }

    /// <summary>The step in the middle of each story, where most has happened and all is still there.</summary>
    private async Task TakeSheetAsync(string folder, string screen, Story[] stories, int width)
    {
        (int thumb, int high, int columns) = width > 1000 ? (316, 222, 6) : (124, 286, 15);
        StringBuilder html = new("<!doctype html><html lang=en><meta charset=utf-8><title>sheet</title><style>body{margin:0;width:");
        html.Append(CultureInfo.InvariantCulture, $"{columns * (thumb + 4)}px;display:flex;flex-wrap:wrap;background:#888}}")
            .Append(CultureInfo.InvariantCulture, $"img{{width:{thumb}px;height:{high}px;margin:2px;object-fit:cover;object-position:top}}")
            .Append("</style>");
        foreach (Story story in stories)
            html.Append(CultureInfo.InvariantCulture,
                $"<img alt=\"\" src=\"{story.Name}-{(story.Steps.Count + 1) / 2}-{screen}.png\">");
        string file = Path.Combine(folder, $"sheet-{screen}.html");
        await File.WriteAllTextAsync(file, html.ToString());
        IPage page = await browser.OpenAsync(new Uri(file).AbsoluteUri, columns * (thumb + 4), ColorScheme.Light, []);
        await page.ScreenshotAsync(new()
        {
            Path = Path.Combine(folder, $"sheet-{screen}.jpg"),
            Type = ScreenshotType.Jpeg,
            Quality = 72,
            FullPage = true,
        });
        await page.Context.CloseAsync();
    }

    private static async Task<bool> IsDarkAsync(IPage page) => await page.EvaluateAsync<int>(
        "() => parseInt(getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)[0])") < 128;

    /// <summary>Width and height of a PNG: the first chunk has them. Specification: 11.2.1 IHDR.</summary>
    private static (int Width, int Height) SizeOf(byte[] picture) =>
        (BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20)));
}
