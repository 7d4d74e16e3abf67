namespace Paging.Core.Tests;

/// <summary>So many pages after the base under one letter.</summary>
internal readonly record struct Run(char Letter, int First, int Count);

/// <summary>Reads pictures: a column is a page.</summary>
internal static class Picture
{
    /// <summary>Areas: a capital begins one, and so does any other letter than the one before.</summary>
    public static IEnumerable<Run> Areas(string picture) =>
        Split(picture, static (before, letter) => char.IsUpper(letter) || char.ToLowerInvariant(before) != letter)
            .Select(static run => run with { Letter = char.ToLowerInvariant(run.Letter) });

    /// <summary>Runs of one letter, capitals apart.</summary>
    public static IEnumerable<Run> Runs(string picture) => Split(picture, static (before, letter) => before != letter);

    /// <summary>The one run of a letter.</summary>
    public static Run Only(string picture, char letter) => Runs(picture).Single(run => run.Letter == letter);

    private static IEnumerable<Run> Split(string picture, Func<char, char, bool> begins)
    {
        for (int first = 0, page = 1; page <= picture.Length; page++)
        {
            if (page < picture.Length && !begins(picture[page - 1], picture[page])) continue;
            if (picture[first] != '.') yield return new(picture[first], first, page - first);
            first = page;
        }
    }
}
