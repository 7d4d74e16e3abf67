using Paging.Policies;
using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>The policies that traces can be run under.</summary>
public sealed class CatalogTests
{
    /// <summary>Tables, help texts and libpaging list the policies in this order.</summary>
    [Fact]
    public void TheOptimumIsTheTenthOfTwelve() => Assert.Equal(
        ["FIFO", "LRU", "CLOCK", "CLOCK0", "2Q", "ARC", "LFU", "SIEVE", "S3FIFO", "OPT", "LIRS", "LINUX"],
        ReplayCatalog.All.Select(static policy => policy.Name), StringComparer.Ordinal);

    [Fact]
    public void EveryPolicyButTheOptimumIsOneOfTheEngines()
    {
        Assert.Equal(PolicyEntry.All, ReplayCatalog.All.Select(static policy => policy.Online).OfType<PolicyEntry>());
        Assert.Null(ReplayCatalog.Find("OPT")!.Online);
        Assert.All(ReplayCatalog.All, static policy => Assert.Equal(policy.Name, policy.Online?.Name ?? "OPT", StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("s3-fifo", "S3FIFO")]
    [InlineData("Clock-0", "CLOCK0")]
    [InlineData("opt", "OPT")]
    [InlineData("MRU", null)]
    [InlineData("", null)]
    public void NamesAreFoundWithoutRegardToCaseAndHyphens(string name, string? found) =>
        Assert.Equal(found, ReplayCatalog.Find(name)?.Name, StringComparer.Ordinal);

    [Theory, InlineData(0), InlineData(int.MinValue)]
    public void ASimulatorHasAFrame(int frames) => Assert.All(ReplayCatalog.All, policy =>
        Assert.Equal("frameCount", Assert.Throws<ArgumentOutOfRangeException>(() => policy.Simulate(frames)).ParamName));
}
