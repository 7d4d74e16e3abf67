using Paging.Core;

namespace Paging.Guest;

/// <summary>Watches programs from one stretch of execution to the next: see <see cref="GuestKernelOptions.Observer"/>.</summary>
public interface IGuestObserver
{
    /// <summary>The machine is there; no program runs yet.</summary>
    void Started(PagingEngine engine);

    /// <summary>
    /// A stretch of a program, or a system call, is over: events that the engine has recorded since the last time belong to it. Called on
    /// the machine's thread; what it throws ends the run.
    /// </summary>
    /// <param name="process">Whose stretch or call; it may have ended with it.</param>
    /// <param name="call">The system call's name; null: the program itself.</param>
    /// <param name="nanoseconds">The guest's time since the start of the machine.</param>
    void OnProgress(UserProcess process, string? call, long nanoseconds);
}
