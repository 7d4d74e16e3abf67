using Paging.Native;

namespace Paging.Guest.Tests;

/// <summary>A program writes the same output and ends with the same status under the host's kernel and under ours.</summary>
[Trait("Category", "Slow")]
[Trait("Compares", "Native")]
public sealed class NativeComparisonTests(BuiltPrograms programs)
{
    private static readonly TimeSpan LessThanTheHour = TimeSpan.FromMinutes(20);

    public static TheoryData<string> Programs =>
    [
        "memory", "files", "signals", "processes", "threads", "sockets", "ipc", "events", "locks", "clocks", "clones", "handing",
        "named", "gone", "places", "reach", "beside", "userfaults", "futexes", "corners", "manners",
        "images", "holes", "ends", "frames", "privileged",
        "waits", "rights", "procs", "shares", "cached", "strict", "pipes", "seals", "stamps", "patched", "timers", "turns",
        "supplied", "remotes", "attached", "orders", "traps", "moved", "batches", "words",
    ];

    public static TheoryData<string> SomePrograms => [.. Soak.Rows(Programs.Select(static row => row.Data), 4)];

    [Theory, MemberData(nameof(SomePrograms))]
    public void AProgramEndsAsItDoesOnTheHost(string name)
    {
        using GuestRun run = new();
        run.AssertSame(programs.Find(name), name);
    }

    public static TheoryData<string> ProgramsOnTheHostsProcessor => [.. Soak.Rows(Programs.Select(static row => row.Data), 3)];

    [Theory, MemberData(nameof(ProgramsOnTheHostsProcessor))]
    public void AProgramOnTheHostsProcessorEndsAsOnTheHost(string name)
    {
        using GuestRun run = new() { Pace = GuestPace.Host, Execution = GuestExecution.Direct };
        run.AssertSame(programs.Find(name), name);
    }

    /// <summary>xsave's part of a frame is the host's processor's, so only there.</summary>
    [Fact]
    public void FramesWithXsaveOnTheHostsProcessorAreThoseOfTheHost()
    {
        using GuestRun run = new() { Pace = GuestPace.Host, Execution = GuestExecution.Direct };
        run.AssertSame(programs.Find("frames"), "frames", "x", "400");
    }

    /// <summary>Segments are those of the host's kernel, so only there.</summary>
    [Fact]
    public void SelectorsOnTheHostsProcessorAreThoseOfTheHost()
    {
        using GuestRun run = new() { Pace = GuestPace.Host, Execution = GuestExecution.Direct };
        run.AssertSame(programs.Find("selectors"), "selectors");
    }

    /// <summary>With NX, and with so little memory that pages come and go.</summary>
    [Theory]
    [InlineData("memory", 64)]
    [InlineData("processes", 3)]
    [InlineData("threads", 4)]
    public void AProgramOnTheHostsProcessorWithPaeTablesEndsAsOnTheHost(string name, int ramMegabytes)
    {
        using GuestRun run = new()
        {
            Pace = GuestPace.Host,
            Execution = GuestExecution.Direct,
            Engine = new() { RamBytes = (ulong)ramMegabytes << 20, Tables = TableFormat.Pae },
            SwapBytes = 64 << 20,
        };
        run.AssertSame(programs.Find(name), name);
    }

    [Theory]
    [InlineData("signals")]
    [InlineData("processes")]
    [InlineData("threads")]
    public void AProgramOnTheHostsClockEndsAsOnTheHost(string name)
    {
        using GuestRun run = new() { Pace = GuestPace.Host };
        run.AssertSame(programs.Find(name), name);
    }

    [Fact]
    public void TheSameRunTwiceIsTheSameRun()
    {
        string path = programs.Find("threads");
        using GuestRun first = new(), second = new();
        Assert.Equal(first.AsGuest(first.Install(path, "threads")), second.AsGuest(second.Install(path, "threads")));
    }

    [Fact]
    public void WithLittleMemoryAndSwapItEndsTheSame()
    {
        using GuestRun run = new() { Engine = new() { RamBytes = 3 << 20 }, SwapBytes = 64 << 20 };
        run.AssertSame(programs.Find("processes"), "processes");
    }

    [Fact]
    public void ALimitOfStepsEndsARun()
    {
        using GuestRun run = new() { StepLimit = 20 };
        Outcome guest = run.AsGuest(run.Install(programs.Find("files"), "files"));
        Assert.Equal(GuestEnd.LimitReached, run.End);
        Assert.Equal(124, guest.Status);
    }

    [Fact]
    public void ALimitOfStepsEndsALoopWithoutCalls()
    {
        using GuestRun run = new() { StepLimit = 3 };
        Assert.Equal(124, run.AsGuest(run.Install(programs.Find("spin"), "spin")).Status);
        Assert.Equal(GuestEnd.LimitReached, run.End);
    }

    [Fact]
    public async Task AnHourBesideAnInputThatIsAlwaysReadyTakesNoTime()
    {
        using GuestRun run = new();
        string inside = run.Install(programs.Find("patience"), "patience");
        CancellationToken token = TestContext.Current.CancellationToken;
        Outcome outcome = await Task.Run(() => run.AsGuest(inside), token).WaitAsync(LessThanTheHour, token);
        Assert.Equal(5, outcome.Status);
    }
}
