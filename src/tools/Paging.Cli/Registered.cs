using Paging.Tour;
using Paging.WindowsTour;

namespace Paging.Cli;

/// <summary>What the command line knows of systems beside Linux. Each part is named here, and found nowhere else.</summary>
internal static class Registered
{
    /// <summary>The stories of the tour, in its order.</summary>
    public static IReadOnlyList<StoryEntry> Stories => [.. StoryCatalog.All, WindowsStory.Entry];

    /// <summary>A story by its name, or null.</summary>
    public static StoryEntry? FindStory(string name) =>
        Stories.FirstOrDefault(story => string.Equals(story.Name, name, StringComparison.Ordinal));
}
