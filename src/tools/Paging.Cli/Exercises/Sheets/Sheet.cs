using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Paging.Testing.Randomness;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>The questions of one student: of the same kinds for all, with numbers of the student's own.</summary>
/// <remarks>
/// The same student and seed give the same sheet, on every host. The seed keeps the answers: who knows it can print them.
/// </remarks>
/// <param name="Student">The student's name, as it was given.</param>
/// <param name="Seed">The seed of the sheet, any text.</param>
/// <param name="Questions">The questions.</param>
internal sealed record Sheet(string Student, string Seed, ImmutableArray<SheetQuestion> Questions)
{
    /// <summary>Draws the sheet, and has the engine answer it.</summary>
    public static Sheet Make(string student, string seed)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\0{student}"));    // neither may contain a zero
        FuzzRandom random = new(BinaryPrimitives.ReadUInt64LittleEndian(hash));
        return new(student, seed,
        [
            TranslateQuestion.Make(random), FaultQuestion.Make(random), ForkQuestion.Make(random), MapsQuestion.Make(random),
            VictimQuestion.Make(random),
        ]);
    }

    /// <summary>The parts with their names, <c>1a</c>, <c>1b</c>, in order.</summary>
    public IEnumerable<(string Id, SheetPart Part)> Parts => Questions.SelectMany(static (question, number) =>
        question.Parts.Select((part, letter) => (IdOf(number, letter), part)));

    /// <summary>The sheet for the student. It holds no answer and no seed.</summary>
    public string Print()
    {
        StringBuilder text = new($"{Student}\n");
        for (int number = 0; number < Questions.Length; number++)
        {
            SheetQuestion question = Questions[number];
            text.Append($"\n{number + 1}. {question.Title}\n\n{question.Text}\n");
            for (int letter = 0; letter < question.Parts.Length; letter++)
                text.Append($"  {IdOf(number, letter)}  {question.Parts[letter].Ask}\n");
        }

        return text.Append("\nAnswers: a text file with a line for each, such as \"1a: 00023abc\".\n").ToString();
    }

    /// <summary>The right answers, in the form of an answer file.</summary>
    public string PrintKey() => string.Concat(Parts.Select(static one => $"{one.Id}: {one.Part.Right}\n"));

    private static string IdOf(int number, int letter) => $"{number + 1}{(char)('a' + letter)}";
}
