using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>Takes signals from where they wait. Linux: kernel/signal.c dequeue_signal.</summary>
internal sealed class PendingSignals(Timers timers)
{
    /// <summary>The next one that a mask lets through: the thread's own before its process's. A timer goes on once it is heard.</summary>
    public bool TryTake(GuestTask task, SignalSet blocked, out SignalInfo info)
    {
        GuestProcess process = task.Process;
        while (task.Pending.TryTake(blocked, out info) || process.Pending.TryTake(blocked, out info))
        {
            if (!info.IsOfTimer || timers.TryHear(process, ref info)) return true;
        }

        return false;
    }
}
