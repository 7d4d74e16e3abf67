namespace Paging.WindowsGuest.Tests;

/// <summary>Our own programs for Windows' rules: as guests they print the same as under Wine, and as documented.</summary>
public sealed class ProgramTests(BuiltWindowsPrograms programs)
{
    public static TheoryData<string, uint> Programs => new()
    {
        { "hello", 7 }, { "allocations", 0 }, { "guards", 0 }, { "frames", 9 }, { "views", 0 }, { "watches", 0 }, { "heaps", 0 },
        { "threads", 3 }, { "natives", 0 }, { "files", 0 }, { "stacks", 0 }, { "image", 4 },
        { "plain", 3 }, { "library", 5 }, { "jumps", 0 }, { "locks", 0 }, { "modules", 0 }, { "callbacks", 6 },
        { "beyond", 0 }, { "waits", 0 }, { "breaks", 0 },
    };

    [Theory, MemberData(nameof(Programs)), Trait("Category", "Slow")]
    public void AGuestPrintsTheSameAsWine(string name, uint exitCode)
    {
        GuestProgramRun.RequireProcessor();
        (int status, string native) = programs.UnderWine(name);
        (WindowsOutcome outcome, string output) = GuestProgramRun.Of(programs.Find(name));
        Assert.Equal(native, output);
        Assert.Equal((exitCode, (uint)status), (outcome.ExitCode, exitCode));
        Assert.Null(outcome.Reason);
    }

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Programs))]
    public void AGuestEndsByItself(string name, uint exitCode)
    {
        (WindowsOutcome outcome, string output) = GuestProgramRun.Of(programs.Find(name));
        Assert.Equal(new WindowsOutcome(exitCode, Reason: null, IsStopped: false), outcome);
        Assert.StartsWith(name, output, StringComparison.Ordinal);
    }

    [Fact]
    public void ABreakpointIsAFaultToItsHandlers()
    {
        (_, string output) = GuestProgramRun.Of(programs.Find("breaks"));
        Assert.Equal("breaks code=80000003 at_the_instruction=00000001 byte=000000cc count=00000006\n", output);
    }

    [Fact]
    public void ErrorsOfOlderWinesAreAsRecorded()
    {
        (_, string output) = GuestProgramRun.Of(programs.Find("newer"));
        Assert.Equal(File.ReadAllText(Path.Combine(BuiltWindowsPrograms.Sources, "newer.expected")), output);
    }
}
