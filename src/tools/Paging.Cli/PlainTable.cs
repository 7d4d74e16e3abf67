using Spectre.Console;

namespace Paging.Cli;

/// <summary>Tables as plain text: the same bytes on a terminal and in a file.</summary>
internal static class PlainTable
{
    /// <summary>Makes a table whose first column is aligned left and whose others are aligned right.</summary>
    public static Table Of(params IEnumerable<string> columns)
    {
        Table table = new() { Border = TableBorder.Simple };
        foreach (string name in columns)
        {
            Justify side = table.Columns.Count == 0 ? Justify.Left : Justify.Right;
            table.AddColumn(new TableColumn(new Text(name, null) { Justification = side }) { NoWrap = true, Alignment = side });
        }

        return table;
    }

    /// <summary>Adds a row of plain text.</summary>
    public static void Add(Table table, params IEnumerable<string> cells) => table.AddRow([.. cells.Select(static cell => new Text(cell))]);

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
