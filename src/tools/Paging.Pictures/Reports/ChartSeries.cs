namespace Paging.Pictures.Reports;

/// <summary>A line of a chart.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Points">Its points, by x.</param>
/// <param name="Knee">The index of the point to be marked; negative for none.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<(double X, double Y)> Points, int Knee = -1);
