using System.Globalization;

namespace Paging.Fuzz;

/// <summary>A companion, and the calls of the scenario beside which it is used.</summary>
/// <param name="Companion">The feature.</param>
/// <param name="From">The number of calls before it is switched on.</param>
/// <param name="Until">The number of calls before what it has opened is closed.</param>
internal readonly record struct CompanionStay(Companion Companion, int From = 0, int Until = int.MaxValue)
{
    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    /// <exception cref="FormatException">It is no companion, or the calls are no numbers.</exception>
    public static CompanionStay Parse(string text)
    {
        string[] parts = text.Split('@');
        Companion companion = Companions.All.FirstOrDefault(one => string.Equals(one.Name, parts[0], StringComparison.Ordinal))
            ?? throw new FormatException(
                $"'{parts[0]}' is no companion; there are {string.Join(", ", Companions.All.Select(static one => one.Name))}");
        string[] calls = parts is [_, var range] ? range.Split('-') : ["0"];
        int end = int.MaxValue;
        if (!int.TryParse(calls[0], NumberStyles.None, CultureInfo.InvariantCulture, out int from)
            || (calls.Length > 1 && !int.TryParse(calls[1], NumberStyles.None, CultureInfo.InvariantCulture, out end)) || calls.Length > 2)
            throw new FormatException($"'{text}': expected NAME, NAME@FROM or NAME@FROM-UNTIL");
        return new(companion, from, end);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Companion.Name}{(this is { From: 0, Until: int.MaxValue } ? "" : $"@{From}")}{(Until == int.MaxValue ? "" : $"-{Until}")}");
}
