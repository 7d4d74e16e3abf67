using Paging.Cli;
using Paging.Pictures.Pages;

namespace Paging.Pictures.Tests;

/// <summary><c>paging tour</c> on a real terminal, and in a pipe.</summary>
public sealed class TourTerminalTests : IDisposable
{
    private const string Left = "\u001bOD", Right = "\u001bOC", EndKey = "\u001bOF";

    private readonly string _folder = Directory.CreateTempSubdirectory("paging-terminal").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Story Brk => TourStories.All.Single(static story => story.Name is "brk");

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 50)]
    [InlineData(50, 10)]    // no room for pictures: their words
    public void KeysStepThroughAStoryAndNoLineIsWiderThanTheTerminal(int columns, int rows)
    {
        using PseudoTerminal terminal = new(columns, rows, "tour brk");
        List<string> seen = [];
        string[] Screen(string keys, string words)
        {
            if (keys.Length != 0) terminal.Press(keys);
            string[] lines = terminal.WaitFor(words);
            Assert.Equal(rows, lines.Length);
            Assert.All(lines, line => Assert.True(line.Length <= columns, $"{line.Length} columns: {line}"));
            seen.AddRange(lines);
            return lines;
        }

        int count = Brk.Steps.Count;
        Assert.Equal(Brk.Title, Screen("", $"brk 1/{count}")[0]);
        Assert.StartsWith("2. ", Screen(Right, $"brk 2/{count}")[0], StringComparison.Ordinal);
        Assert.StartsWith("3. ", Screen("\r", $"brk 3/{count}")[0], StringComparison.Ordinal);
        Screen(Left, $"brk 2/{count}");
        Screen("b", $"brk 1/{count}");
        for (int pages = 0; pages < 100 && !terminal.WaitFor("brk ")[^1].Contains($"brk 2/{count}", StringComparison.Ordinal); pages++)
            Screen(" ", "brk ");    // the rest of a step first, then the next one
        Assert.Contains($"brk 2/{count}", seen[^1], StringComparison.Ordinal);
        bool hasPictures = seen.Any(static line => line.Contains('█', StringComparison.Ordinal));
        Assert.Equal(columns > 72, hasPictures);
        Screen("a", columns < 80 ? "brk 2/" : "fewer pictures");
        Screen(EndKey, $"brk 2/{count}");
        Screen("n", "swap 1/");    // the story after it
        Screen(Left, $"brk {count}/{count}");
        terminal.Press("q");
        Assert.Equal(ExitCode.Agreement, terminal.WaitForEnd());
        Assert.EndsWith("\u001b[?1049l", terminal.Output.TrimEnd(), StringComparison.Ordinal);    // the screen is as it was
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void ControlCLeavesTheTerminalAsItWas()
    {
        using PseudoTerminal terminal = new(80, 24, "tour");
        terminal.WaitFor("layouts 1/");
        terminal.Press("\u0003");
        Assert.Equal(ExitCode.Agreement, terminal.WaitForEnd());
        Assert.Contains("\u001b[?1049l", terminal.Output, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("HUP", 1)]
    [InlineData("QUIT", 3)]
    public void ASignalLeavesTheTerminalAsItWas(string signal, int number)
    {
        using PseudoTerminal terminal = new(80, 24, "tour");
        terminal.WaitFor("layouts 1/");
        terminal.Signal(signal);
        Assert.Equal(128 + number, terminal.WaitForEnd());
        Assert.Contains("\u001b[?25h\u001b[?1049l", terminal.Output, StringComparison.Ordinal);
    }

    /// <summary>All steps are printed without a key press, as into a pipe.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("NO_COLOR", "1")]
    [InlineData("TERM", "dumb")]
    public void WithoutColoursThereIsNoEscapeSequence(string name, string value)
    {
        using PseudoTerminal terminal = new(80, 24, $"tour brk --out '{_folder}'", (name, value));
        Assert.Equal(ExitCode.Agreement, terminal.WaitForEnd());
        Assert.DoesNotContain('\u001b', terminal.Output);
        AssertIsWhole(terminal.Output.Replace("\r\n", "\n", StringComparison.Ordinal), 80);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void ColoursAreAllThatATerminalAddsToTheText()
    {
        using PseudoTerminal terminal = new(80, 24, $"tour brk --out '{_folder}'");
        Assert.Equal(ExitCode.Agreement, terminal.WaitForEnd());
        Assert.Contains("\u001b[38;5;32m", terminal.Output, StringComparison.Ordinal);
        using StringWriter output = new();
        CommandLine.Run(["tour", "brk", "--out", _folder], output, output, static _ => throw new NotSupportedException());
        AssertIsWhole(output.ToString(), 80);
        Assert.Equal(output.ToString(), PseudoTerminal.Plain(terminal.Output).Replace("\r\n", "\n", StringComparison.Ordinal));
    }

    /// <summary>Each step with its words, and two pictures of each: the frames have an arrow to them.</summary>
    private static void AssertIsWhole(string text, int columns)
    {
        string[] lines = text.Split('\n');
        foreach (string line in lines.Where(static line => !line.Contains("tour.html", StringComparison.Ordinal)))
            Assert.True(line.Length <= columns, $"{line.Length} columns: {line}");
        for (int i = 0; i < Brk.Steps.Count; i++) Assert.Contains($"\n{i + 1}. {Brk.Steps[i].Title}\n", text, StringComparison.Ordinal);
        Assert.Equal(2 * Brk.Steps.Count, lines.Count(line => Brk.Steps.SelectMany(static step => step.Figures)
            .Any(figure => string.Equals(line, "   " + figure.Title, StringComparison.Ordinal))));
        Assert.Contains(lines, static line => line.Contains("▶ 02a █", StringComparison.Ordinal));
    }
}
