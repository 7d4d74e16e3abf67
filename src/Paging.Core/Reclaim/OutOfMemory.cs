using Paging.Native;

namespace Paging.Core;

/// <summary>What happens when a fault finds no frame and nothing can be reclaimed.</summary>
public enum OutOfMemoryPolicy
{
    /// <summary>The access fails with <see cref="MemoryFaultKind.OutOfMemory"/>; the host decides.</summary>
    Report,
    /// <summary>The process whose end frees most is ended with exit code 137, as by SIGKILL; where that is the one that faulted, its access fails instead.</summary>
    Kill,
}

/// <summary>Ends a process so that the others can go on.</summary>
/// <remarks>Linux: mm/oom_kill.c select_bad_process, oom_badness, oom_kill_process. The process that faults is in the middle of something and is
/// never ended here: it is told, and its host ends it.</remarks>
internal sealed class OutOfMemory(PagingEngine engine)
{
    private const int ScoreScale = 1000;
    private const int KilledExitCode = 137;    // 128 + SIGKILL

    /// <summary>Ends the worst process, of the group that is at its limit or of all. False: the policy forbids it, or it is the one that asks.</summary>
    public bool TryKill(AddressSpace asking)
    {
        bool isGroupFull = engine.Pressure.IsGroupFull;
        MemoryGroup group = isGroupFull ? engine.Groups.Current : engine.Groups.Root;
        if (group.OutOfMemory != OutOfMemoryPolicy.Kill) return false;
        Process? worst = null;
        long worstPoints = long.MinValue;
        for (int slot = 0; slot < engine.ProcessTable.SlotCount; slot++)
        {
            Process process = engine.ProcessTable.InSlot(slot);
            if (!process.IsInUse || process.HasExited || process.OutOfMemoryScore == -ScoreScale) continue;
            if (isGroupFull && process.Group != group) continue;
            long points = Badness(process);
            if (points <= worstPoints) continue;
            worst = process;
            worstPoints = points;
        }

        if (worst is null || worst.Memory == asking) return false;
        worst.Group.Kills++;
        worst.Exit(KilledExitCode);
        engine.Reclaim.CountKill();
        return true;
    }

    /// <summary>Pages that its end would free, and its score as a share of all there is. Linux: oom_badness.</summary>
    private long Badness(Process process)
    {
        ref MemoryStatistics statistics = ref process.Memory.Statistics;
        long total = engine.Frames.Count.Value + engine.Swap.TotalSlots;
        return statistics.Resident + statistics.Swapped + process.Memory.Tables.TableCount.Value + (process.OutOfMemoryScore * total / ScoreScale);
    }
}
