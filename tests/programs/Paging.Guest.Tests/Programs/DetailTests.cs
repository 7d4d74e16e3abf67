namespace Paging.Guest.Tests;

/// <summary>Single rules of many system calls, in programs that end quickly: the same words as on the host.</summary>
[Trait("Compares", "Native")]
public sealed class DetailTests
{
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("details")]
    [InlineData("rules")]
    [InlineData("edges")]
    [InlineData("suites")]
    [InlineData("exact")]
    [InlineData("lengths")]
    [InlineData("answers")]
    [InlineData("controls")]
    public void EveryDetailIsAsOnTheHost(string name)
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 16 << 20 } };
        run.AssertSame(Built(run, name), name);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void TimesThatAProgramHasSetAreLeftOnTheHost()
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 16 << 20 } };
        run.AsGuest(run.Install(Built(run, "edges"), "edges"));
        string kept = Assert.Single(Directory.GetFiles(run.Root, "kept", SearchOption.AllDirectories));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_000_000_000).AddTicks(9_876_543), File.GetLastWriteTimeUtc(kept));
    }

    /// <summary>A compiler that works and a program that does not compile is a failure of the tests, and no reason to skip them.</summary>
    [Fact]
    public void AProgramThatDoesNotCompileIsAFailure()
    {
        using GuestRun run = new();
        string source = Path.Combine(run.Root, "broken.c");
        File.WriteAllText(source, "int main(void) { return undeclared; }\n");
        Exception? thrown = Record.Exception(() => BuiltPrograms.Compile(source, Path.Combine(run.Root, "broken")));
        Assert.SkipWhen(BuiltPrograms.CompilerRefusal.Value is not null, BuiltPrograms.CompilerRefusal.Value ?? "");
        Assert.Contains("undeclared", Assert.IsType<InvalidOperationException>(thrown).Message, StringComparison.Ordinal);
    }

    private static string Built(GuestRun run, string name)
    {
        string program = Path.Combine(run.Root, "built");
        BuiltPrograms.Compile(Path.Combine(BuiltPrograms.RepositoryRoot(), "tests", "programs", "sources", name + ".c"), program);
        return program;
    }
}
