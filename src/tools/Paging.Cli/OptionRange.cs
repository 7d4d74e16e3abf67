using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Paging.Cli;

/// <summary>Ranges of options that are numbers.</summary>
internal static class OptionRange
{
    /// <summary>Makes an option that is a whole number of a range, in digits only.</summary>
    public static Option<int> Make(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            bool isNumber = int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            if (isNumber && number >= least && number <= most) return number;
            Refuse(result, name, least, most);
            return default;
        },
    };

    /// <summary>Refuses values outside a range, and words, for which the parser's own message would name a .NET type.</summary>
    public static void Require<T>(Option<T> option, T least, T most) where T : struct, INumber<T> => option.Validators.Add(result =>
    {
        if (result.Tokens is not [{ Value: var text }]) return;    // the default, or refused for its number of values
        if (!T.TryParse(text, CultureInfo.InvariantCulture, out T value) || !(value >= least && value <= most))    // NaN is in no range
            Refuse(result, option.Name, least, most);
    });

    /// <summary>Reports an option whose only value is no number of the range.</summary>
    public static void Refuse<T>(SymbolResult result, string name, T least, T most) where T : struct, INumber<T> =>
        result.AddError($"{name} is a number from {least} to {most}, not '{result.Tokens[0].Value}'");
}
