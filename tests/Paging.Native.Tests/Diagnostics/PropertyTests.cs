using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>A fuzzer that cannot fail is a defect: these properties are wrong on purpose.</summary>
public sealed class PropertyTests
{
    [Fact]
    public void APropertyThatIsWrongForOneSeedInAHundredFailsAndNamesTheSeed()
    {
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(
            () => Property.ForSeeds(100, static seed => Assert.NotEqual(42u, seed % 100)));
        Assert.Contains("Seed 42", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFailingScriptIsShrunkToItsCause()
    {
        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(
            () => Property.ForScripts(200, 50, static script => Assert.DoesNotContain(script, static word => word >= 1000)));
        Assert.Contains("[1000]", failure.Message, StringComparison.Ordinal);    // the smallest word that is wrong
    }

    [Fact]
    public void ScriptsAreTheSameInEveryRun()
    {
        List<uint> first = [], second = [];
        Property.ForScripts(20, 20, first.AddRange);
        Property.ForScripts(20, 20, second.AddRange);
        Assert.Equal(first, second);
        Assert.True(first.Distinct().Count() > 20);
    }
}
