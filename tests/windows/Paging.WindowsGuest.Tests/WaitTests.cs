namespace Paging.WindowsGuest.Tests;

/// <summary>Waits of a program's threads.</summary>
/// <remarks>Windows: the return values of WaitForSingleObject and WaitForMultipleObjects (synchapi.h).</remarks>
public sealed class WaitTests(BuiltWindowsPrograms programs)
{
    [Trait("Category", "Medium")]
    [Fact]
    public void AWaitForAMutexReportsThatItsOwnerEnded()
    {
        (_, string output) = GuestProgramRun.Of(programs.Find("waits"));
        output = output.ReplaceLineEndings("\n");
        Assert.Contains("took it 0\nabandoned 128\nagain 0\nreleased 1 1 0\n", output, StringComparison.Ordinal);
        Assert.Contains("any 129\n", output, StringComparison.Ordinal);
        Assert.Contains("all, but not yet 258\nall 128\nall again 0\n", output, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AWaitOfAnHourTakesAnHourOfTheProgramsClock()
    {
        WindowsProgramOptions settings = new() { CommandLine = "waits.exe hours", Clock = new FastClock() };
        (WindowsOutcome outcome, string output) = GuestProgramRun.Of(programs.Find("waits"), settings: settings);
        Assert.Equal(new WindowsOutcome(0, Reason: null, IsStopped: false), outcome);
        Assert.StartsWith("waits\nslept 1\nno event 258\nwaited 1\n", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    /// <summary>A clock on which ten minutes pass from each look to the next.</summary>
    private sealed class FastClock : TimeProvider
    {
        private long _timestamp;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _timestamp += 10 * TimeSpan.TicksPerMinute;
    }
}
