using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>A test that skips for a tool which is not there names the command that gets it, and one way asks for each processor.</summary>
public sealed partial class SkipTests
{
    [GeneratedRegex("\"[^\"\\n]*([Tt]here is no|does not work)[^\"\\n]* here\\b[^\"\\n]*\"", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Missing();

    [Fact]
    public void AMissingToolComesWithItsCommand()
    {
        List<string> found = [.. Repository.SourcesUnder("tests")
            .Where(static path => !path.EndsWith("/SkipTests.cs", StringComparison.Ordinal))
            .SelectMany(static path => Missing().Matches(Repository.Read(path)).Select(match => $"{path}: {match.Value}"))];
        Assert.True(found.Count >= 12, $"Only {found.Count} reasons were found.");
        Assert.DoesNotContain(found, static one => !one.Contains("apt-get install ", StringComparison.Ordinal)
            && !one.Contains("tools/", StringComparison.Ordinal) && !one.Contains("rustup ", StringComparison.Ordinal));
    }

    /// <summary>RequiredProcessor fails where PAGING_UNICORN is set; a test that asks the processor itself would skip.</summary>
    [Fact]
    public void NoTestSkipsForTheProcessorByItself() => Assert.Equal(["tests/Support/RequiredProcessor.cs"],
        Repository.SourcesUnder("tests").Where(static path => !path.EndsWith("/SkipTests.cs", StringComparison.Ordinal)
            && Repository.Read(path).Contains("GuestProcessor.IsAvailable(", StringComparison.Ordinal)), StringComparer.Ordinal);
}
