using Paging.Core.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The limit of each overcommit mode, to the page. Linux: __vm_enough_memory and vm_commit_limit (mm/util.c).</summary>
public sealed class CommitmentTests
{
    [Fact]
    public void TheStrictLimitIsTheShareOfRamAndAllOfSwap()
    {
        Commitment commitment = new(OvercommitMode.Never, 50, 1001) { SwapPages = 300 };
        Assert.Equal(500 + 300, commitment.Limit);    // half of 1001, rounded down
        commitment.Ratio = 110;
        Assert.Equal(1101 + 300, commitment.Limit);
    }

    /// <summary>Mode 2 stays below its limit, mode 0 refuses what one call could never have, mode 1 nothing.</summary>
    [Theory]
    [InlineData(OvercommitMode.Never, 799, true)]
    [InlineData(OvercommitMode.Never, 800, false)]
    [InlineData(OvercommitMode.Heuristic, 1300, true)]
    [InlineData(OvercommitMode.Heuristic, 1301, false)]
    [InlineData(OvercommitMode.Always, 1_000_000, true)]
    public void TheLastPageThatIsGranted(OvercommitMode mode, long pages, bool isGranted)
    {
        Commitment commitment = new(mode, 50, 1000) { SwapPages = 300 };
        Assert.Equal(isGranted, commitment.TryCharge(pages));
        Assert.Equal(isGranted ? pages : 0, commitment.Committed);
        commitment.Uncharge(commitment.Committed);
        Assert.True(commitment.TryCharge(790));
        Assert.Equal(mode != OvercommitMode.Never, commitment.TryCharge(20));
        Assert.True(commitment.TryCharge(0));
        Assert.True(commitment.TryCharge(-90));
        Assert.Equal(mode == OvercommitMode.Never ? 700 : 720, commitment.Committed);
    }

    [Fact]
    public void StrictCommitmentGoesToTheLastPage()
    {
        Commitment commitment = new(OvercommitMode.Always, 50, 1000) { SwapPages = 300 };
        Assert.True(commitment.TryChargeStrictly(1300));
        Assert.Equal(1300, commitment.Committed);
        Assert.True(commitment.TryChargeStrictly(0));
        Assert.False(commitment.TryChargeStrictly(1));
        Assert.Equal(1300, commitment.Committed);
        Assert.True(commitment.TryChargeStrictly(-1));
        Assert.True(commitment.TryChargeStrictly(1));
        Assert.False(commitment.TryChargeStrictly(1));
    }

    /// <summary>A swap device has gone: nothing more is granted, but a charge of no pages is not refused.</summary>
    [Fact]
    public void AChargeOfNothingIsGrantedAboveTheLimit()
    {
        Commitment commitment = new(OvercommitMode.Never, 50, 1000) { SwapPages = 900 };
        Assert.True(commitment.TryCharge(1300));
        commitment.SwapPages = 0;
        Assert.True(commitment.TryCharge(0));
        Assert.True(commitment.TryChargeStrictly(0));
        Assert.False(commitment.TryCharge(1));
        Assert.False(commitment.TryChargeStrictly(1));
        Assert.Equal(1300, commitment.Committed);
    }
}
