using System.CommandLine;
using System.Globalization;
using Paging.Cli.Manual;
using Paging.Pictures.Pages;

namespace Paging.Cli.Exercises;

/// <summary><c>paging exercise</c>: a question about a scenario; the engine checks the answer, and pictures explain it.</summary>
internal static class ExerciseCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors, TerminalInk ink)
    {
        Argument<string?> name = new("NAME")
        {
            Description = "Exercise to show [default: list all].",
            HelpName = "NAME",
            Arity = ArgumentArity.ZeroOrOne,
        };
        name.CompletionSources.Add([.. Names]);
        Option<string> answer = CommandOption.Text("--answer", "N[,N]", "Numbers in the order of the questions.");
        Option<string> explain = CommandOption.Text("--explain", "FILE.html", "Write a page that shows each call with pictures.");
        Command command = new("exercise", "Answer questions about memory calls; the engine checks the answers and explains them.")
        {
            name, answer, explain,
        };
        command.SetAction(result =>
        {
            if (result.GetValue(name) is not { } asked) return List(output);
            Exercise? exercise = Exercise.All.FirstOrDefault(known => string.Equals(known.Name, asked, StringComparison.Ordinal));
            return exercise is null
                ? Refusal.Report(errors, $"paging exercise: there is no exercise '{asked}'{NearestWord.Hint(asked, Names)} "
                    + "(see paging exercise)")
                : Run(exercise, result.GetValue(answer), result.GetValue(explain), output, errors, ink);
        });
        return command;
    }

    private static IEnumerable<string> Names => Exercise.All.Select(static exercise => exercise.Name);

    private static int List(TextWriter output)
    {
        foreach (IGrouping<int, Exercise> lesson in Exercise.All.GroupBy(static exercise => exercise.Lesson))
        {
            output.Write($"Lesson {lesson.Key}\n");
            foreach (Exercise exercise in lesson) output.Write($"  {exercise.Name,-16} {exercise.Question}\n");
        }

        return ExitCode.Agreement;
    }

    private static int Run(Exercise exercise, string? answer, string? explain, TextWriter output, TextWriter errors, TerminalInk ink)
    {
        ExerciseRun run = new(exercise);
        if (explain is not null && !UserFiles.TryWrite(explain, StoryPage.Write([run.Explain()]), out string? refusal))
            return Refusal.Report(errors, refusal!);
        if (answer is null)
        {
            output.Write($"{exercise.Question}\n\n{run.Calls}\n");
            string form = string.Join(',', exercise.Asked.Select(static _ => "N"));
            output.Write($"Answer with: {ink.Code($"paging exercise {exercise.Name} --answer {form}")}\n");
            output.Write($"The numbers are: {string.Join(", ", exercise.Asked)}.\n");
            return ExitCode.Agreement;
        }

        string[] parts = answer.Split(',', StringSplitOptions.TrimEntries);
        long[] numbers = [.. parts.TakeWhile(static part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(static part => long.Parse(part, CultureInfo.InvariantCulture))];
        if (numbers.Length != exercise.Asked.Length || parts.Length != numbers.Length)
            return Refusal.Report(errors,
                $"paging exercise: --answer is {exercise.Asked.Length} numbers with commas between, not '{answer}'");
        bool isRight = true;
        for (int i = 0; i < numbers.Length; i++)
        {
            bool agrees = run.Counted[i] == numbers[i];
            isRight &= agrees;
            output.Write($"{(agrees ? ink.Good("right") : ink.Bad("wrong"))}  {exercise.Asked[i]} = {numbers[i]}\n");
        }

        output.Write(isRight ? exercise.Reason + "\n"
            : $"Look at each call: {ink.Code($"paging exercise {exercise.Name} --explain {exercise.Name}.html")}\n");
        return isRight ? ExitCode.Agreement : ExitCode.Difference;
    }
}
