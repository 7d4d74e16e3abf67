namespace Paging.Bench.Simulation;

/// <summary>How long the holds of an operation are, without what they wait for: means, by the run of one thread.</summary>
internal sealed class HoldLengths
{
    private readonly Dictionary<(int Hold, int Segment), List<double>> _seen = [];
    private readonly Dictionary<(int Hold, int Segment), double> _means = [];

    /// <summary>How many parts of holds were measured.</summary>
    public int Count => _seen.Values.Sum(static lengths => lengths.Count);

    /// <summary>The nanoseconds of a part of a hold. Parts that one thread never has, such as a close, take the median so far.</summary>
    public double Of((int Hold, int Segment) part, double elapsed, bool isAlone)
    {
        if (!isAlone && _means.TryGetValue(part, out double mean)) return mean;
        if (!_seen.TryGetValue(part, out List<double>? lengths)) _seen.Add(part, lengths = []);
        int place = lengths.BinarySearch(elapsed);
        lengths.Insert(place < 0 ? ~place : place, elapsed);
        return isAlone ? elapsed : lengths[lengths.Count / 2];
    }

    /// <summary>Ends the run of one thread.</summary>
    /// <returns>The nanoseconds of all its holds.</returns>
    public double Freeze()
    {
        double sum = 0;
        foreach ((var part, List<double> lengths) in _seen)
        {
            int kept = Math.Max(lengths.Count * 99 / 100, 1);    // interruptions by the host are no part of a hold
            _means[part] = lengths.Take(kept).Average();
            sum += _means[part] * lengths.Count;
        }

        return sum;
    }
}
