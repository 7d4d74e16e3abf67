using System.Globalization;

namespace Paging.Cli;

/// <summary>Numbers with their nouns.</summary>
internal static class Counted
{
    /// <summary>The number and its noun: <c>1 scenario</c>, <c>2 scenarios</c>.</summary>
    public static string Of(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? noun : noun + "s")}");
}
