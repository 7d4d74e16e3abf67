using System.Globalization;
using Paging.Core;

namespace Paging.Guest.Tests;

/// <summary>Programs of the suite, back to their beginning and forward again, as a debugger asks for it.</summary>
[Trait("Category", "Slow")]
public sealed class RecordedRunTests(BuiltPrograms programs)
{
    private const int StepCount = 40;

    /// <summary>
    /// Signals, stores into code, time-stamp counters, files, pipes, children, memory calls: each instruction back is the one that was
    /// before, and the replay of all of them ends in the same registers. The program ends as without a debugger.
    /// </summary>
    [Theory]
    [InlineData("stackcode")]
    [InlineData("exact")]
    [InlineData("files")]
    [InlineData("pipes")]
    [InlineData("clones")]
    [InlineData("shares")]
    [InlineData("chance")]
    public void BackToTheBeginningAndForwardIsTheSame(string name)
    {
        RequiredProcessor.Check();
        string program = programs.Find(name);
        using GuestRun run = new() { IsRecording = true, StartTime = 1_767_225_600_000_000_000 };
        using DebugWire wire = new(run, program, name);
        Assert.Contains("replaylog:end", wire.Ask("c"), StringComparison.Ordinal);
        List<string> back = [wire.Registers];
        for (int step = 0; step < StepCount; step++)
        {
            Assert.StartsWith("T05thread", wire.Ask("bs"), StringComparison.Ordinal);
            back.Add(wire.Registers);
        }

        for (int step = StepCount - 1; step >= 0; step--)
        {
            _ = wire.Ask("s");
            Assert.Equal(back[step], wire.Registers);
        }

        Assert.Contains("replaylog:begin", wire.Ask("bc"), StringComparison.Ordinal);
        Assert.Matches("^Position ([0-9,]+); history from \\1 to ", wire.Monitor("recording"));
        Assert.Contains("replaylog:end", wire.Ask("c"), StringComparison.Ordinal);
        Assert.Equal(back[0], wire.Registers);
        Outcome outcome = wire.Finish();
        using GuestRun plain = new() { StartTime = 1_767_225_600_000_000_000, Pace = GuestPace.Code };
        Assert.Equal(plain.AsGuest(plain.Install(program, name)).Status, outcome.Status);
    }

    /// <summary>A breakpoint that the program passes often, and one that it never passes.</summary>
    [Fact]
    public void TheLastOfManyStopsIsFound()
    {
        RequiredProcessor.Check();
        using GuestRun run = new() { IsRecording = true };
        using DebugWire wire = new(run, programs.Find("exact"), "exact");
        Assert.Contains("replaylog:end", wire.Ask("c"), StringComparison.Ordinal);
        for (int step = 0; step < StepCount; step++) _ = wire.Ask("bs");
        uint place = wire.Place;
        string registers = wire.Registers;
        _ = wire.Ask("bs");
        _ = wire.Ask("bs");
        string stop = string.Create(CultureInfo.InvariantCulture, $"0,{place:x},1");
        Assert.Equal("OK", wire.Ask("Z" + stop));
        Assert.StartsWith("T05thread", wire.Ask("c"), StringComparison.Ordinal);
        Assert.Equal(registers, wire.Registers);
        int count = 0, again = 0;
        while (!wire.Ask("bc").Contains("replaylog:begin", StringComparison.Ordinal)) count++;
        while (wire.Ask("c").StartsWith("T05thread", StringComparison.Ordinal) && again <= count)
        {
            again++;
            if (string.Equals(registers, wire.Registers, StringComparison.Ordinal)) break;
        }

        Assert.Equal(count + 1, again);    // the stop from which it went back, too
        Assert.Equal("OK", wire.Ask("z" + stop));
        Assert.Equal("E16", wire.Ask("M8048000,1:00"));    // nothing can be changed in the past
        _ = wire.Finish();
    }

    /// <summary>With little memory the oldest history goes, and the program does not notice.</summary>
    [Fact]
    public void HistoryGivesWayToTheProgram()
    {
        RequiredProcessor.Check();
        string program = programs.Find("hotpages");
        using GuestRun run = new() { IsRecording = true, Engine = new EngineOptions { RamBytes = 12 << 20 } };
        using DebugWire wire = new(run, program, "hotpages");
        Assert.StartsWith("T05", wire.Ask("c"), StringComparison.Ordinal);
        Assert.Contains("older ones are forgotten", wire.Monitor("recording"), StringComparison.Ordinal);
        Outcome outcome = wire.Finish();
        using GuestRun plain = new() { Engine = run.Engine };
        Assert.Equal(plain.AsGuest(plain.Install(program, "hotpages")), outcome);
    }
}
