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
/// Ratios to a rival in the same run carry over from machine to machine, times do not. A row that is beyond its bound runs again, since a
/// neighbour's load only adds: it fails when none of its runs is within.
/// </remarks>
internal static class RatioBounds
{
    private const int RunsMax = 4;

    /// <summary>Runs the races of a file and prints a line for each.</summary>
    /// <returns>How many rows are beyond their bound, or could not be measured.</returns>
    /// <exception cref="FormatException">A line of the file is none; the message names it.</exception>
    public static int Check(string path, InterleavedRunner runner, TextWriter output)
    {
        int beyond = 0;
        foreach (RatioBound bound in Parse(File.ReadAllLines(path), path))
        {
            double? least = Least(bound, runner);
            bool isWithin = least <= bound.Most;
            if (!isWithin) beyond++;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(isWithin ? "ok    " : "BEYOND")}  {bound.Race,-34} {least,6:0.000} times {RoleText.Of(bound.Rival)}, "
                    + $"was {bound.Ratio:0.000}, may be {bound.Most:0.000}"));
        }

        return beyond;
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

    private static double? Least(RatioBound bound, InterleavedRunner runner)
    {
        RaceDefinition? definition =
            Catalog.Matching(bound.Race).FirstOrDefault(one => string.Equals($"{one}", bound.Race, StringComparison.Ordinal));
        double? least = null;
        for (int run = 0; definition is not null && run < RunsMax && !(least <= bound.Most); run++)
        {
            RaceResult result = runner.Run(definition);
            if (result.Ratio(result.Engine, bound.Rival) is { } ratio && !(ratio >= least)) least = ratio;
        }

        definition?.World?.Release();
        return least;
    }
}
