using System.Text.RegularExpressions;

namespace Paging.Scripting.Tests;

/// <summary>A command does not write over a file that it reads.</summary>
public sealed partial class OutputFileTests : IDisposable
{
    private static readonly string[] Commands = ["script", "replay", "tlb", "layout", "run", "exercise", "view", "walk", "conform"];

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Outputs
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (string command in Commands)
                foreach (Match option in WrittenFile().Matches(CommandRun.Of(command, "--help").Output))
                    rows.Add(command, option.Groups["option"].Value);
            return rows;
        }
    }

    /// <summary>Each option of a file that is written, as the help has them.</summary>
    [Theory, MemberData(nameof(Outputs))]
    public void AnInputIsNotOverwritten(string command, string option)
    {
        string input = _folder.Write("input.html", "an input"), link = _folder.At("link.html"), before = File.ReadAllText(input);
        File.CreateSymbolicLink(link, "input.html");
        foreach ((string read, string written) in ((string, string)[])[(input, input), (input, link), (link, input)])
        {
            CommandRun run = CommandRun.Of(command, option, written, read);
            Assert.Equal(2, run.Code);
            Assert.Matches($"^paging {command}: --[a-z-]+ would overwrite {Regex.Escape(read)}, which the command reads", run.Errors);
            Assert.Equal(before, File.ReadAllText(input));
        }
    }

    [Fact]
    public void TheTableHasTheOptionsThatWrite() => Assert.InRange(Outputs.Count, 15, 40);

    [GeneratedRegex(
        @"^ +(?<option>--[a-z-]+) <(?:FILE|OUT)[.\w]*> +(?:Write|Draw|With --entries: write|With --extract: the|Like --checkpoint)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex WrittenFile();
}
