using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary><c>fuzz status</c> fits a screen however many workers and findings there are.</summary>
public sealed class StatusScreenTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, 2, 5)]
    [InlineData(1000, 500, 18)]
    public void AllOfItFitsAScreen(int findingCount, int workerCount, int lineCount)
    {
        (ulong, string, string)[] findings = [.. Enumerable.Range(0, findingCount)
            .Select(static number => ((ulong)number, $"id{number}", new string('x', 300) + "\nmmap(0)\nmunmap(0)"))];
        Dictionary<string, string> workers = Enumerable.Range(0, workerCount)
            .ToDictionary(static number => $"w{number}", static _ => "12 operations", StringComparer.Ordinal);
        using StringWriter output = new();
        StatusScreen.Write(findings, workers, output);
        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lineCount, lines.Length);
        Assert.All(lines, static line => Assert.InRange(line.Length, 1, 100));
        if (findingCount > 8) Assert.Contains("and 992 more findings (--all shows everything)", lines, StringComparer.Ordinal);
    }
}
