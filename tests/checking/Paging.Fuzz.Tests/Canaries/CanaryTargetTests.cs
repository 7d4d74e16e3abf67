using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class CanaryTargetTests
{
    [Theory]
    [InlineData(ExitCode.Found, true)]
    [InlineData(134, true)]                     // an unhandled exception: SIGABRT
    [InlineData(139, true)]                     // SIGSEGV
    [InlineData(ExitCode.Clean, false)]
    [InlineData(ExitCode.Unusable, false)]      // the run refused its arguments
    [InlineData(null, false)]                   // it had to be stopped
    public void OnlyAFindingOrACrashCatchesAFault(int? exitCode, bool isCaught) => Assert.Equal(isCaught, CanaryTarget.IsCaught(exitCode));

    /// <summary>
    /// The sound engine runs as long as the longest run that caught a fault; 0 means unknown, and then for the whole budget.
    /// </summary>
    [Theory]
    [InlineData(20L, 20L)]
    [InlineData(300L, 20L, 300L)]
    [InlineData(300L, 300L, 20L)]
    [InlineData(0L, 20L, 0L)]
    [InlineData(0L, 0L, 20L)]
    public void TheSoundEngineRunsAsLongAsTheLongestCatch(long expected, params long[] catches)
    {
        Dictionary<string, long> longestRuns = new(StringComparer.Ordinal);
        foreach (long operationCount in catches) CanaryTarget.Remember(longestRuns, "areas", operationCount);
        Assert.Equal(expected, longestRuns["areas"]);
    }
}
