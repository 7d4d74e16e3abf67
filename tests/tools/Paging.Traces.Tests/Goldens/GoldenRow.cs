using System.Globalization;

namespace Paging.Traces.Tests;

/// <summary>One row of goldens.csv.</summary>
internal sealed record GoldenRow(string Trace, string Policy, int FrameCount, long AccessCount, long MissCount, long? DirtyEvictionCount)
{
    public static GoldenRow[] ReadAll(string file) => [.. File.ReadLines(file).Skip(1).Select(Parse)];

    private static GoldenRow Parse(string line)
    {
        string[] fields = line.Split(',');
        Assert.Equal(7, fields.Length);
        return new(fields[0], fields[1], int.Parse(fields[2], CultureInfo.InvariantCulture),
            long.Parse(fields[3], CultureInfo.InvariantCulture),
            long.Parse(fields[4], CultureInfo.InvariantCulture), fields[5].Length == 0
                ? null : long.Parse(fields[5], CultureInfo.InvariantCulture));
    }
}
