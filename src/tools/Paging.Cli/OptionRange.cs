using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Paging.Cli;

/// <summary>Ranges of options that are numbers.</summary>
internal static class OptionRange
{
    /// <summary>Refuses values outside a range, and words, for which the parser's own message would name a .NET type.</summary>
    public static void Require<T>(Option<T> option, T least, T most) where T : struct, INumber<T> => option.Validators.Add(result =>
    {
        if (result.Tokens is not [{ Value: var text }]) return;    // the default, or refused for its number of values
        if (!T.TryParse(text, CultureInfo.InvariantCulture, out T value) || !(value >= least && value <= most))    // NaN is in no range
            result.AddError($"{option.Name} is a number from {least} to {most}, not '{text}'");
    });
}
