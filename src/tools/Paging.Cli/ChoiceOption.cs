using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Native;
using Paging.Programs;

namespace Paging.Cli;

/// <summary>Options whose value is one of a few words.</summary>
internal static class ChoiceOption
{
    /// <summary>Makes one that refuses other words; its help names them.</summary>
    public static Option<T> Make<T>(string name, string description, params (string Word, T Value)[] choices) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Select(static choice => choice.Word)),
        CustomParser = result => Read(result, name, choices),
    };

    /// <summary><c>--layout</c>, for all commands that lay a program out.</summary>
    public static Option<AddressLayout> Layout() => Make("--layout",
        "Placement of mappings: flexible (downwards from below the stack) or classic (upwards from 40000000) [default: flexible].",
        ("flexible", AddressLayout.Flexible), ("classic", AddressLayout.Classic));

    /// <summary><c>--tables</c>, the format of page tables.</summary>
    public static Option<TableFormat> Tables(string description) =>
        Make("--tables", description, ("classic", TableFormat.Classic), ("pae", TableFormat.Pae));

    private static T Read<T>(ArgumentResult result, string name, (string Word, T Value)[] choices)
    {
        string word = result.Tokens[0].Value;
        foreach ((string known, T value) in choices)
            if (string.Equals(known, word, StringComparison.Ordinal)) return value;
        string[] words = [.. choices.Select(static choice => choice.Word)];
        result.AddError($"{name} is {string.Join(", ", words[..^1])} or {words[^1]}, not '{word}'");
        return default!;
    }
}
