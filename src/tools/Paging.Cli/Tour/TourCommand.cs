using System.CommandLine;
using Paging.Cli.Manual;
using Paging.Pictures.Pages;
using Paging.Tour;

namespace Paging.Cli.Tour;

/// <summary><c>paging tour</c>: stories about memory on a live engine, told in the terminal, and as a page with pictures.</summary>
internal static class TourCommand
{
    private const string DefaultFolder = "paging-tour";

    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors, TerminalInk ink)
    {
        Option<string> folder = new("--out")
        {
            Description = $"Where to write tour.html and the pictures [default: {DefaultFolder}].",
            HelpName = "DIR",
        };
        Option<string> story = new("--story") { Description = "Tell only this story.", HelpName = "NAME" };
        story.CompletionSources.Add([.. Names]);
        Option<bool> list = new("--list") { Description = "Print the names of the stories and tell none." };
        Command command = new("tour", "Tells stories about memory on a live engine, and writes them as a page with pictures.")
        {
            folder, story, list,
        };
        command.SetAction(result =>
        {
            if (result.GetValue(list)) return List(output);
            string? name = result.GetValue(story);
            if (name is null) return Tell(Registered.Stories, result.GetValue(folder) ?? DefaultFolder, output, errors, ink);
            return Registered.FindStory(name) is { } found
                ? Tell([found], result.GetValue(folder) ?? DefaultFolder, output, errors, ink)
                : Refusal.Tell(errors, $"paging tour: there is no story '{name}'{NearestWord.Hint(name, Names)} (see paging tour --list)");
        });
        return command;
    }

    private static IEnumerable<string> Names => Registered.Stories.Select(static story => story.Name);

    private static int List(TextWriter output)
    {
        foreach (StoryEntry story in Registered.Stories) output.Write($"{story.Name,-14} {story.Claim}\n");
        output.Flush();
        return ExitCode.Agreement;
    }

    private static int Tell(IReadOnlyList<StoryEntry> entries, string folder, TextWriter output, TextWriter errors, TerminalInk ink)
    {
        List<Story> told = [];
        foreach (StoryEntry entry in entries)
        {
            Story story = entry.Tell();
            TourText.Write(story, output, ink);
            output.Flush();
            told.Add(story);
        }

        if (!TourFiles.TryWrite(told, folder, out int count, out string? refusal)) return Refusal.Tell(errors, refusal!);
        output.Write($"{told.Count} {(told.Count == 1 ? "story" : "stories")}, {told.Sum(static story => story.Steps.Count)} steps: " +
            $"open {Path.Combine(folder, TourFiles.PageName)}; {count} pictures beside it\n");
        output.Flush();
        return ExitCode.Agreement;
    }
}
