using System.Globalization;
using Microsoft.Playwright;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>
/// 1 GiB and 60,000 areas, in a real browser, scrolled from frame to frame. Alone in its process, because it measures time. A machine
/// that is busy may not show sixty frames of any page, so a bare page is scrolled in turn with ours as a reference.
/// </summary>
[Trait("Category", "Slow")]
[Collection(nameof(ViewScrollTests)), CollectionDefinition(nameof(ViewScrollTests), DisableParallelization = true)]
public sealed class ViewScrollTests(ChromiumFixture browser)
{
    private const int Tries = 20;

    /// <summary>A sixtieth of a second, with a little for the clock.</summary>
    private const double FrameMillisecondsMax = 1000 / 60.0 * 1.1;

    /// <summary>As high as our page, with something to paint in each frame, and without a program.</summary>
    private const string BarePage = "data:text/html,<div id=space-scroll style='height:800px;overflow:auto'>"
        + "<div style='height:1200000px;background:repeating-linear-gradient(white,gray 20px)'></div></div>";

    [Fact]
    public async Task SixtyThousandAreasScrollAtSixtyFramesASecond()
    {
        await using ViewServer server = await ViewServer.StartAsync(LargeScript.Begin(), port: 0);
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(server.Address, 1440, ColorScheme.Light, complaints);
        await ViewPageTests.AtAsync(page, 0);
        await page.Locator("#calls").EvaluateAsync("async () => { await fetch('do', { method: 'POST', "
            + "body: JSON.stringify({ op: 'go', to: " + LargeScript.Built.ToString(CultureInfo.InvariantCulture) + " }) }); }");
        await page.ReloadAsync();
        await ViewPageTests.AtAsync(page, LargeScript.Built);
        await AssertScrollsAsync(page);

        await page.Locator("#space-scroll").EvaluateAsync("scroll => { scroll.scrollTop = scroll.scrollHeight; }");
        await page.Locator("[data-row='20000000–54000000']").WaitForAsync(new() { State = WaitForSelectorState.Attached });    // the lowest
        await page.EvaluateAsync("() => { for (let i = 0; i < 7; i++) document.getElementById('next').click(); }");
        await ViewPageTests.AtAsync(page, LargeScript.Built + 7);    // no press is lost, although the first has not been answered
        Assert.InRange(await page.EvaluateAsync<int>("document.querySelectorAll('*').length"), 1, 4000);    // only the screen
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    /// <summary>Half of the frames must come in time, or about as fast as those of a bare page, in the best of some tries.</summary>
    private async Task AssertScrollsAsync(IPage page)
    {
        IPage bare = await browser.OpenAsync(BarePage, 1440, ColorScheme.Light, []);
        double best = double.MaxValue, possible = double.MaxValue;
        for (int i = 0; i < Tries && best > FrameMillisecondsMax && best > possible * 1.1; i++)
        {
            await bare.BringToFrontAsync();
            possible = Math.Min(possible, await bare.EvaluateAsync<double>(ScrollAndMeasure));
            await page.BringToFrontAsync();
            best = Math.Min(best, await page.EvaluateAsync<double>(ScrollAndMeasure));
        }

        await bare.Context.CloseAsync();
        Assert.True(best <= FrameMillisecondsMax || best <= possible * 1.1,
            $"Half of the frames took {best} ms or longer, and {possible} ms on a bare page.");
    }

    /// <summary>Scrolls in each of 120 frames, and returns the median of their times in milliseconds.</summary>
    private const string ScrollAndMeasure = """
        async () => {
          const scroll = document.getElementById("space-scroll"), times = [];
          let last = performance.now();
          await new Promise(done => {
            const tick = () => {
              const now = performance.now();
              times.push(now - last);
              last = now;
              scroll.scrollTop += 700;
              times.length < 120 ? requestAnimationFrame(tick) : done();
            };
            requestAnimationFrame(tick);
          });
          return times.sort((a, b) => a - b)[60];
        }
        """;
}
