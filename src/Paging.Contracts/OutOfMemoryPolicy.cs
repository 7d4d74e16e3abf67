namespace Paging.Core;

/// <summary>The action if a fault finds no free frame and nothing can be reclaimed.</summary>
public enum OutOfMemoryPolicy
{
    /// <summary>The access fails with <see cref="MemoryFaultKind.OutOfMemory"/>, and the host decides what to do.</summary>
    Report,
    /// <summary>
    /// Ends the process whose exit frees most memory, with exit code 137 as after SIGKILL. If that process caused the fault, its access
    /// fails instead.
    /// </summary>
    Kill,
}
