using System.Diagnostics;

namespace Paging.Testing.Shrinking;

/// <summary>
/// Drops chunks of a list while it still fails: half of it, a quarter, … single items (Zeller's ddmin without its complements).
/// </summary>
internal sealed class ChunkDropper(TimeSpan budget)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>True while there is time left.</summary>
    public bool HasTime => _watch.Elapsed < budget;

    /// <summary>Drops the calls that the failure does not need.</summary>
    /// <param name="start">A list that fails.</param>
    /// <param name="without">The list without so many items from one on.</param>
    /// <param name="tryList">Returns true if the list still fails; it must then remember the list.</param>
    /// <param name="best">The list that failed last.</param>
    /// <returns>True when anything could be dropped.</returns>
    public bool Drop<T>(List<T> start, Func<List<T>, int, int, List<T>> without, Func<List<T>, bool> tryList, Func<List<T>> best)
    {
        bool improved = false;
        for (int size = Math.Max(1, start.Count / 2); size >= 1; size /= 2)
        {
            for (int first = best().Count - size; first > -size && HasTime; first -= size)
            {
                int from = Math.Max(0, first);
                if (from < best().Count) improved |= tryList(without(best(), from, Math.Min(size, best().Count - from)));
            }
        }

        return improved;
    }
}
