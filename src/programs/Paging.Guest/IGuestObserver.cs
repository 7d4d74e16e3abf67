using Paging.Core;

namespace Paging.Guest;

/// <summary>Observes programs after each stretch of execution: see <see cref="GuestKernelOptions.Observer"/>.</summary>
public interface IGuestObserver
{
    /// <summary>Called when the machine has been created, before a program runs.</summary>
    void Started(PagingEngine engine);

    /// <summary>
    /// Called after a stretch of a program, or a system call, to which the engine's events since the last call belong. Called on the
    /// machine's thread; an exception ends the run.
    /// </summary>
    /// <param name="process">The process, which may have ended.</param>
    /// <param name="call">The system call's name; null for the program itself.</param>
    /// <param name="nanoseconds">The guest's time since the start of the machine.</param>
    void OnProgress(UserProcess process, string? call, long nanoseconds);
}
