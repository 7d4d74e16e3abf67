namespace Paging.Bench.Harness;

/// <summary>A benchmark did not do what it claims to measure. Its times would mean nothing.</summary>
public sealed class BrokenBenchmarkException : Exception
{
    /// <summary>The message names the expected and the actual result.</summary>
    public BrokenBenchmarkException(string message) : base(message) { }

    /// <summary>A benchmark is broken.</summary>
    public BrokenBenchmarkException() { }

    /// <summary>The message names the expected result; the inner exception is the cause.</summary>
    public BrokenBenchmarkException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Fails the benchmark unless the two are equal.</summary>
    internal static void ThrowUnlessEqual(string what, long expected, long found)
    {
        if (expected != found) throw new BrokenBenchmarkException($"{what}: expected {expected}, found {found}.");
    }

    /// <summary>Fails the benchmark unless something holds.</summary>
    internal static void ThrowUnless(bool holds, string what)
    {
        if (!holds) throw new BrokenBenchmarkException(what);
    }
}
