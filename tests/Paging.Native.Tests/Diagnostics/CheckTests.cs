using Paging.Native.Diagnostics;
using Xunit;

namespace Paging.Native.Tests;

public sealed class CheckTests
{
    [Fact]
    public void TestsRunWithEveryCheckOn()
    {
        Assert.Equal(VerificationLevel.Thorough, Check.Level);
        Assert.True(Check.Cheap);
        Assert.True(Check.Thorough);
    }

    [Theory]
    [InlineData("off", null, "Off")]
    [InlineData("Cheap", "off", "Cheap")]    // the configuration speaks first, in any case
    [InlineData(null, "THOROUGH", "Thorough")]
    [InlineData("very", "thorough", "Thorough")]    // a word that means nothing is passed over
    public void TheFirstWordThatNamesALevelWins(string? configured, string? environment, string expected) =>
        Assert.Equal(expected, Check.Choose(configured, environment).ToString());

    [Theory]
    [InlineData("2")]
    [InlineData("Off, Cheap")]
    [InlineData("")]
    public void NumbersAndListsNameNoLevel(string word) => Assert.Equal(Check.Choose(null, null), Check.Choose(word, word));
}
