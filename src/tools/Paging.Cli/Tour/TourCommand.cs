using System.CommandLine;
using Paging.Cli.Manual;
using Paging.Pictures.Pages;
using Paging.Tour;

namespace Paging.Cli.Tour;

/// <summary><c>paging tour</c>: stories about memory on a live engine, in the terminal and as a page with pictures.</summary>
internal static class TourCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors, Terminals terminals)
    {
        Argument<string?> name = new("NAME")
        {
            Description = "Story to show [default: all].",
            HelpName = "NAME",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> folder = CommandOption.Text("--out", "DIR",
            "Write tour.html and all pictures into this directory.");
        Option<string> story = CommandOption.Text("--story", "NAME", "Same as NAME.");
        name.CompletionSources.Add([.. Names]);
        story.CompletionSources.Add([.. Names]);
        Option<bool> list = CommandOption.Flag("--list", "Print only the names of the stories.");
        Command command = new("tour", "Show stories about memory on a live engine: step by step on a terminal, as a page with pictures "
            + "with --out, and as text in a pipe or with NO_COLOR.")
        {
            name, folder, story, list,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(name) is { Tokens.Count: > 0 } && result.GetResult(story) is not null)
                result.AddError("say NAME or --story NAME, not both");
        });
        command.SetAction(result =>
        {
            if (result.GetValue(list)) return List(output);
            string? asked = result.GetValue(name) ?? result.GetValue(story);
            IReadOnlyList<StoryEntry> entries = asked is null ? Registered.Stories
                : Registered.FindStory(asked) is { } found ? [found] : [];
            return entries.Count == 0
                ? Refusal.Report(errors,
                    $"paging tour: there is no story '{asked}'{NearestWord.Hint(asked!, Names)} (see paging tour --list)")
                : Tell(entries, result.GetValue(folder), output, errors, terminals);
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

    private static int Tell(
        IReadOnlyList<StoryEntry> entries, string? folder, TextWriter output, TextWriter errors, Terminals terminals)
    {
        TerminalInk ink = TerminalInk.Of(terminals);
        if (folder is null && TourScreen.IsPossible(terminals, ink))
        {
            List<StoryEntry> all = [.. Registered.Stories];    // the next one is a key away
            TourScreen.Show(all, all.FindIndex(story => string.Equals(story.Name, entries[0].Name, StringComparison.Ordinal)), output, ink);
            return ExitCode.Agreement;
        }

        if (folder is not null && !TourFiles.TryBegin(folder, out string? refusal)) return Refusal.Report(errors, refusal!);
        List<Story> told = [];
        foreach (StoryEntry entry in entries)
        {
            Story story = entry.Tell();
            Write(story, output, TourScreen.ColumnsOf(terminals), ink);
            output.Flush();
            told.Add(story);
        }

        string counts = $"{told.Count} {(told.Count == 1 ? "story" : "stories")}, "
            + Counted.Of(told.Sum(static story => story.Steps.Count), "step");
        if (folder is null)
        {
            output.Write($"{counts}; --out DIR writes them as a page with pictures\n");
        }
        else
        {
            if (!TourFiles.TryWrite(told, folder, out int count, out refusal)) return Refusal.Report(errors, refusal!);
            output.Write($"{counts}: open {Path.Combine(folder, TourFiles.PageName)}; {count} pictures beside it\n");
        }

        output.Flush();
        return ExitCode.Agreement;
    }

    /// <summary>Writes a whole story, for a file, a pipe, or a terminal without input.</summary>
    private static void Write(Story story, TextWriter output, int columns, TerminalInk ink)
    {
        foreach (string line in StepText.Heading(story, columns, ink)) output.Write(line + "\n");
        for (int i = 0; i < story.Steps.Count; i++)
            foreach (string line in StepText.Lines(story, i, columns, ink)) output.Write(line + "\n");
    }
}
