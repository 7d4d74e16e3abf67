using Paging.Pictures.Characters;

namespace Paging.Cli;

/// <summary>Colours for a terminal. Files and pipes get plain text, as does a terminal with NO_COLOR set.</summary>
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

    /// <summary>True if escape sequences are supported and not disabled.</summary>
    public bool IsOn => isOn;

    /// <summary>For agreement, and for things that are present.</summary>
    public string Good(string text) => Paint(text, "32m");

    /// <summary>For differences, and for missing things.</summary>
    public string Bad(string text) => Paint(text, "31m");

    /// <summary>For headings.</summary>
    public string Strong(string text) => Paint(text, "1m");

    /// <summary>For commands.</summary>
    public string Code(string text) => Paint(text, "36m");

    /// <summary>For a status line.</summary>
    public string Inverse(string text) => Paint(text, "7m");

    /// <summary>For a piece of a picture, in the nearest colours of the terminal.</summary>
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
