using Paging.Pictures.Pages;

namespace Paging.Cli.Tour;

/// <summary>A story for the terminal: each step with its call, what it means, and what the figures were.</summary>
internal static class TourText
{
    private const int Columns = 92;

    /// <summary>Writes a story.</summary>
    public static void Write(Story story, TextWriter output, TerminalInk ink = default)
    {
        output.Write($"{ink.Strong(story.Title)}\n{new string('─', story.Title.Length)}\n{story.Claim}\n\n");
        for (int i = 0; i < story.Steps.Count; i++)
        {
            StoryStep step = story.Steps[i];
            output.Write($"{ink.Strong($"{i + 1}. {step.Title}")}\n");
            foreach (string line in step.Call.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                output.Write($"   {ink.Code("> " + line)}\n");
            foreach (string line in PageText.ToLines(step.Text, Columns)) output.Write($"   {line}\n");
            output.Write('\n');
        }
    }
}
