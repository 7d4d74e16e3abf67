using Microsoft.Playwright;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary>The tour's page, and one open page of it for each screen of a test class.</summary>
public sealed class TourFixture : IDisposable
{
    private readonly ChromiumFixture _browser;
    private readonly string _folder = Directory.CreateTempSubdirectory("paging-tour").FullName;
    private readonly Dictionary<(int Width, ColorScheme Scheme), (IPage Page, List<string> Complaints)> _tours = [];

    /// <summary>Writes the page.</summary>
    public TourFixture(ChromiumFixture browser)
    {
        _browser = browser;
        string file = Path.Combine(_folder, "tour.html");
        File.WriteAllText(file, StoryPage.Write(TourStories.All));
        Address = new Uri(file).AbsoluteUri;
    }

    /// <summary>Where the page is.</summary>
    public string Address { get; }

    /// <summary>
    /// Goes to a story of the tour, as a link of the page does. The page is opened once for each width and scheme: it is large.
    /// </summary>
    /// <returns>The page, and its errors and warnings since it was opened.</returns>
    public async Task<(IPage Page, List<string> Complaints)> ShowAsync(string story, int width, ColorScheme scheme)
    {
        string address = $"{Address}#{story}";
        if (_tours.TryGetValue((width, scheme), out (IPage Page, List<string> Complaints) tour))
        {
            await tour.Page.GotoAsync(address);
            return tour;
        }

        List<string> complaints = [];
        return _tours[(width, scheme)] = (await _browser.OpenAsync(address, width, scheme, complaints), complaints);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
