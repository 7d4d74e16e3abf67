using System.CommandLine;
using System.Text;

namespace Paging.Cli.Manual;

/// <summary>The manual page in the language of man(7), made from the help texts.</summary>
internal static class ManualPage
{
    /// <summary>The command for the parser.</summary>
    /// <param name="root">The root command; has all commands when the page is printed.</param>
    /// <param name="output">Standard output.</param>
    public static Command BuildCommand(RootCommand root, TextWriter output)
    {
        Command command = new("man", "Print the manual page: paging man | man -l -");
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
        AppendItem(page, "0", "All results agree.");
        AppendItem(page, "1", "A result differs, or a call could not be executed.");
        AppendItem(page, "2", "An input could not be read, or the arguments are wrong.");
        return page.Append(".SH FILES\ndocs/README.md of the project lists its documents.\n").ToString();
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

    /// <summary>
    /// Escapes text so that no character is a troff request: backslashes, and dots and quotes at the beginning of a line.
    /// </summary>
    private static string Escape(string? text) => string.Join('\n', (text ?? "").Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal).Split('\n')
        .Select(static line => line.StartsWith('.') || line.StartsWith('\'') ? "\\&" + line : line));
}
