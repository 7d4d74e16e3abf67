using System.Globalization;

namespace Paging.Cli.Reports;

/// <summary>Numbers in the tables beside pictures: without thousands separators, so that programs can read them too.</summary>
internal static class DigitText
{
    /// <summary>Formats a number independent of the culture.</summary>
    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
