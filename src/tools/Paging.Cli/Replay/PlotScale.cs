namespace Paging.Cli.Replay;

/// <summary>One axis: values to places, and the round values that are written beside it.</summary>
internal sealed class PlotScale
{
    private const int TickCountMax = 10;
    private readonly double _first, _last;    // in the scale's own measure: logarithms on a logarithmic one
    private readonly double _from, _to;       // places
    private readonly bool _isLogarithmic;

    private PlotScale(double first, double last, double from, double to, bool isLogarithmic, IEnumerable<double> ticks)
    {
        (_first, _last, _from, _to, _isLogarithmic) = (first, last, from, to, isLogarithmic);
        Ticks = [.. ticks];
    }

    /// <summary>Round values within the axis.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>From the least to the greatest of positive values, in decades.</summary>
    public static PlotScale Logarithmic(IEnumerable<int> values, double from, double to)
    {
        (int least, int greatest) = (values.Min(), values.Max());
        if (least == greatest) greatest = least + 1;
        double[] ticks = [.. RoundNumbers(greatest, [1, 2, 5]).Where(tick => tick >= least)];
        if (ticks.Length > TickCountMax) ticks = [.. RoundNumbers(greatest, [1]).Where(tick => tick >= least)];
        return new(Math.Log(least), Math.Log(greatest), from, to, isLogarithmic: true, ticks);
    }

    /// <summary>From 0 to a round number that no value exceeds.</summary>
    public static PlotScale FromZero(IEnumerable<double> values, double from, double to)
    {
        double greatest = Math.Max(values.Max(), 1e-6);
        double decade = Math.Pow(10, Math.Floor(Math.Log10(greatest)) - 1);
        double step = new[] { 2.0, 5, 10, 20 }.Select(factor => factor * decade).First(step => greatest / step <= TickCountMax / 2.0);
        int stepCount = (int)Math.Ceiling((greatest / step) - 1e-9);
        return new(0, stepCount * step, from, to, isLogarithmic: false, Enumerable.Range(0, stepCount + 1).Select(index => index * step));
    }

    /// <summary>Where a value lies.</summary>
    public double At(double value)
    {
        double measure = _isLogarithmic ? Math.Log(value) : value;
        return _from + ((measure - _first) / (_last - _first) * (_to - _from));
    }

    private static IEnumerable<double> RoundNumbers(int greatest, double[] factors)
    {
        for (double decade = 1; decade <= greatest; decade *= 10)
            foreach (double factor in factors)
                if (factor * decade <= greatest) yield return factor * decade;
    }
}
