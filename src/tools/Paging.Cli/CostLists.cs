using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Costs.Prices;

namespace Paging.Cli;

/// <summary>Price lists as options of commands: one that comes with the command, or a file.</summary>
internal static class CostLists
{
    /// <summary>The list for a 32-bit machine, which commands take unless they are given another.</summary>
    public static PriceList Usual => PriceList.Find("desktop-2009")!;

    /// <summary>Makes <c>--costs LIST</c>.</summary>
    public static Option<PriceList?> Make(string description) => CommandOption.Parsed<PriceList?>("--costs", "LIST",
        $"{description} LIST is {string.Join(", ", PriceList.BuiltIn)} or a JSON file (docs/COSTS.md).", static result => Read(result));

    private static PriceList? Read(ArgumentResult result)
    {
        string name = result.Tokens[0].Value;
        if (PriceList.Find(name) is { } known) return known;
        try
        {
            return PriceList.Parse(File.ReadAllBytes(name), name);
        }
        catch (PriceListException exception)
        {
            result.AddError($"--costs {exception.Message}");
        }
        catch (FileNotFoundException)
        {
            result.AddError($"--costs is {string.Join(", ", PriceList.BuiltIn)} or a file, not '{name}'");
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            result.AddError($"--costs {UserFiles.Explain(name, exception)}");
        }

        return null;
    }
}
