using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Paging.Native;
using Paging.Programs;
using Paging.Remote;

namespace Paging.Cli;

/// <summary>How commands declare options. Values that an option does not take are refused in one line.</summary>
internal static class CommandOption
{
    /// <summary>Makes a switch.</summary>
    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>Makes an option whose value is taken as it stands.</summary>
    public static Option<string> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    /// <summary>Makes an option that names a file to write: none that the command reads (<see cref="ParseRefusal"/>).</summary>
    public static Option<string> OutputFile(string name, string value, string description) =>
        new OutputFileOption(name) { Description = description, HelpName = value };

    /// <summary>Makes one of a few words. With a usual one, which the help shows, it always has a value.</summary>
    public static Option<string> Word(string name, string description, string? usual, params string[] words)
    {
        Option<string> option = Parsed(name, string.Join('|', words), description, result => Known(result, name, words));
        if (usual is not null) option.DefaultValueFactory = _ => usual;
        return option;
    }

    /// <summary>Refuses other words.</summary>
    public static void RefuseOthers(SymbolResult result, string name, string[] words)
    {
        string word = result.Tokens[0].Value;
        if (words.Contains(word, StringComparer.Ordinal)) return;
        string choice = words.Length == 1 ? words[0] : $"{string.Join(", ", words[..^1])} or {words[^1]}";
        result.AddError($"{name} is {choice}, not '{word}'");
    }

    /// <summary>Makes an option whose value has a form of its own.</summary>
    public static Option<T> Parsed<T>(string name, string value, string description, Func<ArgumentResult, T?> read) =>
        new(name) { Description = description, HelpName = value, CustomParser = read };

    /// <summary>Makes one of a few values, whose words are their names, and refuses other words; its help names them.</summary>
    public static Option<T> Choice<T>(string name, string description, params T[] values) where T : struct, Enum
    {
        string[] words = [.. values.Select(static value => value.ToString().ToLowerInvariant())];
        return Parsed(name, string.Join('|', words), description, result =>
            Known(result, name, words) is { } word ? values[Array.IndexOf(words, word)] : default);
    }

    /// <summary><c>--layout</c>, for all commands that lay a program out.</summary>
    public static Option<AddressLayout> Layout() => Choice("--layout",
        "Placement of mappings: flexible (downwards from below the stack) or classic (upwards from 40000000) [default: flexible].",
        AddressLayout.Flexible, AddressLayout.Classic);

    /// <summary><c>--tables</c>, the format of page tables.</summary>
    public static Option<TableFormat> Tables(string description) =>
        Choice("--tables", description, TableFormat.Classic, TableFormat.Pae);

    /// <summary>Makes a whole number of a range, in digits only.</summary>
    public static Option<int> Digits(string name, string description, int least, int most) => Parsed(name, "N", description, result =>
    {
        bool isNumber = int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (isNumber && number >= least && number <= most) return number;
        Refuse(result, name, least, most);
        return default;
    });

    /// <summary>Makes a number of a range. The parser's own message for a word would name a .NET type.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The value's name in the help.</param>
    /// <param name="description">Its help.</param>
    /// <param name="least">The least number.</param>
    /// <param name="most">The largest number.</param>
    /// <param name="usual">The number without the option, which the help shows; null for 0, which it does not show.</param>
    public static Option<T> Number<T>(string name, string value, string description, T least, T most, T? usual = null)
        where T : struct, INumber<T>
    {
        Option<T> option = new(name) { Description = description, HelpName = value };
        if (usual is { } number) option.DefaultValueFactory = _ => number;
        option.Validators.Add(result =>
        {
            if (result.Tokens is not [{ Value: var text }]) return;    // the default, or refused for its number of values
            if (!T.TryParse(text, CultureInfo.InvariantCulture, out T given) || !(given >= least && given <= most))    // NaN is in no range
                Refuse(result, name, least, most);
        });
        return option;
    }

    /// <summary>Makes a number of seconds, at most a million.</summary>
    public static Option<TimeSpan> Seconds(string name, string description) => Parsed(name, "SECONDS", description, result =>
    {
        const double most = 1e6;
        bool isTime = double.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out double seconds) && seconds <= most;
        if (!isTime) Refuse(result, name, 0, most);
        return isTime ? TimeSpan.FromSeconds(seconds) : default;
    });

    /// <summary>Makes the address of something in a store, with its name.</summary>
    public static Option<RemoteAddress?> InStore(string name, string description) =>
        Parsed<RemoteAddress?>(name, "redis://HOST:PORT/NAME", description, result =>
        {
            bool isAddress = RemoteAddress.TryParse(result.Tokens[0].Value, [], out RemoteAddress? address, out string? complaint);
            if (isAddress && StoreDirectory.IsName(address!.Name)) return address;
            result.AddError($"{name}: {complaint ?? "the address ends in /NAME, of letters, digits, dots and dashes"}");
            return null;
        });

    /// <summary>The value of an option; the usual one if it was not given.</summary>
    public static T? Or<T>(this ParseResult result, Option<T> option, T? usual) =>
        result.GetResult(option) is null ? usual : result.GetValue(option);

    private static void Refuse<T>(SymbolResult result, string name, T least, T most) where T : struct, INumber<T> =>
        result.AddError($"{name} is a number from {least} to {most}, not '{result.Tokens[0].Value}'");

    /// <summary>The word that was given; null, and an error, if it is none of these.</summary>
    private static string? Known(ArgumentResult result, string name, string[] words)
    {
        string word = result.Tokens[0].Value;
        RefuseOthers(result, name, words);
        return words.Contains(word, StringComparer.Ordinal) ? word : null;
    }
}

/// <summary>An option that names a file to write.</summary>
internal sealed class OutputFileOption(string name) : Option<string>(name);
