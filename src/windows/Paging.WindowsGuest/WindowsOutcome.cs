namespace Paging.WindowsGuest;

/// <summary>How a program came to its end.</summary>
/// <param name="ExitCode">The argument of ExitProcess, or the code of the unhandled exception.</param>
/// <param name="Reason">Why it was ended from outside, in words; null if it ended by itself.</param>
/// <param name="IsStopped">The embedder asked it to stop; it can be run on.</param>
public readonly record struct WindowsOutcome(uint ExitCode, string? Reason, bool IsStopped);
