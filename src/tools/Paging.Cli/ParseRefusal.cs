using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Cli.Manual;

namespace Paging.Cli;

/// <summary>
/// The first error of a command line in this command's words. The parser's own are for programmers, and it takes unknown options for
/// arguments.
/// </summary>
internal static class ParseRefusal
{
    private const string EndOfOptions = "--";

    /// <summary>Returns the error in one line; null if there is none.</summary>
    /// <param name="parsed">The parsed words.</param>
    /// <param name="words">The words.</param>
    public static string? Of(ParseResult parsed, string[] words)
    {
        if (parsed.Action is { ClearsParseErrors: true }) return null;
        CommandResult command = parsed.CommandResult;
        string? complaint = UnknownOption(parsed) ?? ValueOfSwitch(command.Command, words)
            ?? MissingValue(command) ?? OverwrittenInput(command) ?? FirstError(parsed);
        return complaint is null ? null : $"{NameOf(command)}: {complaint} (see {NameOf(command)} --help)";
    }

    /// <summary>The command with those above it: <c>paging store list</c>.</summary>
    private static string NameOf(CommandResult result) => result.Command is RootCommand ? "paging"
        : result.Parent is CommandResult parent ? $"{NameOf(parent)} {result.Command.Name}" : result.Command.Name;

    /// <summary>A word before <c>--</c> that begins with <c>-</c> and is no option. A <c>-</c> alone is standard input.</summary>
    private static string? UnknownOption(ParseResult parsed)
    {
        CommandResult command = parsed.CommandResult;
        HashSet<Token> values = new(ReferenceEqualityComparer.Instance);
        foreach (OptionResult option in command.Children.OfType<OptionResult>()) values.UnionWith(option.Tokens);
        Token? unknown = parsed.Tokens.TakeWhile(static token => token.Type != TokenType.DoubleDash).FirstOrDefault(token =>
            token is { Type: TokenType.Argument, Value: ['-', _, ..] } && !values.Contains(token));
        return unknown is null ? null : $"unknown option '{unknown.Value}'{HintOf(unknown.Value, command.Command)}";
    }

    private static string HintOf(string word, Command command) => word.StartsWith("--", StringComparison.Ordinal)
        ? NearestWord.Hint(word.Split('=')[0], command.Options.Where(static option => !option.Hidden).Select(static option => option.Name))
        : "";

    private static string? ValueOfSwitch(Command command, string[] words)
    {
        foreach (string word in words.TakeWhile(static word => !string.Equals(word, EndOfOptions, StringComparison.Ordinal)))
        {
            string name = word.Split('=', ':')[0];
            if (name.Length < word.Length && command.Options.Any(option => option.Arity.MaximumNumberOfValues == 0
                && (string.Equals(option.Name, name, StringComparison.Ordinal) || option.Aliases.Contains(name))))
                return $"{name} takes no value: '{word}'";
        }

        return null;
    }

    private static string? OverwrittenInput(CommandResult command)
    {
        OptionResult[] outputs = [.. command.Children.OfType<OptionResult>().Where(static result => result.Option is OutputFileOption)];
        foreach (OptionResult output in outputs)
        {
            if (output.Tokens is not [{ Value: var path }]) continue;    // not given
            Token? input = command.Children.Except(outputs).SelectMany(static child => child.Tokens)
                .FirstOrDefault(word => UserFiles.AreSame(path, word.Value));
            if (input is not null) return $"{output.Option.Name} would overwrite {input.Value}, which the command reads";
        }

        return null;
    }

    private static string? MissingValue(CommandResult command)
    {
        Option? option = command.Children.OfType<OptionResult>().FirstOrDefault(static option =>
            !option.Implicit && option.Tokens.Count < option.Option.Arity.MinimumNumberOfValues)?.Option;
        return option is null ? null : $"{option.Name} needs a value: {option.HelpName}";
    }

    private static string? FirstError(ParseResult parsed)
    {
        ParseError? error = parsed.Errors.FirstOrDefault(static error => OptionOf(error) is not null)
            ?? (parsed.Errors.Count == 0 ? null : parsed.Errors[0]);
        return error is null ? null : Translate(error, parsed);
    }

    private static OptionResult? OptionOf(ParseError error) =>
        error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;

    /// <summary>The parser's message in our words. Messages of our own validators are returned as they are.</summary>
    private static string Translate(ParseError error, ParseResult parsed)
    {
        string text = error.Message.ReplaceLineEndings(" ").TrimEnd(' ', '.');
        Command command = parsed.CommandResult.Command;
        bool Begins(string words) => text.StartsWith(words, StringComparison.Ordinal);
        if (OptionOf(error)?.Option is { } option && text.Contains(" expects a single argument", StringComparison.Ordinal))
            return $"{option.Name} is given more than once";
        if (Begins("Required argument")) return $"{MissingArgument(parsed)} is missing";
        if (Begins("Required command") || (Begins("Unrecognized command") && command.Subcommands.Count != 0))
            return UnknownCommand(parsed.UnmatchedTokens.Count == 0 ? null : parsed.UnmatchedTokens[0], command);
        return Begins("Unrecognized command") ? $"one word too many: '{parsed.UnmatchedTokens[0]}'" : text;
    }

    private static string MissingArgument(ParseResult parsed)
    {
        Argument? missing = parsed.CommandResult.Command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0
            && parsed.CommandResult.GetResult(argument) is not { Tokens.Count: > 0 });
        return missing?.HelpName ?? missing?.Name ?? "a word";
    }

    private static string UnknownCommand(string? word, Command command)
    {
        string[] known = [.. command.Subcommands.Where(static inner => !inner.Hidden).Select(static inner => inner.Name)];
        if (word is null) return $"say which command: {string.Join(" or ", known)}";
        return word.StartsWith('-') ? $"unknown option '{word}'{HintOf(word, command)}"
            : $"unknown command '{word}'{NearestWord.Hint(word, known)}";
    }
}
