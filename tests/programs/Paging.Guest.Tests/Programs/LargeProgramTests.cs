namespace Paging.Guest.Tests;

/// <summary>A program with more memory than the machine is killed as by SIGSEGV, and nothing else is.</summary>
public sealed class LargeProgramTests(BuiltPrograms programs)
{
    [Theory]
    [InlineData(GuestExecution.Emulated)]
    [InlineData(GuestExecution.Direct)]
    public void AProgramThatDoesNotFitIsKilled(GuestExecution execution)
    {
        using GuestRun run = new() { Execution = execution, Pace = execution == GuestExecution.Direct ? GuestPace.Host : GuestPace.Code };
        Outcome asChild = run.AsGuest(run.Install(programs.Find("ends"), "ends"), "one", "large");
        Assert.Equal("1200 MiB of zeros, fork: signal 11\n1200 MiB of zeros, vfork: signal 11\n", asChild.Output);
        string large = Assert.Single(Directory.GetFiles(run.Root, "large", SearchOption.AllDirectories));
        Outcome asFirst = run.AsGuest(large[run.Root.Length..]);
        Assert.Equal((139, "", ""), (asFirst.Status, asFirst.Output, asFirst.Errors));
        Assert.Equal(GuestEnd.Killed, run.End);
    }
}
