using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Programs;

namespace Paging.Cli.Programs;

/// <summary><c>--layout</c>, for all commands that lay a program out.</summary>
internal static class LayoutOption
{
    /// <summary>The option for a parser.</summary>
    public static Option<AddressLayout> Make() => new("--layout")
    {
        Description = "Placement of mappings: flexible (downwards from below the stack) or " +
            "classic (upwards from 40000000) [default: flexible].",
        HelpName = "flexible|classic",
        CustomParser = static result => Read(result),
    };

    private static AddressLayout Read(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "flexible": return AddressLayout.Flexible;
            case "classic": return AddressLayout.Classic;
            default:
                result.AddError($"--layout is flexible or classic, not '{result.Tokens[0].Value}'");
                return default;
        }
    }
}
