using System.Xml.Linq;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary>
/// The pictures of the README are those that the tour draws today: the same facts and the same words, in any place.
/// </summary>
public sealed class ReadmePictureTests
{
    private const string WriteVariable = "PAGING_WRITE_PICTURES";

    [Theory]
    [InlineData("agreed-and-done.svg", "brk", 3, "space-1")]
    [InlineData("copy-on-write.svg", "copy", 2, "mapping-1-b7ffd")]
    public void APictureAgreesWithTheEngine(string file, string name, int step, string key)
    {
        Story story = TourStories.All.Single(story => string.Equals(story.Name, name, StringComparison.Ordinal));
        Figure figure = story.Steps[step - 1].Figures.Single(figure => string.Equals(figure.Key, key, StringComparison.Ordinal));
        string path = Path.Combine(ExerciseTests.Root, "docs", "pictures", file);
        if (Environment.GetEnvironmentVariable(WriteVariable) is "1") File.WriteAllText(path, figure.ToFile());
        Assert.Equal(Facts(XElement.Parse(figure.ToFile())), Facts(XElement.Load(path)), StringComparer.Ordinal);
        Assert.Contains($"docs/pictures/{file}", File.ReadAllText(Path.Combine(ExerciseTests.Root, "README.md")), StringComparison.Ordinal);
    }

    /// <summary>All <c>data-</c> attributes and all texts, in order; not their places and colours.</summary>
    private static IEnumerable<string> Facts(XElement picture) => picture.Descendants().SelectMany(static element =>
        element.Attributes().Where(static attribute => attribute.Name.LocalName.StartsWith("data-", StringComparison.Ordinal))
            .Select(static attribute => $"{attribute.Name}={attribute.Value}")
            .Concat(element.Name.LocalName is "text" or "title" or "desc" ? [element.Value] : []));
}
