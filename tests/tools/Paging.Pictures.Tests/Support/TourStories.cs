using Paging.Cli;
using Paging.Pictures.Pages;
using Paging.Tour;

namespace Paging.Pictures.Tests;

/// <summary>Every story of the tour, run once for all tests.</summary>
internal static class TourStories
{
    private static readonly Lazy<IReadOnlyList<Story>> Stories = new(static () =>
        [.. Registered.Stories.Select(static story => story.Tell())]);

    public static IReadOnlyList<Story> All => Stories.Value;

    /// <summary>Every picture of every step, with where it is shown.</summary>
    public static IEnumerable<(string Place, Figure Figure)> Figures =>
        All.SelectMany(static story => story.Steps.SelectMany((step, i) =>
            step.Figures.Select(figure => ($"{story.Name}/{i + 1}", figure))));
}
