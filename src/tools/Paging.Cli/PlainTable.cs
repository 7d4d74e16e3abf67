using Spectre.Console;

namespace Paging.Cli;

/// <summary>Tables as plain text: the same bytes on a terminal and in a file.</summary>
internal static class PlainTable
{
    /// <summary>Returns the lines of a table of a given width, without blanks at their ends and without empty ones.</summary>
    public static IEnumerable<string> Render(Table table, int width)
    {
        StringWriter text = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new()
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Write(table);
        return text.ToString().Split('\n').Select(static line => line.TrimEnd()).Where(static line => line.Length > 0);
    }
}
