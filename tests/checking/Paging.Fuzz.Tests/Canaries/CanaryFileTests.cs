using Paging.Fuzz.Changes;
using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class CanaryFileTests
{
    private static readonly string Repository = CanaryFile.FindRepository(AppContext.BaseDirectory)
        ?? throw new InvalidOperationException("The tests run inside the repository.");

    [Fact]
    public void ThereAreEnoughOfThemAndNoTwoOfOneName()
    {
        List<Canary> all = CanaryFile.ReadAll(Repository);
        Assert.True(all.Count >= 25);
        Assert.Equal(all.Count, all.Select(static canary => canary.Name).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void AListIsReadLineByLine()
    {
        string[] lines =
            ["# a comment", "", "in Paging.Core", "by areas buddy", "a-b: it breaks", "  X.Y  one(", "    two)", "    ==> dropped",
            "c: it too", "  X.Z  a ==> b"];
        List<Canary> canaries = [.. CanaryFile.Read("list", lines)];
        Assert.Equal([new("X.Y", "one( two)", ""), new("X.Z", "a", "b")], canaries.Select(static canary => canary.Change));
        Assert.Equal(("a-b", "it breaks", "Paging.Core"), (canaries[0].Name, canaries[0].Description, canaries[0].Assembly));
        Assert.Equal(["areas", "buddy"], canaries[0].Targets);
    }

    [Theory]
    [InlineData("in A\nby b\na: without a change", "list:3")]
    [InlineData("in A\na: without a target\n  X.Y  a ==> b", "list:2")]
    [InlineData("in A\nby b\na: without an arrow\n  X.Y  a", "list:4")]
    [InlineData("  X.Y  a ==> b", "list:1")]
    public void AMalformedListNamesTheLine(string text, string place) =>
        Assert.StartsWith(place, Assert.Throws<FormatException>(() => CanaryFile.Read("list", text.Split('\n')).ToList()).Message,
            StringComparison.Ordinal);
}
