using System.CommandLine;
using System.Text;

namespace Paging.Cli.Manual;

/// <summary>The manual page in the language of man(7), from what the help says.</summary>
internal static class ManualPage
{
    /// <summary>The command for the parser.</summary>
    /// <param name="root">Has all commands by the time the page is asked for.</param>
    /// <param name="output">Standard output.</param>
    public static Command BuildCommand(RootCommand root, TextWriter output)
    {
        Command command = new("man", "Prints the manual page: paging man | man -l -");
        command.SetAction(_ =>
        {
            output.Write(Write(root));
            return ExitCode.Agreement;
        });
        return command;
    }

    private static string Write(RootCommand root)
    {
        StringBuilder page = new();
        page.Append(".TH PAGING 1\n.SH NAME\npaging \\- ").Append(Escape(root.Description)).Append('\n')
            .Append(".SH SYNOPSIS\n.B paging\n.I COMMAND\n.RI [ OPTIONS ]\n.SH COMMANDS\n");
        foreach (Command command in root.Subcommands) AppendCommand(page, "paging ", command);
        page.Append(".SH EXIT STATUS\n");
        AppendItem(page, "0", "Everything agreed.");
        AppendItem(page, "1", "Something differed, or could not be executed.");
        AppendItem(page, "2", "Something could not be read, or was asked for wrongly.");
        return page.Append(".SH FILES\nThe documents of the project, docs/README.md, say what the commands are for.\n").ToString();
    }

    private static void AppendCommand(StringBuilder page, string before, Command command)
    {
        string name = before + command.Name;
        page.Append(".SS \"").Append(Escape(name));
        foreach (Argument argument in command.Arguments) page.Append(' ').Append(Escape(argument.HelpName ?? argument.Name));
        page.Append("\"\n").Append(Escape(command.Description)).Append('\n');
        foreach (Argument argument in command.Arguments)
            AppendItem(page, argument.HelpName ?? argument.Name, argument.Description);
        foreach (Option option in command.Options.Where(static option => !option.Hidden && !option.Recursive))
        {
            string names = string.Join(", ", option.Aliases.Prepend(option.Name));
            AppendItem(page, option.HelpName is { } value ? $"{names} {value}" : names, option.Description);
        }

        foreach (Command inner in command.Subcommands) AppendCommand(page, name + " ", inner);
        if (command.Subcommands.Count != 0) return;
        page.Append(".PP\n.EX\n").Append(Escape(CommandExamples.Of(command.Name))).Append(".EE\n");
    }

    private static void AppendItem(StringBuilder page, string term, string? text) =>
        page.Append(".TP\n.B ").Append(Escape(term)).Append('\n').Append(Escape(text)).Append('\n');

    /// <summary>Text in which no character is an instruction: neither a backslash nor a dot or quote at the beginning of a line.</summary>
    private static string Escape(string? text) => string.Join('\n', (text ?? "").Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal).Split('\n')
        .Select(static line => line.StartsWith('.') || line.StartsWith('\'') ? "\\&" + line : line));
}
