namespace Paging.Guest.Tests;

/// <summary>Programs that are stopped at random, saved, and continued in another machine write the same output.</summary>
public sealed class CheckpointTests(BuiltPrograms programs)
{
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("memory", 120)]
    [InlineData("files", 300)]
    [InlineData("signals", 200)]
    [InlineData("processes", 200)]
    [InlineData("threads", 300)]
    [InlineData("clocks", 100)]
    [InlineData("timers", 200)]
    [InlineData("turns", 200)]
    [InlineData("events", 300)]
    [InlineData("sockets", 300)]
    [InlineData("handing", 200)]
    [InlineData("ipc", 300)]
    [InlineData("locks", 300)]
    [InlineData("pipes", 300)]
    [InlineData("named", 200)]
    [InlineData("clones", 200)]
    [InlineData("batches", 400)]
    [InlineData("travels", 900)]
    public void AProgramGoesOnInAnotherMachine(string name, int stepsMax) =>
        StoppedRun.AssertGoesOn(runCount: Soak.Of(3, 1), stopCount: 2, stepsMax, programs.Find(name), name);

    /// <summary>Stopped between any two of hundreds of random calls, with all that they have open, queued, locked and sealed.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("1")]
    [InlineData("16")]
    public void RandomCallsGoOn(string seed) =>
        StoppedRun.AssertGoesOn(runCount: Soak.Of(6, 2), stopCount: 2, 2000, programs.Find("anything"), "anything", seed, "800");

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("memory", 120)]
    [InlineData("travels", 900)]
    public void PagesThatAreSharedComeWhenTheyAreTouched(string name, int stepsMax) =>
        StoppedRun.AssertGoesOn(runCount: 3, stopCount: 2, stepsMax, isApart: true, programs.Find(name), name);

    /// <summary>Selectors, thread-local storage and floating point are those of another kernel and processor then.</summary>
    [Theory]
    [InlineData("threads", 300)]
    [InlineData("signals", 200)]
    [InlineData("travels", 900)]
    public void AProgramGoesOnOnTheHostsProcessor(string name, int stepsMax)
    {
        RequiredProcessor.Check(isDirect: true);
        using GuestRun whole = new(), home = new();
        Outcome expected = whole.AsGuest(whole.Install(programs.Find(name), name));
        StoppedRun run = new(home.Root) { Executions = [GuestExecution.Emulated, GuestExecution.Direct] };
        Random random = new(StoppedRun.Seed);
        run.Run([random.Next(1, stepsMax / 2), random.Next(1, stepsMax / 2)], out Outcome outcome, home.Install(programs.Find(name), name));
        Assert.Equal(expected, outcome);
    }

    /// <summary>The program has chosen its code by the features of that processor.</summary>
    [Fact]
    public void AProgramOfTheHostsProcessorGoesOnNowhereElse()
    {
        RequiredProcessor.Check(isDirect: true);
        using GuestRun home = new();
        string inside = home.Install(programs.Find("signals"), "signals");
        StoppedRun run = new(home.Root) { Executions = [GuestExecution.Direct, GuestExecution.Emulated] };
        Assert.Contains("host's processor", Assert.Throws<InvalidOperationException>(() => run.Run([5], out _, inside)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>All kinds of objects that programs share, stopped 200 times.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void StoppedProgramsWriteTheSame() =>
        StoppedRun.AssertGoesOn(runCount: Soak.Of(25, 5), stopCount: 8, 250, programs.Find("travels"), "travels");
}
