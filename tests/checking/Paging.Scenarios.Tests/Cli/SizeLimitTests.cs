namespace Paging.Scripting.Tests;

/// <summary>Sizes of options: the limits that the command names are taken, and a byte beyond them is not.</summary>
public sealed class SizeLimitTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("--swap", "1M", true)]
    [InlineData("--swap", "1048575", false)]
    [InlineData("--swap", "4G", true)]
    [InlineData("--swap", "4096M", true)]
    [InlineData("--swap", "4294967297", false)]
    [InlineData("--swap", "1M@FILE", true)]
    [InlineData("--swap", "4G@FILE", true)]
    [InlineData("--swap", "1048575@FILE", false)]
    [InlineData("--swap", "4294967297@FILE", false)]
    [InlineData("--ram", "1M", true)]
    [InlineData("--ram", "1044480", false)]    // a page less
    [InlineData("--ram", "4294971392", false)]    // a page more than 4G
    public void ALimitIsTakenAndTheNextByteIsNot(string option, string size, bool isTaken)
    {
        string script = _directory.Write("a.scn", "load(0x20000000)\n"), file = _directory.At("swap");
        CommandRun run = CommandRun.Of("script", script, option, size.Replace("FILE", file, StringComparison.Ordinal));
        if (isTaken)
        {
            Assert.Equal((0, ""), (run.Code, run.Errors));
            return;
        }

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith($"paging script: {option} is 1M to 4G", run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }
}
