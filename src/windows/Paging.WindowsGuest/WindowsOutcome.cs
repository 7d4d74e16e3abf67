namespace Paging.WindowsGuest;

/// <summary>The outcome of a program.</summary>
/// <param name="ExitCode">The argument of ExitProcess, or the code of the unhandled exception.</param>
/// <param name="Reason">The reason why it was ended from outside, in words; null if it ended by itself.</param>
/// <param name="IsStopped">True if the embedder has stopped it; it can be continued.</param>
public readonly record struct WindowsOutcome(uint ExitCode, string? Reason, bool IsStopped);
