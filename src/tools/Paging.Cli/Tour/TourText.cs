using Paging.Pictures.Pages;

namespace Paging.Cli.Tour;

/// <summary>A whole story, for a file, a pipe, or a terminal without input.</summary>
internal static class TourText
{
    /// <summary>Writes a story.</summary>
    public static void Write(Story story, TextWriter output, int columns, TerminalInk ink)
    {
        foreach (string line in StepText.Heading(story, columns, ink)) output.Write(line + "\n");
        for (int i = 0; i < story.Steps.Count; i++)
            foreach (string line in StepText.Lines(story, i, columns, ink)) output.Write(line + "\n");
    }
}
