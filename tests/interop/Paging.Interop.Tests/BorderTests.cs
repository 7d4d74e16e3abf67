namespace Paging.Interop.Tests;

/// <summary>What the tests of C, Python and Rust give to the functions of paging.h, as tools/border.py sees it.</summary>
public sealed class BorderTests
{
    /// <summary>
    /// No number and no handle of the tables is the same in all calls that succeed, and no two arguments of one type are always equal: such
    /// rows do not notice that arguments are exchanged or forgotten. A function or parameter that is added without rows fails here.
    /// </summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("c")]
    [InlineData("python")]
    public void NoArgumentOfTheTablesIsLucky(string language) => Run(language);

    /// <summary>The same of the tests of the crates, which are compiled first.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void NoArgumentOfTheCratesTestsIsLucky()
    {
        CCompiler.Require("cargo");
        Run("rust");
    }

    /// <summary>
    /// What the classes of C++, Python and Rust do to an argument on its way is in tools/passed.excused, or fails here. The rows of the
    /// list that are not found any more fail as well, so that the sources are read.
    /// </summary>
    [Fact]
    public void ABindingPassesWhatItIsGiven()
    {
        CCompiler.Require("python3");
        Assert.Empty(CCompiler.Run("python3", "-B", "tools/passed.py"));
    }

    private static void Run(string language)
    {
        CCompiler.Require();
        CCompiler.Require("python3");
        _ = CCompiler.Library;
        _ = CCompiler.Run("python3", "-B", "tools/border.py", "seen", language);
    }
}
