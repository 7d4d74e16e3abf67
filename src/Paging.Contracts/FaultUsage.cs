namespace Paging.Core;

/// <summary>The page faults of a process as its own rusage counts them: a part of its state, which a snapshot restores.</summary>
/// <remarks><see cref="FaultCounters"/> is the history, which only grows. The two differ by the faults that a restore has undone.</remarks>
public readonly record struct FaultUsage
{
    private readonly FaultCounters _counts;

    internal FaultUsage(in FaultCounters counts) => _counts = counts;

    /// <inheritdoc cref="FaultCounters.Minor"/>
    public long Minor => _counts.Minor;

    /// <inheritdoc cref="FaultCounters.Major"/>
    public long Major => _counts.Major;

    /// <inheritdoc cref="FaultCounters.Refused"/>
    public long Refused => _counts.Refused;

    /// <inheritdoc cref="FaultCounters.ZeroPage"/>
    public long ZeroPage => _counts.ZeroPage;

    /// <inheritdoc cref="FaultCounters.Anonymous"/>
    public long Anonymous => _counts.Anonymous;

    /// <inheritdoc cref="FaultCounters.Copied"/>
    public long Copied => _counts.Copied;

    /// <inheritdoc cref="FaultCounters.Reused"/>
    public long Reused => _counts.Reused;

    /// <inheritdoc cref="FaultCounters.File"/>
    public long File => _counts.File;

    /// <inheritdoc cref="FaultCounters.FaultAround"/>
    public long FaultAround => _counts.FaultAround;

    /// <inheritdoc cref="FaultCounters.SwappedIn"/>
    public long SwappedIn => _counts.SwappedIn;

    /// <inheritdoc cref="FaultCounters.StackGrown"/>
    public long StackGrown => _counts.StackGrown;

    /// <summary>Prints the kinds that occurred: <c>minor faults 3, pages copied on write 1</c>.</summary>
    public override string ToString() => _counts.ToString();
}
