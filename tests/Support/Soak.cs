namespace Paging.Tests;

/// <summary>
/// How long a test runs whose length is a matter of choice: a sample, or with the environment variable PAGING_SOAK=1 the whole. The
/// repository's own check sets it.
/// </summary>
internal static class Soak
{
    /// <summary>True if tests run their whole length.</summary>
    public static bool IsWhole { get; } = Environment.GetEnvironmentVariable("PAGING_SOAK") is "1";

    /// <summary>The whole count, or that of the sample.</summary>
    public static int Of(int whole, int sample) => IsWhole ? whole : sample;

    /// <summary>All rows, or each so many-th from the first one on.</summary>
    public static IEnumerable<T> Rows<T>(IEnumerable<T> all, int every) => all.Where((_, i) => IsWhole || i % every == 0);
}
