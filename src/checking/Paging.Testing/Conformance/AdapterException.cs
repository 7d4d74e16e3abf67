namespace Paging.Testing.Conformance;

/// <summary>In what way an adapter failed apart from its results.</summary>
public enum AdapterFailure
{
    /// <summary>It could not be started.</summary>
    NotStarted,
    /// <summary>It gave no answer in time, and was killed.</summary>
    Hung,
    /// <summary>It ended before its last answer.</summary>
    Ended,
    /// <summary>It answered with something that the call cannot have as a result.</summary>
    Babbled,
}

/// <summary>An adapter failed: a result of <c>conform</c>, not a fault of ours.</summary>
public sealed class AdapterException(AdapterFailure failure, string message) : Exception(message)
{
    /// <summary>In what way.</summary>
    public AdapterFailure Failure { get; } = failure;
}
