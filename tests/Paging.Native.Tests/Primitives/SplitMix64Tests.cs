using Xunit;

namespace Paging.Native.Tests;

/// <summary>Random numbers are the published ones, so that a seed means the same everywhere.</summary>
public sealed class SplitMix64Tests
{
    /// <summary>The sequence of seed 1234567 that Rosetta Code gives for S. Vigna's splitmix64.c.</summary>
    [Fact]
    public void TheSequenceIsThePublishedOne()
    {
        ulong state = 1_234_567;
        ulong[] words = [.. Enumerable.Range(0, 5).Select(_ => SplitMix64.Next(ref state))];
        Assert.Equal([6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
            16_408_922_859_458_223_821], words);
    }

    [Fact]
    public void AHashIsTheLastStepsAlone()
    {
        ulong state = 7;
        Assert.Equal(SplitMix64.Next(ref state), SplitMix64.Mix(7 + SplitMix64.Step));
        Assert.Equal(7 + SplitMix64.Step, state);
        Assert.Equal(0UL, SplitMix64.Mix(0));
    }
}
