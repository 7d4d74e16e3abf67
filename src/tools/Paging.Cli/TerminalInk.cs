namespace Paging.Cli;

/// <summary>Colours for a person at a terminal. Files and pipes get the text alone, and so does everybody who sets NO_COLOR.</summary>
internal readonly struct TerminalInk(bool isOn)
{
    private const string Escape = "\u001b[", End = "\u001b[0m";

    /// <summary>Ink for standard output.</summary>
    public static TerminalInk Of(Terminals terminals) =>
        new(terminals.HasFlag(Terminals.Output) && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    /// <summary>For what agrees or is there.</summary>
    public string Good(string text) => Paint(text, "32m");

    /// <summary>For what differs or is missing.</summary>
    public string Bad(string text) => Paint(text, "31m");

    /// <summary>For headings.</summary>
    public string Strong(string text) => Paint(text, "1m");

    /// <summary>For what was typed, or could be.</summary>
    public string Code(string text) => Paint(text, "36m");

    private string Paint(string text, string colour) => isOn ? Escape + colour + text + End : text;
}
