using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class CanaryFileTests
{
    private static readonly string Repository = CanaryFile.FindRepository(AppContext.BaseDirectory)
        ?? throw new InvalidOperationException("The tests run inside the repository.");

    public static TheoryData<string> Names => [.. CanaryFile.ReadAll(Repository).Select(static canary => canary.Name)];

    [Theory, MemberData(nameof(Names))]
    public void ItsTextStandsInTheSourceOnce(string name)
    {
        Canary canary = CanaryFile.ReadAll(Repository).Single(canary => string.Equals(canary.Name, name, StringComparison.Ordinal));
        string source = File.ReadAllText(Path.Combine(Repository, canary.File));
        int first = source.IndexOf(canary.Find, StringComparison.Ordinal);
        Assert.True(first >= 0, $"{canary.File} has changed: the text is not there any more");
        Assert.True(source.IndexOf(canary.Find, first + 1, StringComparison.Ordinal) < 0, $"{canary.File} has the text more than once");
        Assert.NotEqual(canary.Find, canary.Replace, StringComparer.Ordinal);
        Assert.All(canary.Targets, static target => Assert.True(TargetTable.Exists(target), target));
    }

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
            ["# a comment", "", "canary a-b", "what   it breaks", "file   src/Paging.Core/X.cs", "by     areas buddy", "find", "  one",
            "  two", "replace", "end"];
        Canary canary = Assert.Single(CanaryFile.Read("list", lines));
        Assert.Equal(("a-b", "it breaks", "src/Paging.Core", "Paging.Core"),
            (canary.Name, canary.Description, canary.Project, canary.Assembly));
        Assert.Equal(("  one\n  two", ""), (canary.Find, canary.Replace));
        Assert.Equal("areas,buddy", string.Join(',', canary.Targets));
    }

    [Theory]
    [InlineData("canary a", "list:2")]
    [InlineData("nonsense", "list:1")]
    [InlineData("canary a\nwhat b\nfile c\nby d\nfind\nx", "list:6")]
    public void AListThatIsNoneSaysWhere(string text, string place) =>
        Assert.StartsWith(place, Assert.Throws<FormatException>(() => CanaryFile.Read("list", text.Split('\n')).ToList()).Message,
            StringComparison.Ordinal);
}
