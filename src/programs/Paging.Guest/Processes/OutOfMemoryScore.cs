using Paging.Core;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>Selects the process to kill when memory has run out. Linux: mm/oom_kill.c.</summary>
internal static class OutOfMemoryScore
{
    private const int Never = -1000;    // OOM_SCORE_ADJ_MIN

    /// <summary>Returns a process's pages, moved by its adjustment; null if it is not to be killed. Linux: oom_badness.</summary>
    public static long? PointsOf(PagingEngine engine, GuestProcess process)
    {
        if (process.IsZombie || process.IsInit || process.OutOfMemoryAdjustment == Never) return null;    // a zombie has no memory left
        MemoryUsage usage = process.Memory.Space.Usage;
        return usage.Resident.Value + usage.Swapped.Value + usage.PageTables.Value    // all that its end sets free
            + (process.OutOfMemoryAdjustment * (TotalPages(engine) / 1000));    // a thousandth of all memory per step
    }

    /// <summary>Returns the value of /proc/PID/oom_score: 667 to 1333 before adjustments. Linux: proc_oom_score.</summary>
    public static long Of(PagingEngine engine, GuestProcess process) =>
        PointsOf(engine, process) is { } points ? (1000 + (points * 1000 / TotalPages(engine))) * 2 / 3 : 0;    // 1333: twice all memory

    private static long TotalPages(PagingEngine engine) =>
        engine.Ram.FrameCount.Value + engine.Swap.Devices.Sum(static device => (long)device.SlotCount);
}
