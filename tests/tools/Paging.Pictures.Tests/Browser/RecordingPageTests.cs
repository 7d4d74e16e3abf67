using System.Globalization;
using Microsoft.Playwright;

namespace Paging.Pictures.Tests;

/// <summary>The README's recording in a real browser: one scene at a time, and a still picture for users who want no motion.</summary>
public sealed class RecordingPageTests(ChromiumFixture browser)
{
    private const string Visible = "[...document.querySelectorAll('.scene')]"
        + ".map((scene, i) => getComputedStyle(scene).opacity > 0 ? i : -1).filter(i => i >= 0)";

    [Trait("Category", "Medium")]
    [Fact]
    public async Task OneSceneIsVisibleAtATimeAndNoneMovesWithReducedMotion()
    {
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(new Uri(RecordingTests.Committed).AbsoluteUri, 420, ColorScheme.Light, complaints);
        int[] visits = [.. RecordingTests.Visits.Split(',').Select(static visit => int.Parse(visit, CultureInfo.InvariantCulture))];
        int fullest = Array.IndexOf(visits, visits.Max());    // the copy on write
        Assert.Equal([fullest], await page.EvaluateAsync<int[]>(Visible));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.getAnimations().length"));

        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.NoPreference });
        Assert.Equal(visits.Length, await page.EvaluateAsync<int>("document.getAnimations().length"));
        double length = await page.EvaluateAsync<double>("document.getAnimations()[0].effect.getTiming().duration");
        Assert.Equal(visits.Length * 3000, length);
        for (int scene = 0; scene < visits.Length * 2; scene++)    // and once more from the start
        {
            await page.EvaluateAsync("at => document.getAnimations().forEach(one => { one.pause(); one.currentTime = at; })",
                (scene + 0.5) * length / visits.Length);
            Assert.Equal([(fullest + scene) % visits.Length], await page.EvaluateAsync<int[]>(Visible));
        }

        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }
}
