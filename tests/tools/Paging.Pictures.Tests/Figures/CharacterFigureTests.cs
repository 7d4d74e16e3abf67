using Paging.Pictures.Characters;
using Paging.Pictures.Figures;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary>Pictures in characters show the same as those in SVG.</summary>
public sealed class CharacterFigureTests
{
    private const string Patterns = "█▓▒▚░";

    public static TheoryData<string, int> Stories
    {
        get
        {
            TheoryData<string, int> cases = [];
            foreach (Story story in TourStories.All)
                foreach (int columns in (int[])[CharacterFigure.ColumnsMin, 80, 100]) cases.Add(story.Name, columns);
            return cases;
        }
    }

    private static IEnumerable<(string Place, Figure Figure)> FiguresOf(string story) =>
        TourStories.Figures.Where(shown => shown.Place.StartsWith(story + "/", StringComparison.Ordinal));

    private static string[] Lines(Figure figure, int columns) =>
        [.. CharacterFigure.Draw(figure, columns).Select(static line => string.Concat(line.Select(static run => run.Text)))];

    /// <summary>A text that the SVG cuts may go on here.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Stories))]
    public void EveryTextOfAPictureIsThereAndNoLineIsTooWide(string story, int columns)
    {
        List<string> missing = [];
        foreach ((string place, Figure figure) in FiguresOf(story))
        {
            string[] lines = Lines(figure, columns);
            Assert.All(lines, line => Assert.True(line.Length <= columns, $"{place} {figure.Key}: {line.Length} columns: {line}"));
            foreach (string text in new SvgReader(figure).Texts)
            {
                string words = text.TrimEnd('…').TrimEnd();
                if (!lines.Any(line => line.Contains(words, StringComparison.Ordinal))) missing.Add($"{place} {figure.Key}: '{text}'");
            }
        }

        Assert.Empty(missing);
    }

    /// <summary>As many texts of a kind as the SVG has: one that another one hides would be missed by the test above.</summary>
    [Theory, MemberData(nameof(Stories))]
    public void EveryFrameOfAMappingIsThereOnceWithAnArrowToIt(string story, int columns)
    {
        foreach ((string place, Figure figure) in FiguresOf(story)
            .Where(static shown => shown.Figure.Key.StartsWith("mapping-", StringComparison.Ordinal)))
        {
            string[] lines = Lines(figure, columns);
            string[] targets = [.. new SvgReader(figure).Elements.Select(static curve => curve.Attribute("data-to")?.Value)
                .OfType<string>()];
            foreach (SvgBox frame in new SvgReader(figure).Boxes("frame"))
            {
                string line = Assert.Single(lines, line => line.Contains($" {frame.Value.PadLeft(3, '0')} ", StringComparison.Ordinal)
                    && line.IndexOfAny([.. Patterns]) >= 0);
                bool isTarget = targets.Contains(frame.Value, StringComparer.Ordinal);
                Assert.True(isTarget == (line.Contains('▶', StringComparison.Ordinal) || line.Contains('◀', StringComparison.Ordinal)),
                    $"{place} {figure.Key}: {line}");
            }
        }
    }

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Stories))]
    public void AChangedEntryHasAStar(string story, int columns)
    {
        foreach ((string place, Figure figure) in FiguresOf(story))
        {
            bool isMarked = CharacterFigure.Draw(figure, columns).Any(static line => line.Any(static run =>
                run.Ink == CharacterInk.Changed && run.Text.Contains('*', StringComparison.Ordinal)));
            bool isChanged = new SvgReader(figure).Elements.Any(static shape => shape.Attribute("class")?.Value is "ch" or "chr");
            Assert.True(isMarked == isChanged, $"{place} {figure.Key}: changed {isChanged}, a star {isMarked}");
        }
    }

    /// <summary>The bars are proportional to their counts: of two processes one has half as much.</summary>
    [Fact]
    public void ABarIsToScale()
    {
        Figure figure = TourStories.Figures.First(static shown => string.Equals(shown.Figure.Key, "footprint", StringComparison.Ordinal)
            && new SvgReader(shown.Figure).Boxes("bar").Select(static bar => bar.Of("bytes")).Distinct(StringComparer.Ordinal).Count() > 2)
            .Figure;
        SvgBox[] bars = [.. new SvgReader(figure).Boxes("bar")];
        int[] lengths = [.. Lines(figure, 100).Where(static line => line.TrimStart().Split(' ')[0] is "rss" or "pss" or "private"
            && line.IndexOfAny([.. Patterns]) >= 0)
            .Select(static line => line.Count(static character => Patterns.Contains(character, StringComparison.Ordinal)))];
        Assert.Equal(bars.Length, lengths.Length);
        double unit = lengths.Max() / (double)bars.Max(static bar => bar.NumberOf("bytes"));
        for (int i = 0; i < bars.Length; i++) Assert.InRange(lengths[i], (bars[i].NumberOf("bytes") * unit) - 1,
            (bars[i].NumberOf("bytes") * unit) + 1);
    }

    /// <summary>Control characters would steer the terminal, and characters of two columns would make a line too wide.</summary>
    [Theory]
    [InlineData("日本語 🖼 and a name that is so long that it cannot possibly fit beside the size of the area in the picture")]
    [InlineData("\u0001\u001b[31m \uD800 end")]
    public void NamesDoNotReachTheTerminalAsTheyAre(string name)
    {
        Figure figure = FlowFigure.Draw(name, [name, name], [(0, 1, name)]);
        Assert.DoesNotContain(Lines(figure, 80), static line => line.Length > 80 || line.Any(char.IsControl)
            || line.Any(static character => character is >= '\u2E80' and <= '\uD7A3'));
    }

    [Theory]
    [InlineData(CharacterFigure.ColumnsMin - 1)]    // the texts have no room
    [InlineData(CharacterFigure.ColumnsMax + 1)]
    [InlineData(int.MaxValue)]
    public void AWidthOfNoTerminalIsRefused(int columns) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        CharacterFigure.Draw(TourStories.Figures.First().Figure, columns));
}
