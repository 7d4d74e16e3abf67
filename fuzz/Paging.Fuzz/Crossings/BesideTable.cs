using System.Globalization;

namespace Paging.Fuzz;

/// <summary>Counts, for each companion, the recordings that it changes, by cause.</summary>
internal sealed class BesideTable(IReadOnlyList<Companion> companions)
{
    private readonly Dictionary<Companion, Row> _rows = companions.ToDictionary(static companion => companion, static _ => new Row());
    private readonly HashSet<NamedDifference> _needed = [];

    /// <summary>Differences that no document names.</summary>
    public int UnnamedCount => _rows.Values.Sum(static row => row.UnnamedCount);

    /// <summary>The named differences that nothing has needed.</summary>
    public IEnumerable<NamedDifference> Unneeded => NamedDifference.All.Where(named => !_needed.Contains(named));

    /// <summary>Adds what a recording did.</summary>
    public void Add(Companion companion, RecordingReplay replay, CompanyOutcome outcome)
    {
        Row row = _rows[companion];
        row.RecordingCount++;
        foreach ((string refusal, int count) in outcome.Refusals) row.Refusals[refusal] = row.Refusals.GetValueOrDefault(refusal) + count;
        if (outcome.Difference is not { } difference) return;
        if (NamedDifference.Find(companion, difference.Cause) is not { } named)
        {
            row.Add(difference, replay);
            return;
        }

        _needed.Add(named);
        row.NamedCount++;
        row.Reasons[named.Reason] = row.Reasons.GetValueOrDefault(named.Reason) + 1;
    }

    /// <summary>Prints a line for each companion, and below it the causes.</summary>
    public void Print(TextWriter output, bool withCauses)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"companion",-26} {"recordings",10} {"differ",7} {"named",6}"));
        foreach ((Companion companion, Row row) in _rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{companion.Name,-26} {row.RecordingCount,10} {row.UnnamedCount,7} {row.NamedCount,6}"));
            foreach ((string cause, (int count, string first)) in row.Causes.OrderByDescending(static pair => pair.Value.Count))
                output.WriteLine($"    {count} × {cause}\n        {first}");
            if (!withCauses) continue;
            foreach ((string named, int count) in row.Reasons) output.WriteLine($"    ({count} × {named})");
            foreach ((string refusal, int count) in row.Refusals) output.WriteLine($"    (refused {count} times: {refusal})");
        }
    }

    /// <summary>What one companion has changed.</summary>
    private sealed class Row
    {
        public int RecordingCount { get; set; }

        public int NamedCount { get; set; }

        public int UnnamedCount => Causes.Values.Sum(static cause => cause.Count);

        public Dictionary<string, (int Count, string First)> Causes { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, int> Reasons { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, int> Refusals { get; } = new(StringComparer.Ordinal);

        public void Add(CompanyDifference difference, RecordingReplay replay)
        {
            (int count, string first) = Causes.GetValueOrDefault(difference.Cause);
            if (count == 0)
            {
                string place = difference.Line is { } line
                    ? $"{replay.Document.FileName}:{line.Number}: {line.Text} = {replay.AloneAt(line)}" : replay.Document.FileName;
                first = $"{place}\n        beside it: {difference.Actual}".ReplaceLineEndings("\n        ");
            }

            Causes[difference.Cause] = (count + 1, first);
        }
    }
}
