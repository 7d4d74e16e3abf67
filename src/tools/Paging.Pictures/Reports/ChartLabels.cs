namespace Paging.Pictures.Reports;

/// <summary>The places of the names of lines: each as near to the end of its line as the others allow, in their order.</summary>
internal sealed class ChartLabels
{
    private readonly Dictionary<int, double> _places = [];

    /// <summary>Finds the places.</summary>
    /// <param name="ends">The heights of the ends, in the order of the lines.</param>
    /// <param name="top">The highest place.</param>
    /// <param name="bottom">The lowest place.</param>
    /// <param name="height">The least distance between them.</param>
    public ChartLabels(IEnumerable<double> ends, double top, double bottom, double height)
    {
        int room = (int)((bottom - top) / height) + 1;
        (int Line, double End)[] ordered = [.. ends.Select(static (end, line) => (line, end)).Take(room)
            .OrderBy(static end => end.end)];
        double[] at = [.. ordered.Select(static end => end.End)];
        for (int i = 0; i < at.Length; i++) at[i] = Math.Max(i == 0 ? top : at[i - 1] + height, at[i]);
        for (int i = at.Length - 1; i >= 0; i--) at[i] = Math.Min(i == at.Length - 1 ? bottom : at[i + 1] - height, at[i]);
        for (int i = 0; i < at.Length; i++) _places.Add(ordered[i].Line, at[i]);
    }

    /// <summary>The height of a line's name; null: there is no room for it.</summary>
    public double? YOf(int line) => _places.TryGetValue(line, out double y) ? y : null;
}
