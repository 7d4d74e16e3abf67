using System.Globalization;
using Paging.Bench.Harness;
using Paging.Bench.Operations;

namespace Paging.Bench.Reports;

/// <summary>One row of <c>bench/baselines/ratios.csv</c>: the engine's time over a rival's, as it was and at most.</summary>
internal sealed record RatioBound(string Operation, string Size, Role Rival, double Ratio, double Most)
{
    /// <summary>The name of its race.</summary>
    public string Race => $"{Operation}/{Size}";
}

/// <summary>Compares races with the ratios of an earlier commit, so that a slowdown is seen before it lands.</summary>
/// <remarks>
/// Ratios to a rival in the same run carry over from machine to machine, times do not. A row that is beyond its bound runs again, some
/// seconds later and in other memory, since a neighbour's load and small host pages only add: it fails when none of its runs is within.
/// </remarks>
internal static class RatioBounds
{
    private const int RunsMax = 4, PauseMilliseconds = 3_000;

    /// <summary>Runs the races of a file and prints a line for each at the end.</summary>
    /// <returns>How many rows are beyond their bound, or could not be measured.</returns>
    /// <exception cref="FormatException">A line of the file is none; the message names it.</exception>
    public static int Check(string path, InterleavedRunner runner, TextWriter output)
    {
        RatioBound[] bounds = [.. Parse(File.ReadAllLines(path), path)];
        double?[] least = new double?[bounds.Length];
        for (int run = 0; run < RunsMax && FindBeyond(bounds, least) is { Length: > 0 } left; run++)
        {
            if (run != 0) Thread.Sleep(PauseMilliseconds);
            foreach (int row in left)
                if (Measure(bounds[row], runner) is { } ratio && !(ratio >= least[row])) least[row] = ratio;
        }

        int[] beyond = FindBeyond(bounds, least);
        for (int row = 0; row < bounds.Length; row++)
        {
            RatioBound bound = bounds[row];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(beyond.Contains(row) ? "BEYOND" : "ok    ")}  {bound.Race,-34} {least[row],6:0.000} times {RoleText.Of(bound.Rival)}, "
                    + $"was {bound.Ratio:0.000}, may be {bound.Most:0.000}"));
        }

        return beyond.Length;
    }

    /// <summary>Reads the rows; lines that begin with # and the line of names are none.</summary>
    public static IEnumerable<RatioBound> Parse(IReadOnlyList<string> lines, string path)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith('#') || lines[i].StartsWith("operation,", StringComparison.Ordinal)) continue;
            string[] words = lines[i].Split(',');
            if (words.Length != 5 || RivalOf(words[2]) is not { } rival || !IsNumber(words[3], out double ratio)
                || !IsNumber(words[4], out double most))
                throw new FormatException($"{path}:{i + 1}: expected operation,size,rival,ratio,most");
            yield return new(words[0], words[1], rival, ratio, most);
        }
    }

    private static bool IsNumber(string word, out double number) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private static Role? RivalOf(string word)
    {
        foreach (Role role in Enum.GetValues<Role>())
            if (string.Equals(RoleText.Of(role), word, StringComparison.Ordinal)) return role;
        return null;
    }

    private static int[] FindBeyond(RatioBound[] bounds, double?[] least) =>
        [.. Enumerable.Range(0, bounds.Length).Where(row => !(least[row] <= bounds[row].Most))];

    private static double? Measure(RatioBound bound, InterleavedRunner runner)
    {
        RaceDefinition? definition =
            Catalog.Matching(bound.Race).FirstOrDefault(one => string.Equals($"{one}", bound.Race, StringComparison.Ordinal));
        if (definition is null) return null;
        RaceResult result = runner.Run(definition);
        definition.World?.Release();    // the next run gets other memory of the host
        return result.Ratio(result.Engine, bound.Rival);
    }
}
