using Paging.Native;

namespace Paging.Guest.Tests;

/// <summary>Programs on PAE tables, with NX as the host's own kernel has it; and the limits of classic tables.</summary>
[Trait("Compares", "Native")]
public sealed class PaeProgramTests(BuiltPrograms programs)
{
    private static GuestRun Run() => new() { Engine = new() { RamBytes = 64 << 20, Tables = TableFormat.Pae } };

    [Fact]
    public void CodeOnTheStackIsAnAccessErrorAsOnTheHost()
    {
        using GuestRun run = Run();
        run.AssertSame(programs.Find("stackcode"), "stackcode");
    }

    /// <summary>The page is in the processor's TLB: mprotect that adds NX and takes no other right must flush it.</summary>
    [Fact]
    public void CodeThatHasLostItsRightIsAnAccessErrorAsOnTheHost()
    {
        using GuestRun run = Run();
        run.AssertSame(programs.Find("withdrawn"), "withdrawn");
    }

    [Fact]
    public void WithClassicTablesTheSameProgramLives()
    {
        using GuestRun run = new();
        Outcome guest = run.AsGuest(run.Install(programs.Find("stackcode"), "stackcode"));
        Assert.Equal((0, "mapped: 42\nstack: 42\n"), (guest.Status, guest.Output));
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("memory")]
    [InlineData("files")]
    [InlineData("signals")]
    [InlineData("processes")]
    [InlineData("threads")]
    [InlineData("ipc")]
    [InlineData("clones")]
    [InlineData("places")]
    [InlineData("userfaults")]
    public void AProgramEndsAsItDoesOnTheHost(string name)
    {
        using GuestRun run = Run();
        run.AssertSame(programs.Find(name), name);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void WithLittleMemoryAndSwapItEndsTheSame()
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 3 << 20, Tables = TableFormat.Pae }, SwapBytes = 64 << 20 };
        run.AssertSame(programs.Find("processes"), "processes");
    }
}
