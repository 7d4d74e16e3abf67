using System.Globalization;

namespace Paging.Pictures.Reports;

/// <summary>Maps values to places on an axis of a chart.</summary>
/// <param name="Low">The value at its beginning.</param>
/// <param name="High">The value at its end.</param>
/// <param name="From">The coordinate of the beginning.</param>
/// <param name="To">The coordinate of the end.</param>
/// <param name="IsLogarithmic">Equal distances are equal ratios. All values are above 0.</param>
/// <param name="IsWhole">All values are whole: the axis counts something, and has no ticks between.</param>
internal readonly record struct ChartAxis(double Low, double High, double From, double To, bool IsLogarithmic, bool IsWhole = false)
{
    /// <summary>The axis for values; a logarithmic one begins at 1 or above, or, if requested, at the smallest value above 0.</summary>
    public static ChartAxis Of(IEnumerable<double> values, double from, double to, bool isLogarithmic, bool isFromSmallest = false)
    {
        double low = isLogarithmic ? double.MaxValue : 0, high = isLogarithmic ? 1 : 0;
        bool isWhole = true;
        foreach (double value in values)
        {
            isWhole &= double.IsInteger(value);
            if (isLogarithmic && (value > 0 || !isFromSmallest)) low = Math.Min(low, isFromSmallest ? value : Math.Max(1, value));
            high = Math.Max(high, value);
        }

        if (low >= high) (low, high) = isLogarithmic ? (Math.Max(1, high / 2), Math.Max(2, high)) : (0, 1);
        return new(low, high, from, to, isLogarithmic, isWhole);
    }

    public double At(double value)
    {
        double share = IsLogarithmic
            ? (Math.Log(Math.Max(value, Low)) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low))
            : (value - Low) / (High - Low);
        return From + ((To - From) * share);
    }

    /// <summary>Round values along the axis; on a logarithmic one 1, 2 and 5 of each power of ten, of many powers the tens alone.</summary>
    public IEnumerable<double> Ticks => IsLogarithmic ? PowerTicks : EvenTicks;

    private IEnumerable<double> EvenTicks
    {
        get
        {
            double step = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(High - Low, 1e-9))));
            if ((High - Low) / step < 2) step /= 5;
            else if ((High - Low) / step < 5) step /= 2;
            if (IsWhole) step = Math.Max(1, Math.Round(step));
            for (double tick = Math.Ceiling(Low / step) * step; tick <= High + (step / 1000); tick += step) yield return tick;
        }
    }

    private IEnumerable<double> PowerTicks
    {
        get
        {
            double[] digits = High / Low > 200 ? [1] : [1, 2, 5];
            for (int power = (int)Math.Floor(Math.Log10(Low)); power <= Math.Log10(High); power++)
            {
                foreach (double digit in digits)
                {
                    double tick = power < 0 ? Math.Round(digit * Math.Pow(10, power), -power) : digit * Math.Pow(10, power);
                    if (tick >= Low && tick <= High) yield return tick;
                }
            }
        }
    }

    /// <summary>A value in few letters: <c>1.5k</c>, <c>20M</c>.</summary>
    public static string Label(double value) => Math.Abs(value) switch
    {
        >= 1e9 => (value / 1e9).ToString("0.##", CultureInfo.InvariantCulture) + "G",
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M",
        >= 1e4 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + "k",
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };
}
