using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>A line of a chart.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Points">Its points, by x.</param>
/// <param name="Knee">The index of the point to be marked; negative for none.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<(double X, double Y)> Points, int Knee = -1)
{
    /// <summary>Its label.</summary>
    public string Name { get; init => field = Required.Of(value); } = Required.Of(Name);

    /// <summary>Its points, by x.</summary>
    public IReadOnlyList<(double X, double Y)> Points { get; init => field = Required.All(value, IsFinite); } =
        Required.All(Points, IsFinite);

    private static bool IsFinite((double X, double Y) point) => double.IsFinite(point.X) && double.IsFinite(point.Y);
}
