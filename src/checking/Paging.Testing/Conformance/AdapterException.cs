namespace Paging.Testing.Conformance;

/// <summary>The kinds of failure of an adapter, apart from wrong results.</summary>
public enum AdapterFailure
{
    /// <summary>The adapter could not be started.</summary>
    NotStarted,
    /// <summary>The adapter gave no answer in time, and was killed.</summary>
    Hung,
    /// <summary>The adapter ended before its last answer.</summary>
    Ended,
    /// <summary>The adapter broke the protocol: its answer is not a possible result of the call, or too long.</summary>
    Malformed,
}

/// <summary>An adapter failed: a result of <c>conform</c>, not a fault of ours.</summary>
public sealed class AdapterException(AdapterFailure failure, string message) : Exception(message)
{
    /// <summary>The kind of failure.</summary>
    public AdapterFailure Failure { get; } = failure;
}
