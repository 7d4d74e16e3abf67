using System.Globalization;

namespace Paging.Cli.Reports;

/// <summary>Numbers in the tables beside pictures: for people and programs alike, so without the thousands apart.</summary>
internal static class DigitText
{
    /// <summary>Digits, with a minus if it must be; in any culture the same.</summary>
    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
