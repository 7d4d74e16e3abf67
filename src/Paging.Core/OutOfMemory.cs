using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;

namespace Paging.Core;

/// <summary>Ends a process when memory is exhausted, so that the others can go on.</summary>
/// <remarks>
/// Never ends the faulting process, which is in the middle of an operation. It gets the error instead.
/// Nor does it end a process for nothing: one whose memory an <see cref="EngineSnapshot"/> keeps, as its end would free no frame.
/// Linux: mm/oom_kill.c select_bad_process, oom_badness, oom_kill_process.
/// </remarks>
internal sealed class OutOfMemory : ILastResort
{
    private const int ScoreScale = 1000;    // OOM_SCORE_ADJ_MAX: a score of 1000 adds all of memory
    private const int KilledExitCode = 137;    // 128 + SIGKILL

    private readonly EngineParts _parts;
    private readonly ProcessTable _processes;

    public OutOfMemory(EngineParts parts, ProcessTable processes)
    {
        (_parts, _processes) = (parts, processes);
        parts.Reclaim.Pressure.EndProcessesBy(this);
    }

    /// <summary>Ends the worst process of the group at its limit, or of all processes.</summary>
    /// <returns>False if the policy forbids it or the worst process is the asking one.</returns>
    public bool TryKill(Space asking)
    {
        bool isGroupFull = asking.Group.IsFull;
        MemoryGroup group = isGroupFull ? _parts.Reclaim.Groups[asking.Group.Number] : _parts.Reclaim.Groups.Root;
        if (group.OutOfMemory != OutOfMemoryPolicy.Kill) return false;
        UserProcess? worst = null;
        long worstPoints = long.MinValue;
        for (int slot = 0; slot < _processes.SlotCount; slot++)
        {
            UserProcess process = _processes.InSlot(slot);
            if (!process.IsInUse || process.HasExited || process.OutOfMemoryScore == -ScoreScale) continue;
            if (isGroupFull && process.Group != group) continue;    // others' frames do not help it
            long freed = FreedByEnd(process);
            long points = Badness(process, freed);
            if (points <= worstPoints || (freed == 0 && process.KeptCount != 0)) continue;
            worst = process;
            worstPoints = points;
        }

        if (worst is null || worst.Space == asking) return false;
        worst.Group.Kills++;
        worst.End(KilledExitCode);
        _parts.Files.Statistics.Counters.Kills++;
        return true;
    }

    /// <summary>Returns the pages that its end would free, plus its score as a share of all memory. Linux: oom_badness.</summary>
    private long Badness(UserProcess process, long freed)
    {
        long total = _parts.Machine.Frames.Count.Value + _parts.Files.Swap.TotalSlots;    // totalram_pages + total_swap_pages
        return freed + (process.OutOfMemoryScore * total / ScoreScale);    // divided last: Linux's total / 1000 is 0 on a small machine
    }

    /// <summary>Returns the pages and page tables that its end would free, also those that only its snapshots keep.</summary>
    private long FreedByEnd(UserProcess process)
    {
        if (process.Snapshots is { Current: not null } snapshots)
            return snapshots.CountFreedByEnd(process.KeptCount == 0 ? null : _processes.ProcessSnapshots);
        ref MemoryStatistics statistics = ref process.Space.Statistics;
        return statistics.Resident + statistics.Swapped + process.Space.Tables.TableCount.Value;
    }
}
