using Paging.Pictures;
using Paging.Pictures.Characters;
using Paging.Pictures.Pages;

namespace Paging.Cli.Tour;

/// <summary>A step of a story in lines for a terminal or a file: the event, its meaning, and the machine in characters.</summary>
internal static class StepText
{
    /// <summary>The most columns used: longer lines are hard to read, and wider pictures show no more.</summary>
    public const int ColumnsMax = 100;

    /// <summary>The columns of a file or a pipe.</summary>
    public const int ColumnsOfFile = 80;

    private const int Indent = 3;
    private const string Margin = "   ";

    /// <summary>The heading of a story.</summary>
    public static IEnumerable<string> Heading(Story story, int columns, TerminalInk ink)
    {
        string title = Cut(story.Title, columns);
        yield return ink.Strong(title);
        yield return new('─', title.Length);
        foreach (string line in PageText.ToLines(story.Claim, columns)) yield return line;
        yield return "";
    }

    /// <summary>The lines of a step. None is wider than the columns, however long a name is.</summary>
    /// <param name="story">The story.</param>
    /// <param name="index">The index of the step, from 0.</param>
    /// <param name="columns">The width.</param>
    /// <param name="ink">Colours.</param>
    /// <param name="showsAll">True for all pictures, not only the two that a page would open.</param>
    public static IEnumerable<string> Lines(Story story, int index, int columns, TerminalInk ink, bool showsAll = false)
    {
        StoryStep step = story.Steps[index];
        yield return ink.Strong(Cut($"{index + 1}. {step.Title}", columns));
        foreach (string line in step.Call.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            foreach (string part in Wrapped("> " + line, columns)) yield return Margin + ink.Code(part);
        foreach (string line in PageText.ToLines(step.Text, columns - Indent)) yield return Margin + line;
        yield return "";
        HashSet<string> open = [.. step.KeysToOpen(index == 0 ? null : story.Steps[index - 1])];
        foreach (Figure figure in step.Figures.Where(figure => showsAll || open.Contains(figure.Key)))
        {
            foreach (string line in PictureLines(figure, columns, ink)) yield return line;
            yield return "";
        }
    }

    /// <summary>The text, cut to the columns.</summary>
    public static string Cut(string text, int columns) => text.Length <= columns ? text : text[..Math.Max(0, columns - 1)] + "…";

    private static IEnumerable<string> PictureLines(Figure figure, int columns, TerminalInk ink)
    {
        yield return Margin + ink.Strong(Cut(figure.Title, columns - Indent));
        if (columns - 1 < CharacterFigure.ColumnsMin)    // too narrow for a picture: its text
        {
            foreach (string line in PageText.ToLines(figure.Description, columns - Indent))
                yield return Margin + Cut(line, columns - Indent);
            yield break;
        }

        foreach (IReadOnlyList<CharacterRun> line in CharacterFigure.Draw(figure, columns - 1))
            yield return line.Count == 0 ? "" : " " + string.Concat(line.Select(ink.Picture));
    }

    /// <summary>Wraps a call and keeps its spaces.</summary>
    private static IEnumerable<string> Wrapped(string text, int columns)
    {
        int room = Math.Max(8, columns - Indent);
        for (int at = 0; at < text.Length; at += room) yield return text[at..Math.Min(text.Length, at + room)];
    }
}
