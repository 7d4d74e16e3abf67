using Paging.Pictures.Characters;

namespace Paging.Cli;

/// <summary>Colours for a person at a terminal. Files and pipes get the text alone, and so does everybody who sets NO_COLOR.</summary>
internal readonly struct TerminalInk(bool isOn, bool hasManyColours = false)
{
    private const string Escape = "\u001b[", End = "\u001b[0m";

    /// <summary>Ink for standard output.</summary>
    public static TerminalInk Of(Terminals terminals)
    {
        string terminal = Environment.GetEnvironmentVariable("TERM") ?? "";
        return new(terminals.HasFlag(Terminals.Output) && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && !string.Equals(terminal, "dumb", StringComparison.Ordinal),
            terminal.EndsWith("256color", StringComparison.Ordinal)
                || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("COLORTERM")));
    }

    /// <summary>The terminal understands escape sequences, and they are wanted.</summary>
    public bool IsOn => isOn;

    /// <summary>For what agrees or is there.</summary>
    public string Good(string text) => Paint(text, "32m");

    /// <summary>For what differs or is missing.</summary>
    public string Bad(string text) => Paint(text, "31m");

    /// <summary>For headings.</summary>
    public string Strong(string text) => Paint(text, "1m");

    /// <summary>For what was typed, or could be.</summary>
    public string Code(string text) => Paint(text, "36m");

    /// <summary>For a status line.</summary>
    public string Inverse(string text) => Paint(text, "7m");

    /// <summary>For a piece of a picture, in the colours of the pictures: as near as the terminal's come.</summary>
    public string Picture(CharacterRun run) => run.Ink switch
    {
        CharacterInk.Strong => Strong(run.Text),
        CharacterInk.Soft => Paint(run.Text, hasManyColours ? "38;5;244m" : "90m"),
        CharacterInk.Anonymous => Paint(run.Text, hasManyColours ? "38;5;32m" : "34m"),
        CharacterInk.File => Paint(run.Text, hasManyColours ? "38;5;36m" : "32m"),
        CharacterInk.Swap => Paint(run.Text, hasManyColours ? "38;5;133m" : "35m"),
        CharacterInk.Table => Paint(run.Text, hasManyColours ? "38;5;136m" : "33m"),
        CharacterInk.Changed => Paint(run.Text, hasManyColours ? "1;38;5;208m" : "1;31m"),
        _ => run.Text,
    };

    private string Paint(string text, string colour) => isOn ? Escape + colour + text + End : text;
}
