namespace Paging.Fuzz;

/// <summary>The findings and the workers of a campaign in at most twenty lines, for a look while it runs.</summary>
internal static class StatusScreen
{
    private const int FindingCountMax = 8, WorkerCountMax = 8, Columns = 100;

    /// <summary>Writes a line for each finding and each worker, and how many more there are.</summary>
    /// <param name="findings">The first seed, the identifier and the text of each finding, by seed.</param>
    /// <param name="workers">The names of the workers, and their notes.</param>
    /// <param name="output">Where to.</param>
    public static void Write(IReadOnlyCollection<(ulong Seed, string Id, string Text)> findings,
        IReadOnlyCollection<KeyValuePair<string, string>> workers, TextWriter output)
    {
        foreach ((ulong seed, string id, string text) in findings.Take(FindingCountMax))
            output.Write(Cut($"seed {seed}, finding {id}: {text.Split('\n')[0]}") + '\n');
        WriteRest(findings.Count - FindingCountMax, "findings", output);
        foreach ((string name, string note) in workers.Take(WorkerCountMax)) output.Write(Cut($"worker {name}: {note}") + '\n');
        WriteRest(workers.Count - WorkerCountMax, "workers", output);
    }

    private static void WriteRest(int count, string what, TextWriter output)
    {
        if (count > 0) output.Write($"and {count:N0} more {what} (--all shows everything)\n");
    }

    private static string Cut(string line) => line.Length <= Columns ? line : line[..(Columns - 1)] + "…";
}
