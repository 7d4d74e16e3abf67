using Paging.Native;

namespace Paging.Cli.Reports;

/// <summary>The times at which pages were referenced, and the working sets computed from them.</summary>
/// <remarks>
/// W(t, T) is the number of different pages that were referenced in the last T moments up to t: P. J. Denning, "The Working Set Model for
/// Program Behavior", CACM 11(5), 1968. Exact: each reference is recorded, without the accessed bits.
/// </remarks>
internal sealed class ReferenceLog
{
    private const int RangeCountMax = 1 << 18;

    private readonly List<(long Time, int Process, PageRange Pages)> _references = [];

    /// <summary>The last moment of which all references are recorded.</summary>
    public long CompleteUntil { get; private set; } = long.MaxValue;

    /// <summary>Adds a reference. Times do not go back.</summary>
    public void Add(long time, int process, PageRange pages)
    {
        if (_references.Count < RangeCountMax) _references.Add((time, process, pages));
        else CompleteUntil = Math.Min(CompleteUntil, time - 1);
    }

    /// <summary>The working sets at moments that ascend. Cost: O(references × their pages).</summary>
    /// <param name="times">The moments.</param>
    /// <param name="window">T, at least 1.</param>
    public IEnumerable<long> WorkingSets(IEnumerable<long> times, long window)
    {
        Dictionary<(int Process, uint Page), int> counts = [];
        int next = 0, oldest = 0;
        foreach (long time in times)
        {
            for (; next < _references.Count && _references[next].Time <= time; next++) Count(counts, _references[next], 1);
            for (; oldest < next && _references[oldest].Time <= time - window; oldest++) Count(counts, _references[oldest], -1);
            yield return counts.Count;
        }
    }

    private static void Count(Dictionary<(int Process, uint Page), int> counts, (long Time, int Process, PageRange Pages) reference,
        int change)
    {
        for (uint page = reference.Pages.First.Value; page < reference.Pages.End.Value; page++)
        {
            int count = counts.GetValueOrDefault((reference.Process, page)) + change;
            if (count == 0) counts.Remove((reference.Process, page));
            else counts[(reference.Process, page)] = count;
        }
    }
}
