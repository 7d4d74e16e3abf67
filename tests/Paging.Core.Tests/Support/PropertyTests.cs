using Xunit;

namespace Paging.Core.Tests;

/// <summary>A property layer that cannot fail is a defect: these are wrong on purpose.</summary>
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
    public void AFailingScriptIsShrunkToWhatMatters()
    {
        Exception failure = Assert.ThrowsAny<Exception>(
            () => Property.ForScripts(200, 50, static script => Assert.DoesNotContain(script, static word => word >= 1000)));
        Assert.Contains("1000", failure.Message, StringComparison.Ordinal);    // the smallest word that is wrong
    }

    [Fact]
    public void ChecksAreThoroughInTheseTests() => Assert.True(Native.Check.Thorough);
}
