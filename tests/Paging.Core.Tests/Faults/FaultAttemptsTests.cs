using Paging.Core.Faults;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

public sealed class FaultAttemptsTests
{
    /// <summary>A handler that returns LookAgain without progress would loop: the 64th attempt throws and names the rule.</summary>
    [Fact]
    public void AFaultWithoutProgressThrowsLivelock()
    {
        FaultAttempts attempts = new(pressure: null!, space: null!, default(PageNumber));
        FaultOutcome outcome = FaultOutcome.LookAgain;
        for (int attempt = 1; attempt < 64; attempt++) Assert.True(attempts.MustLookAgain(ref outcome));
        InvariantException broken = Assert.Throws<InvariantException>(() =>
        {
            FaultAttempts last = attempts;
            FaultOutcome again = FaultOutcome.LookAgain;
            last.MustLookAgain(ref again);
        });
        Assert.Contains("G1", broken.Message, StringComparison.Ordinal);
        Assert.StartsWith("G1: ", broken.Message, StringComparison.Ordinal);
    }
}
