using Paging.Core;

namespace Paging.Processors;

/// <summary>Executes programs in ring 3 on the page tables of an engine's processes; the engine handles every page fault.</summary>
/// <remarks>Belongs to the engine's thread; only <see cref="RequestStop"/> may be called from any other.</remarks>
public interface IGuestProcessor : IDisposable
{
    /// <summary>The processor's counters.</summary>
    ProcessorCounters Counters { get; }

    /// <summary>Makes a task's context, as it is after execve(2): see <see cref="GuestContext.Reset"/>.</summary>
    GuestContext CreateContext();

    /// <summary>Switches to a process's memory and a task's registers.</summary>
    /// <remarks>
    /// Cheap if both are current already. Call it again after an execve(2) that has replaced the process's page directory.
    /// </remarks>
    /// <exception cref="ArgumentException">The process is another engine's, or the context another processor's.</exception>
    /// <exception cref="ObjectDisposedException">The process has been reaped, or the context or the processor is gone.</exception>
    void Switch(UserProcess process, GuestContext context);

    /// <summary>Runs the current task until an event that the engine does not handle.</summary>
    /// <param name="codeByteLimit">The bytes of code after which to stop, 0 for never.</param>
    /// <exception cref="InvalidOperationException">No context is switched to; or there is a limit, and code is not counted.</exception>
    ProcessorExit Run(long codeByteLimit = 0);

    /// <summary>Runs the current task until such an event, or until a time on the host's clock has passed: where it stops varies.</summary>
    /// <param name="slice">The time of a slice, exact to some two milliseconds.</param>
    /// <exception cref="InvalidOperationException">No context is switched to.</exception>
    ProcessorExit RunFor(TimeSpan slice);

    /// <summary>Requests that a run, this one or the next, end soon as stopped. May be called from any thread.</summary>
    void RequestStop();
}
