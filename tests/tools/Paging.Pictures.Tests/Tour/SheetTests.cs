using System.Text.Json;
using Paging.Cli;
using Paging.Scripting.Engine;

namespace Paging.Pictures.Tests;

/// <summary><c>paging exercise --student</c>: sheets of a student's own, keys that hold, and grades for a learning platform.</summary>
public sealed class SheetTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-sheet-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(["exercise", .. args], output, errors, static options => new EngineMachine(options));
        return (code, output.ToString(), errors.ToString());
    }

    /// <summary>The key of many sheets, beside answers that are found from the printed text alone.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("S3cret")]
    [InlineData("2026-11-30")]
    public void TheKeyIsWhatAStudentFindsByHand(string seed)
    {
        for (int i = 0; i < 60; i++)
        {
            string sheet = Run("--student", $"student {i}", "--sheet", seed).Output;
            Dictionary<string, string> byHand = SheetAnswersByHand.Of(sheet);
            Dictionary<string, string> key = KeyOf(Run("--student", $"student {i}", "--sheet", seed, "--key").Output);
            Assert.Equal(19, key.Count);
            foreach ((string part, string right) in key)
                Assert.True(string.Equals(byHand[part], right, StringComparison.Ordinal), $"{i}, {part}: {right}\n{sheet}");
        }
    }

    /// <summary>The numbers are drawn from the name and the seed alone, so they stay; this key was worked out with a pencil.</summary>
    [Fact]
    public void ASheetIsTheSameEverywhere()
    {
        string sheet = Run("--student", "anna", "--sheet", "s").Output, key = Run("--student", "anna", "--sheet", "s", "--key").Output;
        Assert.Contains("fork()\n  [1] store(0x30002000, 0x01)\n  [1] store(0x30003000, 0x01)\n  [1] store(0x30009000, 0x01)\n"
            + "  store(0x30003000, 0x01)\n  store(0x30004000, 0x01)\n", sheet, StringComparison.Ordinal);
        Assert.Contains("mprotect(0x408e3000, 0x7000, PROT_READ)\n  mprotect(0x408e6000, 0x3000, PROT_READ|PROT_WRITE)\n"
            + "  munmap(0x408eb000, 0x2000)\n  mprotect(0x408e3000, 0x1000, PROT_READ|PROT_WRITE)\n", sheet, StringComparison.Ordinal);
        Assert.Contains("3 frames, empty at first. The policy is CLOCK", sheet, StringComparison.Ordinal);
        Assert.Contains("\n  2 1 4 2 3 1 3 1 2 1 3 4 3 4 3 1\n", sheet, StringComparison.Ordinal);
        Assert.EndsWith("\n3a: 3\n3b: 10\n3c: 6\n3d: 7\n4a: 6\n4b: 408e0000-408e4000 rw-p; 408e4000-408e6000 r--p; "
            + "408e6000-408e9000 rw-p; 408e9000-408ea000 r--p; 408ea000-408eb000 rw-p; 408ed000-408f2000 rw-p\n5a: 8\n5b: 2 4 3 1 2\n",
            key, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryStudentAndEverySeedHasASheetOfItsOwn()
    {
        string[] sheets = [.. new[] { ("anna", "1"), ("ben", "1"), ("anna", "2"), ("Anna", "1"), ("1", "anna") }
            .Select(static one => Run("--student", one.Item1, "--sheet", one.Item2).Output)];
        Assert.Distinct(sheets, StringComparer.Ordinal);
        Assert.Distinct(sheets.Select(static sheet => sheet[sheet.IndexOf('\n', StringComparison.Ordinal)..]), StringComparer.Ordinal);
        Assert.Equal(sheets[0], Run("--student", "anna").Output);    // seed 1
        Assert.Equal(sheets[0], Run("--sheet", "1", "--student", "anna").Output);
    }

    /// <summary>No sheet shows its seed, from which anyone has the key.</summary>
    [Fact]
    public void TheSheetGivesNothingAway()
    {
        string sheet = Run("--student", "anna", "--sheet", "qqseedqq").Output;
        Assert.DoesNotContain("qqseedqq", sheet, StringComparison.Ordinal);
        Assert.DoesNotContain(") = ", sheet, StringComparison.Ordinal);
        string[] rows = [.. Run("--student", "anna", "--sheet", "qqseedqq", "--key").Output.Split('\n')
            .Where(static line => line.Contains("-p", StringComparison.Ordinal))];
        Assert.DoesNotContain(Assert.Single(rows)[4..], sheet, StringComparison.Ordinal);
    }

    [Fact]
    public void TheKeyHasTheFullScore()
    {
        string file = Write(Run("--student", "änna \"x\"", "--sheet", "s", "--key").Output);
        (int code, string output, string errors) = Run("--student", "änna \"x\"", "--sheet", "s", "--check", file);
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(1, output.Count('\n'));
        using JsonDocument line = JsonDocument.Parse(output);
        Assert.Equal(("änna \"x\"", "s", 19, 19), (Text(line, "student"), Text(line, "sheet"), Number(line, "score"), Number(line, "of")));
        Assert.All(line.RootElement.GetProperty("answers").EnumerateArray(),
            static one => Assert.True(one.GetProperty("right").GetBoolean()));
    }

    /// <summary>Forms of writing do not count, wrong and missing answers do; the line does not say what is right.</summary>
    [Fact]
    public void AnAnswerIsReadAsItIsMeant()
    {
        Dictionary<string, string> right = KeyOf(Run("--student", "anna", "--sheet", "s", "--key").Output);
        string victims = right["5b"], rows = right["4b"];
        string file = Write($"# mine\n\n5B :  {victims.Replace(' ', ',')}\r\n4b: {rows.Replace("; ", " ;", StringComparison.Ordinal)}\n"
            + $"4a: 0{right["4a"]}\n2b: MAPERR\n2a: none\n3a:\n1a: 0X{rows[..8].ToUpperInvariant()}\n");
        (int code, string output, string errors) = Run("--student", "anna", "--sheet", "s", "--check", file);
        Assert.Equal((1, ""), (code, errors));
        using JsonDocument line = JsonDocument.Parse(output);
        Dictionary<string, (string? Answer, bool IsRight)> graded = new(StringComparer.Ordinal);
        foreach (JsonElement one in line.RootElement.GetProperty("answers").EnumerateArray())
            graded.Add(one.GetProperty("part").GetString()!,
                (one.GetProperty("answer").GetString(), one.GetProperty("right").GetBoolean()));
        Assert.Equal(4, Number(line, "score"));
        Assert.All((string[])["5b", "4b", "4a", "2b"], part => Assert.True(graded[part].IsRight, part));
        Assert.Equal(("none", false), graded["2a"]);
        Assert.Equal(("", false), graded["3a"]);
        Assert.Equal((null, false), graded["3b"]);
        Assert.DoesNotContain($"\"{right["3b"]}\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", ":1: an answer is a line like '1a: 00023abc'")]
    [InlineData("\n9z: 1", ":2: the sheet has no part '9z'")]
    [InlineData("1a: 1\n1A: 2", ":2: a second answer to 1a")]
    public void AFileThatIsNoAnswersIsALine(string text, string reason)
    {
        string file = Write(text);
        Assert.Equal((2, "", $"{file}{reason}\n"), Run("--student", "anna", "--check", file));
    }

    [Fact]
    public void AFileThatCannotBeReadIsALine()
    {
        string missing = Path.Combine(_directory, "missing");
        Assert.Equal((2, "", $"{missing}: no such file or directory\n"), Run("--student", "anna", "--check", missing));
        Assert.Equal((2, "", $"{_directory}: a directory\n"), Run("--student", "anna", "--check", _directory));
        string large = Write(new string('#', (1 << 20) + 1));
        Assert.Equal((2, "", $"{large}: too long for a file of answers\n"), Run("--student", "anna", "--check", large));
    }

    [Theory]
    [InlineData("--key needs --student NAME", "--key")]
    [InlineData("--check needs --student NAME", "--check", "x")]
    [InlineData("--sheet needs --student NAME", "fork", "--sheet", "1")]
    [InlineData("--student has a sheet of its own: leave out the exercise", "fork", "--student", "anna")]
    [InlineData("--student has a sheet of its own: leave out --json", "--json", "--student", "anna")]
    [InlineData("--student has a sheet of its own: leave out --answer", "--answer", "1", "--student", "anna")]
    [InlineData("--key prints the answers and --check grades them: leave out one", "--student", "anna", "--key", "--check", "x")]
    [InlineData("--student is at most 100 characters in one line", "--student", "")]
    [InlineData("--student is at most 100 characters in one line", "--student", "a\nb")]
    [InlineData("--student is given more than once", "--student", "a", "--student", "b")]
    [InlineData("--student needs a value: NAME", "--student")]
    public void WhatDoesNotGoTogetherIsRefusedInALine(string reason, params string[] args) =>
        Assert.Equal((2, "", $"paging exercise: {reason} (see paging exercise --help)\n"), Run(args));

    /// <summary>A hundred characters are the most, of both texts.</summary>
    [Fact]
    public void ANameOfAHundredCharactersIsTheLongest()
    {
        string most = new('ä', 100), tooLong = most + "b";
        (int code, _, string errors) = Run("--student", most, "--sheet", most);
        Assert.Equal((0, ""), (code, errors));
        AssertTooLong("--student", Run("--student", tooLong));
        AssertTooLong("--sheet", Run("--student", "a", "--sheet", tooLong));

        static void AssertTooLong(string option, (int, string, string) run) => Assert.Equal(
            (2, "", $"paging exercise: {option} is at most 100 characters in one line (see paging exercise --help)\n"), run);
    }

    private static Dictionary<string, string> KeyOf(string printed) => printed.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(static line => line[..2], static line => line[4..], StringComparer.Ordinal);

    private string Write(string text)
    {
        string file = Path.Combine(_directory, "answers.txt");
        File.WriteAllText(file, text);
        return file;
    }

    private static string Text(JsonDocument line, string name) => line.RootElement.GetProperty(name).GetString()!;

    private static int Number(JsonDocument line, string name) => line.RootElement.GetProperty(name).GetInt32();
}
