namespace Paging.Core;

/// <summary>What happens when a fault finds no frame and nothing can be reclaimed.</summary>
public enum OutOfMemoryPolicy
{
    /// <summary>The access fails with <see cref="MemoryFaultKind.OutOfMemory"/>; the host decides.</summary>
    Report,
    /// <summary>The process whose end frees most is ended with exit code 137, as by SIGKILL; where that is the one that faulted, its access fails instead.</summary>
    Kill,
}
