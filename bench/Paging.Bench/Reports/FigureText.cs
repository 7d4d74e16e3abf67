using System.Globalization;
using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>How figures are written: three digits that mean something, the same everywhere.</summary>
internal static class FigureText
{
    /// <summary>The text where there is no figure.</summary>
    public const string None = "–";

    /// <summary>A time.</summary>
    public static string Nanoseconds(double value) => value switch
    {
        < 10 => value.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    /// <summary>A ratio.</summary>
    public static string Ratio(double value) =>
        value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    /// <summary>The fastest run of a role.</summary>
    public static string Fastest(RaceResult result, Role role) => result.Of(role) is { } lap ? Nanoseconds(lap.MinNanoseconds) : None;

    /// <summary>How many times as long the engine took as the reference.</summary>
    public static string TimesReference(RaceResult result) =>
        result.Ratio(result.Engine, Role.Reference) is { } ratio ? Ratio(ratio) : None;

    /// <summary>How many times as fast as a role the engine is.</summary>
    public static string TimesFaster(RaceResult result, Role role) =>
        result.Ratio(result.Engine, role) is { } ratio ? Ratio(1 / ratio) : None;

    /// <summary>Garbage per operation.</summary>
    public static string Bytes(Lap lap) => lap.AllocatedBytes.ToString("0.##", CultureInfo.InvariantCulture);
}
