namespace Paging.Pictures.Reports;

/// <summary>The forms in which a chart is drawn.</summary>
[Flags]
public enum ChartForm
{
    /// <summary>Straight lines between the points, both axes linear.</summary>
    Plain = 0,

    /// <summary>The horizontal axis is logarithmic.</summary>
    LogarithmicAcross = 1,

    /// <summary>The vertical axis is logarithmic; zeros stand at its lower end.</summary>
    LogarithmicUp = 2,

    /// <summary>The values are counts, which stay as they are until the next point: the lines are steps.</summary>
    Steps = 4,

    /// <summary>Each value stands on those of the lines before it, and the space between is filled. All have the same points.</summary>
    Stacked = 8,
}
