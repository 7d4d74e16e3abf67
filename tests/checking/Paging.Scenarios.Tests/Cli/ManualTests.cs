using System.Diagnostics;
using Paging.Cli;

namespace Paging.Scripting.Tests;

/// <summary>The command's own help: fifteen lines, a hundred columns, a manual page, completion, and guesses at mistyped words.</summary>
public sealed class ManualTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>The names of all commands, as the help lists them.</summary>
    private static string[] Commands => [.. CommandRun.Of("--help").Output.Split("Commands:\n")[1].Split("\n\n")[0].Split('\n')
        .Where(static line => line.Length > 2 && line[2] != ' ').Select(static line => line.Trim().Split(' ')[0])];

    [Fact]
    public void WithoutArgumentsItIsFifteenLinesThatNameEveryCommand()
    {
        CommandRun run = CommandRun.Of();
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.InRange(run.Output.TrimEnd('\n').Split('\n').Length, 10, 16);
        string[] words = run.Output.Split([' ', ',', '\n']);
        Assert.All(Commands, command => Assert.Contains(command, words, StringComparer.Ordinal));
    }

    [Fact]
    public void NoLineOfTheHelpHasMoreThanAHundredColumns()
    {
        foreach (string command in (string[])["", .. Commands])
        {
            string[] lines = CommandRun.Of([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Output.Split('\n');
            Assert.All(lines, line => Assert.True(line.Length <= 100, line));
        }
    }

    [Theory]
    [InlineData("script", "scirpt")]
    [InlineData("tour", "toor")]
    [InlineData("layout", "lay-out")]
    public void AMistypedCommandIsGuessed(string meant, string typed) => Assert.Equal(
        $"paging: unknown command '{typed}', did you mean '{meant}'? (see paging --help)", CommandRun.Of(typed).Refusal());

    [Theory]
    [InlineData("script", "--audti", "--audit")]
    [InlineData("tour", "--storry", "--story")]
    public void AMistypedOptionIsGuessed(string command, string typed, string meant) =>
        Assert.Contains($"'{typed}', did you mean '{meant}'?", CommandRun.Of(command, typed).Refusal(), StringComparison.Ordinal);

    [Theory]
    [InlineData("[suggest:2]", "vi", "view")]
    [InlineData("[suggest:8]", "view --t", "--trace")]
    [InlineData("[suggest:14]", "tour --story b", "brk")]
    public void TheParserSuggestsTheNextWords(string directive, string line, string expected) =>
        Assert.Contains(expected, CommandRun.Of(directive, line).Output.Split('\n'), StringComparer.Ordinal);

    [Theory]
    [InlineData("view --tables ", "classic\npae\n")]
    [InlineData("completion ", "--help\n-h\nbash\nfish\nzsh\n")]
    [InlineData("conform --level ", "1-5\nexact\nrelaxed\n")]
    [InlineData("replay --policy LRU,A", "LRU,ARC\n")]
    public void ValuesAreSuggestedAsTheyAreTyped(string line, string expected) =>
        Assert.Equal(expected, CommandRun.Of($"[suggest:{line.Length}]", line).Output);

    [Fact]
    public void NoSpellingOfWindowsIsSuggested() => Assert.All(Commands, static command =>
        Assert.DoesNotContain('/', CommandRun.Of($"[suggest:{command.Length + 1}]", command + " ").Output));

    [Fact]
    public void TheManualPageHasEveryCommandAndNoStrayInstruction()
    {
        string page = CommandRun.Of("man").Output;
        Assert.All(Commands, command => Assert.Contains($".SS \"paging {command}", page, StringComparison.Ordinal));
        string[] known = [".TH", ".SH", ".SS", ".TP", ".B", ".I", ".RI", ".PP", ".EX", ".EE"];
        Assert.All(page.Split('\n').Where(static line => line.StartsWith('.') || line.StartsWith('\'')),
            line => Assert.Contains(line.Split(' ')[0], known, StringComparer.Ordinal));
        Assert.SkipUnless(Exists("groff"), "The rest needs groff: apt-get install groff");
        File.WriteAllText(_directory.At("paging.1"), page);
        (string text, string complaints) = Shell("groff", "-man", "-Tascii", "-ww", _directory.At("paging.1"));
        Assert.Equal("", complaints);
        Assert.Contains("--keep-going", text, StringComparison.Ordinal);
    }

    /// <summary>Each shell loads its script, and completes <c>paging vie</c> by asking the command.</summary>
    [Theory]
    [InlineData("bash", """
        source "$1"; COMP_LINE='paging vie'; COMP_POINT=10; COMP_WORDS=(paging vie); COMP_CWORD=1; _paging; echo "${COMPREPLY[@]}"
        """)]
    [InlineData("fish", "source $argv[1]; complete -C 'paging vie'")]
    [InlineData("zsh", """
        compdef() { :; }; compadd() { shift; echo "$@"; }; source "$1"; words=(paging vie); CURRENT=2; _paging
        """)]
    public void AShellCompletesACommand(string shell, string script)
    {
        Assert.SkipUnless(Exists(shell), $"There is no {shell} here: apt-get install {shell}");
        string file = _directory.At("completion");
        File.WriteAllText(file, CommandRun.Of("completion", shell).Output);
        string[] words = CommandRun.Of("[suggest:3]", "vie").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string command = _directory.At("paging");    // answers as the command does, and only to the right question
        File.WriteAllText(command, $"#!/bin/sh\n[ \"$1 $2\" = '[suggest:3] vie' ] && printf '{string.Join("\\n", words)}\\n'\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(command, (UnixFileMode)0x1ED);
        string[] prefix = string.Equals(shell, "fish", StringComparison.Ordinal) ? ["-c", script, file] : ["-c", script, shell, file];
        (string text, string complaints) = Shell(shell, prefix);
        Assert.Equal(("view", ""), (text.Trim(), complaints));
    }

    /// <summary>Colour is for terminals only, and can be switched off.</summary>
    [Fact]
    public void OnlyATerminalGetsColour()
    {
        string file = _directory.Write("a.scn", "load(1) = 0x00");
        using StringWriter seen = new(), errors = new();
        CommandLine.Run(["script", file], seen, errors, static _ => ScriptedMachine.Quiet(), Terminals.Output);
        bool isWanted = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        Assert.Equal(isWanted, seen.ToString().Contains('\u001b', StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', CommandRun.Of("script", file).Output);
        Assert.DoesNotContain('\u001b', CommandRun.Of("doctor").Output);
    }

    private static bool Exists(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));

    private (string Output, string Errors) Shell(string program, params string[] args)
    {
        ProcessStartInfo start = new(program, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["PATH"] = $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = _directory.Path;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output, errors.Result);
    }
}
