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

    [Trait("Category", "Medium")]
    [Fact]
    public void EveryRecordingAgreesWithTheModels()
    {
        using StringWriter output = new();
        FuzzOptions options = new() { Target = "recordings" };
        Assert.Equal(ExitCode.Clean, TargetTable.Find("recordings").Run(options, output));
        Assert.DoesNotContain(RecordingsTarget.Mark, output.ToString(), StringComparison.Ordinal);
    }
}
