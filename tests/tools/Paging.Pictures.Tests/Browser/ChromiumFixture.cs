using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Paging.Pictures.Tests.ChromiumFixture))]

namespace Paging.Pictures.Tests;

/// <summary>
/// A real browser for all tests: the distribution's Chromium, started by the first test that opens a page. Without it the tests that need
/// it skip with the command that installs it.
/// </summary>
public sealed class ChromiumFixture : IAsyncDisposable
{
    /// <summary>The same engine with no window around the page comes first: it takes half of the processor time.</summary>
    private static readonly string[] Places =
    [
        "/usr/bin/chromium-headless-shell",
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/snap/bin/chromium",
    ];

    /// <summary>
    /// Turns off the browser's own pages after its address bar, which take more time than ours. The option replaces Playwright's, so what
    /// that turns off and matters here is repeated.
    /// </summary>
    private const string SwitchedOff = "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,AimEnabled,"
        + "AvoidUnnecessaryBeforeUnloadCheckSync,GlobalMediaControls,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
        + "OptimizationHints,PaintHolding,Translate";

    private readonly Lazy<Task<IBrowser>> _browser;
    private IPlaywright? _playwright;

    /// <summary>Starts nothing yet.</summary>
    public ChromiumFixture() => _browser = new(StartAsync);

    private static string? Executable
    {
        get
        {
            string? given = Environment.GetEnvironmentVariable("PAGING_CHROMIUM");
            return string.IsNullOrEmpty(given) ? Places.FirstOrDefault(File.Exists) : given;
        }
    }

    /// <summary>Opens a page in a context of its own. Errors and warnings of the page are added to the list.</summary>
    public async Task<IPage> OpenAsync(string address, int width, ColorScheme scheme, List<string> complaints)
    {
        Assert.SkipWhen(Executable is null, "There is no Chromium here: apt-get install chromium, or set PAGING_CHROMIUM.");
        IBrowser browser = await _browser.Value;
        IBrowserContext context = await browser.NewContextAsync(
            new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        IPage page = await context.NewPageAsync();
        page.PageError += (_, error) => complaints.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") complaints.Add(message.Text);
        };
        page.Request += (_, request) =>
        {
            if (address.StartsWith("file:", StringComparison.Ordinal) && request.Url.StartsWith("http", StringComparison.Ordinal))
                complaints.Add("asks the network for " + request.Url);
        };
        await page.GotoAsync(address);
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser.IsValueCreated) await (await _browser.Value).DisposeAsync();
        _playwright?.Dispose();
    }

    private async Task<IBrowser> StartAsync()
    {
        _playwright = await Playwright.CreateAsync();
        return await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Executable, Args = ["--no-sandbox", SwitchedOff] });
    }
}
