namespace Paging.Guest.Tests;

/// <summary>The same seed and the same clock at the start make the same run: every call and result, every byte written.</summary>
[Trait("Category", "Slow")]
public sealed class RepeatTests(BuiltPrograms programs)
{
    private const long StartTime = 1_767_225_600_000_000_000;

    [Theory]
    [InlineData("memory")]
    [InlineData("files")]
    [InlineData("signals")]
    [InlineData("processes")]
    [InlineData("threads")]
    [InlineData("sockets")]
    [InlineData("ipc")]
    [InlineData("events")]
    [InlineData("locks")]
    [InlineData("clocks")]
    [InlineData("timers")]
    [InlineData("clones")]
    [InlineData("handing")]
    [InlineData("named")]
    [InlineData("gone")]
    [InlineData("places")]
    [InlineData("reach")]
    [InlineData("userfaults")]
    [InlineData("chance")]
    public void TwoRunsAreTheSameToTheByte(string name)
    {
        using StringWriter first = new(), second = new();
        Outcome before = Run(name, first, seed: 7), after = Run(name, second, seed: 7);
        Assert.Equal(before, after);
        Assert.Equal(first.ToString(), second.ToString());
    }

    [Fact]
    public void AnotherSeedIsAnotherRun()
    {
        using StringWriter calls = new();
        Assert.NotEqual(Run("chance", calls, seed: 7), Run("chance", calls, seed: 8));
    }

    private Outcome Run(string name, TextWriter calls, ulong seed)
    {
        using GuestRun run = new() { StartTime = StartTime, Calls = calls, Engine = new() { RamBytes = 64 << 20, Seed = seed } };
        return run.AsGuest(run.Install(programs.Find(name), name));
    }
}
