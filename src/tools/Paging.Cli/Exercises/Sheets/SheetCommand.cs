using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Paging.Cli.Exercises.Sheets;

/// <summary><c>paging exercise --student</c>: a sheet of a student's own, its key, and the grade of a file of answers.</summary>
internal sealed class SheetCommand
{
    private const int TextLengthMax = 100;

    private readonly Option<string> _student =
        CommandOption.Text("--student", "NAME", "Print a sheet with numbers of this student's own, instead of an exercise.");

    private readonly Option<string> _sheet =
        CommandOption.Text("--sheet", "SEED", "Seed of the sheet: any word, best a secret one, as it keeps the key [default: 1].");

    private readonly Option<bool> _key = CommandOption.Flag("--key", "Print the right answers, which the engine computes.");

    private readonly Option<string> _check =
        CommandOption.Text("--check", "FILE", "Grade a file of answers, lines like '1a: 00023abc'; prints one line of JSON.");

    /// <summary>Adds the options to the command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="others">Its arguments and options for exercises, which do not go with a student.</param>
    public void AddTo(Command command, params Symbol[] others)
    {
        foreach (Option option in (Option[])[_student, _sheet, _key, _check]) command.Options.Add(option);
        foreach (Option<string> text in (Option<string>[])[_student, _sheet]) text.Validators.Add(CheckText);
        command.Validators.Add(result =>
        {
            bool hasStudent = result.GetResult(_student) is not null;
            Option? lonely = ((Option[])[_sheet, _key, _check]).FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
            Symbol? other = others.FirstOrDefault(symbol => symbol is Argument argument
                ? result.GetResult(argument) is { Tokens.Count: > 0 } : result.GetResult((Option)symbol) is { Implicit: false });
            if (!hasStudent && lonely is not null) result.AddError($"{lonely.Name} needs --student NAME");
            else if (hasStudent && other is not null)
                result.AddError($"--student has a sheet of its own: leave out {(other is Argument ? "the exercise" : other.Name)}");
            else if (result.GetResult(_key) is { Implicit: false } && result.GetResult(_check) is not null)
                result.AddError("--key prints the answers and --check grades them: leave out one");
        });
    }

    /// <summary>Executes the command. Null: no student was named.</summary>
    public int? Run(ParseResult result, TextWriter output, TextWriter errors)
    {
        if (result.GetValue(_student) is not { } student) return null;
        Sheet sheet = Sheet.Make(student, result.GetValue(_sheet) ?? "1");
        if (result.GetValue(_check) is not { } file)
        {
            output.Write(result.GetValue(_key) ? sheet.PrintKey() : sheet.Print());
            return ExitCode.Agreement;
        }

        return SheetAnswers.Read(file, sheet, out string? refusal) is { } answers
            ? Grade(sheet, answers, output) : Refusal.Report(errors, refusal!);
    }

    private static void CheckText(OptionResult result)
    {
        string text = result.Tokens is [{ Value: var value }] ? value : "x";
        if (text.Length is 0 or > TextLengthMax || text.Any(char.IsControl))
            result.AddError($"{result.Option.Name} is at most {TextLengthMax} characters in one line");
    }

    /// <summary>One line for a learning platform; the right answers are not in it. Exit code 1: not all are right.</summary>
    private static int Grade(Sheet sheet, Dictionary<string, string> answers, TextWriter output)
    {
        (string Id, string? Answer, bool IsRight)[] graded = [.. sheet.Parts.Select(one =>
        {
            string? answer = answers.GetValueOrDefault(one.Id);
            return (one.Id, answer, answer is not null && SheetAnswers.AreSame(answer, one.Part.Right));
        })];
        int score = graded.Count(static one => one.IsRight);
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("student", sheet.Student);
            writer.WriteString("sheet", sheet.Seed);
            writer.WriteNumber("score", score);
            writer.WriteNumber("of", graded.Length);
            writer.WriteStartArray("answers");
            foreach ((string id, string? answer, bool isRight) in graded)
            {
                writer.WriteStartObject();
                writer.WriteString("part", id);
                writer.WriteString("answer", answer);
                writer.WriteBoolean("right", isRight);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(bytes.WrittenSpan) + "\n");
        return score == graded.Length ? ExitCode.Agreement : ExitCode.Difference;
    }
}
