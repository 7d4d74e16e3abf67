namespace Paging.Costs.Fitting;

/// <summary>Finds the prices under which counted work takes the times that were measured.</summary>
/// <remarks><code>
/// Finds   prices p ≥ 0 with the least sum of ((counts · p − measured) / scale)² over all rows: non-negative least squares
/// Scale   the measured time of a row, so that an error of 10 % weighs the same for a nanosecond and for a second
/// Ratios  as an error is at least −100 % and has no upper end, such prices come out too low. By ratio, it is the sum of
///         predicted / measured + measured / predicted that is least: half of a time weighs as much as twice of it. 50 repetitions, each
///         with the scale that has the same slope at the predictions before
/// Method  coordinate descent on the normal equations: each price in turn gets its best value, or 0, until none moves
/// Cost    O(rows × prices²) for a repetition, then O(prices²) for each of at most 20,000 rounds
/// </code></remarks>
/// <param name="priceCount">The number of prices.</param>
internal sealed class PriceFit(int priceCount)
{
    private const int RoundsMax = 20_000, Repetitions = 50;
    private const double Still = 1e-12;

    private readonly List<Row> _rows = [];

    /// <summary>Adds a measured case.</summary>
    /// <param name="nanoseconds">Its time.</param>
    /// <param name="counts">How often it pays each price.</param>
    /// <param name="scale">The time that its error is relative to: above 0.</param>
    /// <exception cref="ArgumentException">
    /// A number is not finite, a scale is not above 0, or the counts are not one for each price.
    /// </exception>
    public void Add(double nanoseconds, ReadOnlySpan<double> counts, double scale)
    {
        if (counts.Length != priceCount) throw new ArgumentException($"There are {priceCount} prices.", nameof(counts));
        if (!(scale > 0) || !double.IsFinite(scale)) throw new ArgumentException("A scale is above 0.", nameof(scale));
        if (!double.IsFinite(nanoseconds)) throw new ArgumentException("A time is finite.", nameof(nanoseconds));
        foreach (double count in counts)
            if (!double.IsFinite(count)) throw new ArgumentException("A count is finite.", nameof(counts));
        _rows.Add(new(nanoseconds, counts.ToArray(), scale));
    }

    /// <summary>Returns the prices; null for one that no case has paid.</summary>
    /// <param name="byRatio">True for times above 0: errors weigh by their ratio.</param>
    public double?[] Solve(bool byRatio = false)
    {
        double[] prices = new double[priceCount];
        Solve(prices, static row => row.Scale);
        for (int repetition = 0; byRatio && repetition < Repetitions; repetition++)
        {
            double[] before = [.. prices];
            Solve(prices, row => row.ScaleByRatio(before));
        }

        return [.. prices.Select((price, i) => _rows.TrueForAll(row => row.Counts[i] == 0) ? (double?)null : price)];
    }

    private void Solve(double[] prices, Func<Row, double> scaleOf)
    {
        double[,] products = new double[priceCount, priceCount];    // of the columns with each other
        double[] targets = new double[priceCount];
        foreach (Row row in _rows)
        {
            double scale = scaleOf(row), weight = 1 / (scale * scale);
            for (int i = 0; i < priceCount; i++)
            {
                targets[i] += row.Counts[i] * row.Nanoseconds * weight;
                for (int j = 0; j < priceCount; j++) products[i, j] += row.Counts[i] * row.Counts[j] * weight;
            }
        }

        bool hasMoved = true;
        for (int round = 0; round < RoundsMax && hasMoved; round++)
        {
            hasMoved = false;
            for (int i = 0; i < priceCount; i++)
            {
                if (products[i, i] == 0) continue;
                double rest = targets[i];
                for (int j = 0; j < priceCount; j++)
                    if (j != i) rest -= products[i, j] * prices[j];
                double best = Math.Max(0, rest / products[i, i]);
                hasMoved |= Math.Abs(best - prices[i]) > Still * Math.Max(1, best);
                prices[i] = best;
            }
        }
    }

    private sealed record Row(double Nanoseconds, double[] Counts, double Scale)
    {
        /// <summary>The scale under which the square's slope is that of p/m + m/p: (p² − m²) / (m p²).</summary>
        public double ScaleByRatio(double[] prices)
        {
            double predicted = Math.Max(Counts.Zip(prices, static (count, price) => count * price).Sum(), Nanoseconds / 1000);
            return predicted * Math.Sqrt(Nanoseconds / (predicted + Nanoseconds));
        }
    }
}
