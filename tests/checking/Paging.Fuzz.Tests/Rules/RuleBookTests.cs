using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The rules that the dialects number, and the lists of fuzz/rules.</summary>
public sealed class RuleBookTests
{
    private static readonly string Repository = CanaryFile.FindRepository(AppContext.BaseDirectory)
        ?? throw new InvalidOperationException("The tests run inside the repository.");

    [Fact]
    public void EachNumberOfTheDocumentsHasASwitchOrAReason()
    {
        List<string> numbers = RuleBook.NumbersIn(Repository);
        Assert.True(numbers.Count > 400, $"only {numbers.Count} rules have numbers");
        IEnumerable<string> switches = RuleBook.Switches(Repository).Select(static rule => rule.Name);
        IEnumerable<string> known = switches.Concat(RuleBook.Reasons(Repository).Keys);
        Assert.Equal(numbers.Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal(numbers.Count, numbers.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void EachSwitchIsOneSpotOfTheModel() => Assert.All(RuleBook.Switches(Repository), static rule =>
    {
        Assert.Contains(rule.Project, RuleBook.Models, StringComparer.Ordinal);
        string source = File.ReadAllText(Path.Combine(Repository, rule.File));
        int first = source.IndexOf(rule.Find, StringComparison.Ordinal);
        Assert.True(first >= 0, $"{rule.Name}: {rule.File} has changed: the text is not there any more");
        Assert.True(source.IndexOf(rule.Find, first + 1, StringComparison.Ordinal) < 0,
            $"{rule.Name}: {rule.File} has the text more than once");
        Assert.NotEqual(rule.Find, rule.Replace, StringComparer.Ordinal);
        Assert.All(rule.Targets, static target => Assert.True(TargetTable.Exists(target), target));
    });

    [Fact]
    public void EveryRecordingAgreesWithTheModels()
    {
        using StringWriter output = new();
        FuzzOptions options = new() { Target = "recordings" };
        Assert.Equal(ExitCode.Clean, TargetTable.Find("recordings").Run(options, output));
        Assert.DoesNotContain(RecordingsTarget.Mark, output.ToString(), StringComparison.Ordinal);
    }
}
