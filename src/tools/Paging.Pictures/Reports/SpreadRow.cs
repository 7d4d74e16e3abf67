namespace Paging.Pictures.Reports;

/// <summary>A subject, and its ratio to each rival.</summary>
/// <param name="Name">The name of the comparison, as in <c>anonymous-fault 1MiB-warm</c>.</param>
/// <param name="Bars">A bar for each rival.</param>
/// <param name="Measure">The measure that the bars show: <c>minima</c>, <c>medians</c>.</param>
public sealed record SpreadRow(string Name, IReadOnlyList<SpreadBar> Bars, string Measure = "");
