using System.CommandLine.Parsing;
using Paging.Native;

namespace Paging.Cli;

/// <summary>Parses the format of page tables: <c>--tables classic</c> or <c>--tables pae</c>.</summary>
internal static class TableFormats
{
    /// <summary>Parses the value of the option, or adds an error.</summary>
    public static TableFormat Read(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "classic": return TableFormat.Classic;
            case "pae": return TableFormat.Pae;
            default:
                result.AddError($"--tables is classic or pae, not '{result.Tokens[0].Value}'");
                return default;
        }
    }
}
