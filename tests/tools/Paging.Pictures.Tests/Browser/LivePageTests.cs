using Microsoft.Playwright;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary><c>paging view --live</c> in a real browser: three calls are typed in, and one is undone.</summary>
[Trait("Category", "Slow")]
public sealed class LivePageTests(ChromiumFixture browser)
{
    private const string FolderVariable = "PAGING_SCREENSHOTS";

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task CallsAreTypedInExplainedAndUndone(int width, ColorScheme scheme)
    {
        await using ViewServer server = await LiveViewTests.StartAsync(ScenarioDocument.Of("live", ScenarioHeader.Default, []));
        List<string> complaints = [];
        IPage page = await browser.OpenAsync(server.Address, width, scheme, complaints);
        await ViewPageTests.AtAsync(page, 0);
        Assert.Equal("line", await page.EvaluateAsync<string>("document.activeElement.id"));
        Assert.True(await page.Locator("#reasons").IsHiddenAsync());    // nothing has happened yet

        await TypeAsync(page, "mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", 1);
        Assert.Equal("", await page.Locator("#line").InputValueAsync());
        Assert.EndsWith("= 0x20000000", await page.Locator("#message").InnerTextAsync(), StringComparison.Ordinal);
        await TypeAsync(page, "store(0x20000000, 0x41)", 2);
        await page.GetByText("A first store takes a frame of zeros. (do_anonymous_page)").WaitForAsync();
        string before = await PicturesAsync(page);
        await TypeAsync(page, "munmap(0x20000000, 0x1000)", 3);
        Assert.Contains("do_vmi_munmap", await page.Locator("#why").InnerTextAsync(), StringComparison.Ordinal);
        if (width > 1000) Assert.NotEqual(before, await PicturesAsync(page), StringComparer.Ordinal);    // else below the screen

        await page.Locator("#line").FillAsync("store(0x20000000");
        await page.Locator("#repl button").ClickAsync();
        await page.GetByText("the arguments of store are not closed by ')'").WaitForAsync();
        Assert.Equal("store(0x20000000", await page.Locator("#line").InputValueAsync());    // to be mended
        await ViewPageTests.AtAsync(page, 3);

        await page.Locator("#back").ClickAsync();
        await ViewPageTests.AtAsync(page, 2);
        if (width > 1000) Assert.Equal(before, await PicturesAsync(page));
        await page.Locator("#line").FillAsync("");
        await PageChecks.AssertTextsAreWholeAsync(page, $"live at {width}");
        await PageChecks.AssertIsAccessibleAsync(page, $"live at {width}");
        await TakeAsync(page, width, scheme);
        await page.Locator("#next").ClickAsync();
        await ViewPageTests.AtAsync(page, 3);
        Assert.Empty(complaints);
        await page.Context.CloseAsync();
    }

    private static async Task TypeAsync(IPage page, string call, int position)
    {
        await page.Locator("#line").FillAsync(call);
        await page.Keyboard.PressAsync("Enter");
        await ViewPageTests.AtAsync(page, position);
    }

    /// <summary>What is on the screen, once the answer has put it there.</summary>
    private static Task<string> PicturesAsync(IPage page) => page.EvaluateAsync<string>(
        "[...document.querySelectorAll('[data-kind=space] svg, [data-kind=tables] svg')].map(svg => svg.outerHTML).join()");

    private static async Task TakeAsync(IPage page, int width, ColorScheme scheme)
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { Length: > 0 } folder) return;
        Directory.CreateDirectory(folder);
        await page.ScreenshotAsync(new()
        {
            Path = Path.Combine(folder, $"live-{width}-{scheme.ToString().ToLowerInvariant()}.jpg"),
            Type = ScreenshotType.Jpeg,
            Quality = 72,
        });
    }
}
