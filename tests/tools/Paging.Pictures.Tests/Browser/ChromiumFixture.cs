using Microsoft.Playwright;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary>A real browser: the distribution's Chromium. Without it the tests that need it skip, and say what helps.</summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    private static readonly string[] Places =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];

    private readonly Dictionary<(int Width, ColorScheme Scheme), (IPage Page, List<string> Complaints)> _tours = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The tour's page, for all tests.</summary>
    public string TourAddress { get; private set; } = "";

    private static string? Executable
    {
        get
        {
            string? told = Environment.GetEnvironmentVariable("PAGING_CHROMIUM");
            return string.IsNullOrEmpty(told) ? Places.FirstOrDefault(File.Exists) : told;
        }
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Executable is not { } executable) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = executable, Args = ["--no-sandbox"] });
        string file = Path.Combine(Directory.CreateTempSubdirectory("paging-tour").FullName, "tour.html");
        await File.WriteAllTextAsync(file, StoryPage.Write(Told.All));
        TourAddress = new Uri(file).AbsoluteUri;
    }

    /// <summary>Opens a page. Whatever the page complains about is added to the list.</summary>
    public async Task<IPage> OpenAsync(string address, int width, ColorScheme scheme, List<string> complaints)
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium here: apt-get install chromium, or set PAGING_CHROMIUM.");
        IBrowserContext context = await _browser.NewContextAsync(
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

    /// <summary>
    /// Goes to a story of the tour, as a link of the page does. The page is opened once for each width and scheme: it is large.
    /// </summary>
    /// <returns>The page, and what it has complained about since it was opened.</returns>
    public async Task<(IPage Page, List<string> Complaints)> ShowTourAsync(string story, int width, ColorScheme scheme)
    {
        string address = $"{TourAddress}#{story}";
        if (_tours.TryGetValue((width, scheme), out (IPage Page, List<string> Complaints) tour))
        {
            await tour.Page.GotoAsync(address);
            return tour;
        }

        List<string> complaints = [];
        return _tours[(width, scheme)] = (await OpenAsync(address, width, scheme, complaints), complaints);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (TourAddress.Length != 0) Directory.Delete(Path.GetDirectoryName(new Uri(TourAddress).LocalPath)!, recursive: true);
    }
}
