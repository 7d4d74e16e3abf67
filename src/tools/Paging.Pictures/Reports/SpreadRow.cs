using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>A subject, and its ratio to each rival.</summary>
/// <param name="Name">The name of the comparison, as in <c>anonymous-fault 1MiB-warm</c>.</param>
/// <param name="Bars">A bar for each rival.</param>
/// <param name="Measure">The measure that the bars show: <c>minima</c>, <c>medians</c>.</param>
public sealed record SpreadRow(string Name, IReadOnlyList<SpreadBar> Bars, string Measure = "")
{
    /// <summary>The measure that the bars show.</summary>
    public string Measure { get; init => field = Required.Of(value); } = Required.Of(Measure);

    /// <summary>The subject.</summary>
    public string Name { get; init => field = Required.Of(value); } = Required.Of(Name);

    /// <summary>A bar for each rival.</summary>
    public IReadOnlyList<SpreadBar> Bars { get; init => field = Required.All(value, IsWhole); } = Required.All(Bars, IsWhole);

    private static bool IsWhole(SpreadBar bar) => bar is { Rival: not null } && double.IsFinite(bar.High)
        && 0 < bar.Low && bar.Low <= bar.Middle && bar.Middle <= bar.High;
}
