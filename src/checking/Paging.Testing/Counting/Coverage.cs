using System.Globalization;
using System.Text;

namespace Paging.Testing.Counting;

/// <summary>Counts the outcomes of each operation in a run.</summary>
/// <param name="operations">Names of operations, in the order in which they print; those of one name print as one.</param>
/// <param name="outcomes">Names of outcomes; those that never occurred are not printed.</param>
/// <param name="expected">Pairs of operation and outcome that should occur; those that never did are listed.</param>
internal sealed class Coverage(
    IReadOnlyList<string> operations, IReadOnlyList<string> outcomes, IReadOnlyList<(int Operation, int Outcome)>? expected = null)
{
    private readonly long[] _counts = new long[operations.Count * outcomes.Count];

    /// <summary>The number of operations with that outcome.</summary>
    public long Count(int operation, int outcome) => _counts[(operation * outcomes.Count) + outcome];

    public void Add(int operation, int outcome) => _counts[(operation * outcomes.Count) + outcome]++;

    /// <summary>Adds the counts of another job.</summary>
    public void Add(Coverage other)
    {
        for (int i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
    }

    /// <summary>The count of each occurred pair of operation and outcome.</summary>
    public IEnumerable<(int Place, long Count)> Cells => _counts.Index().Where(static cell => cell.Item != 0);

    /// <summary>Takes in a cell that another process has counted. Returns false if there is no such place.</summary>
    public bool TryAdd(int place, long count)
    {
        if ((uint)place >= (uint)_counts.Length) return false;
        _counts[place] += count;
        return true;
    }

    /// <summary>The expected pairs that have not occurred.</summary>
    public IEnumerable<string> NeverSeen => (expected ?? []).Where(pair => Count(pair.Operation, pair.Outcome) == 0)
        .Select(pair => $"{operations[pair.Operation].Trim()} {outcomes[pair.Outcome]}");

    /// <summary>One row an operation: how often, then its outcomes, the most frequent first.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        int width = operations.Max(static name => name.Length);
        foreach (string operation in operations.Distinct(StringComparer.Ordinal))
        {
            int[] places = [.. Enumerable.Range(0, operations.Count)
                .Where(place => string.Equals(operations[place], operation, StringComparison.Ordinal))];
            (string Name, long Count)[] row =
                [.. Enumerable.Range(0, outcomes.Count).Select(outcome => (outcomes[outcome], places.Sum(place => Count(place, outcome))))
                .Where(static cell => cell.Item2 != 0).OrderByDescending(static cell => cell.Item2)];
            text.Append(CultureInfo.InvariantCulture, $"  {operation.PadRight(width)} {row.Sum(static cell => cell.Count),13:N0}");
            foreach ((string name, long count) in row) text.Append(CultureInfo.InvariantCulture, $"  {name} {count:N0}");
            text.Append('\n');
        }

        if (expected is not null) text.Append("  never seen: ").AppendJoin(", ", NeverSeen.DefaultIfEmpty("nothing")).Append('\n');
        return text.ToString();
    }
}
