namespace Paging.Policies.Tests;

/// <summary>The naive twin of each policy.</summary>
internal static class NaivePolicies
{
    /// <summary>The names of all policies.</summary>
    public static string[] Names => [.. PolicyEntry.All.Select(static policy => policy.Name)];

    public static NaiveCache Create(string policy, int frameCount) => policy switch
    {
        "FIFO" => new NaiveFifo(frameCount),
        "LRU" => new NaiveLru(frameCount),
        "CLOCK" => new NaiveClock(frameCount, bitOnLoad: true),
        "CLOCK0" => new NaiveClock(frameCount, bitOnLoad: false),
        "2Q" => new NaiveTwoQueue(frameCount),
        "ARC" => new NaiveArc(frameCount),
        "LFU" => new NaiveLfu(frameCount),
        "SIEVE" => new NaiveSieve(frameCount),
        "S3FIFO" => new NaiveS3Fifo(frameCount),
        "LIRS" => new NaiveLirs(frameCount),
        "LINUX" => new NaiveTwoList(frameCount),
        _ => throw new ArgumentOutOfRangeException(nameof(policy)),
    };
}
