using System.CommandLine;
using System.Globalization;
using Paging.Cli.Exercises.Sheets;
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
        Option<string> hint = CommandOption.Text("--hint", "1-3", "Say what to think of; which calls count; what each of them counts.");
        Option<string> explain = CommandOption.OutputFile("--explain", "FILE.html", "Write a page that shows each call with pictures.");
        Option<bool> json = CommandOption.Flag("--json", "Print the question, or the result of an answer, as JSON.");
        Command command = new("exercise", "Answer questions about memory calls; the engine checks the answers and explains them.")
        {
            name, answer, hint, explain, json,
        };
        SheetCommand sheets = new();
        sheets.AddTo(command, name, answer, hint, explain, json);
        command.SetAction(result =>
        {
            if (sheets.Run(result, output, errors) is { } code) return code;
            if (result.GetValue(name) is not { } asked) return result.GetValue(json) ? ExerciseJson.List(output) : List(output);
            Exercise? exercise = Exercise.All.FirstOrDefault(known => string.Equals(known.Name, asked, StringComparison.Ordinal));
            return exercise is null
                ? Refusal.Report(errors, $"paging exercise: there is no exercise '{asked}'{NearestWord.Hint(asked, Names)} "
                    + "(see paging exercise)")
                : Run(exercise, new(result.GetValue(answer), result.GetValue(hint), result.GetValue(explain), result.GetValue(json)),
                    output, errors, ink);
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

    private readonly record struct Wishes(string? Answer, string? Hint, string? Explain, bool IsJson);

    private static int Run(Exercise exercise, Wishes wishes, TextWriter output, TextWriter errors, TerminalInk ink)
    {
        ExerciseRun run = new(exercise);
        if (wishes.Explain is { } explain && !UserFiles.TryWrite(explain, StoryPage.Write([run.Explain()]), out string? refusal))
            return Refusal.Report(errors, refusal!);
        if (wishes.Hint is { } hint) return Help(exercise, run, hint, output, errors);
        if (wishes.Answer is not { } answer)
        {
            if (wishes.IsJson) return ExerciseJson.Question(exercise, run, output);
            output.Write($"{exercise.Question}\n\n");
            foreach (string call in run.Calls) output.Write($"  {call}\n");
            output.Write('\n');
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
        if (wishes.IsJson) return ExerciseJson.Result(exercise, run, numbers, output);
        bool isRight = true;
        for (int i = 0; i < numbers.Length; i++)
        {
            bool agrees = run.Counted[i] == numbers[i];
            isRight &= agrees;
            output.Write($"{(agrees ? ink.Good("right") : ink.Bad("wrong"))}  {exercise.Asked[i]} = {numbers[i]}\n");
        }

        output.Write(isRight ? exercise.Reason + "\n" : $"A hint: {ink.Code($"paging exercise {exercise.Name} --hint 1")}\n");
        return isRight ? ExitCode.Agreement : ExitCode.Difference;
    }

    /// <summary>Hints by degrees. The last one holds the answer, as --explain does with pictures.</summary>
    private static int Help(Exercise exercise, ExerciseRun run, string degree, TextWriter output, TextWriter errors)
    {
        switch (degree)
        {
            case "1": output.Write($"{exercise.Thought}\nMore: --hint 2\n"); break;
            case "2":
                output.Write("These calls count:\n");
                foreach ((string call, _) in run.Counting) output.Write($"  {call}\n");
                output.Write("More: --hint 3\n");
                break;
            case "3":
                foreach ((string call, string changes) in run.Counting) output.Write($"  {call}\n      {changes}\n");
                output.Write($"With pictures: --explain {exercise.Name}.html\n");
                break;
            default: return Refusal.Report(errors, $"paging exercise: --hint is 1, 2 or 3, not '{degree}'");
        }

        return ExitCode.Agreement;
    }
}
