using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>Takes pending signals. Linux: kernel/signal.c dequeue_signal.</summary>
internal sealed class PendingSignals(Timers timers)
{
    /// <summary>
    /// Takes the next signal that is not blocked, the thread's own before its process's. Restarts a timer whose signal is taken.
    /// </summary>
    public bool TryTake(GuestTask task, SignalSet blocked, out SignalInfo info)
    {
        GuestProcess process = task.Process;
        while (task.Pending.TryTake(blocked, out info) || process.Pending.TryTake(blocked, out info))
        {
            if (!info.IsOfTimer || timers.TryTake(process, ref info)) return true;
        }

        return false;
    }
}
