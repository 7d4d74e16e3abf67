using Paging.Core.Accounting;
using Paging.Core.Verification;
using Paging.Native;

namespace Paging.Core;

/// <summary>For tests of an embedder: what is held without a process, and allocations that fail on purpose.</summary>
public static class EngineChecks
{
    /// <summary>Reports what is still held after the last process has exited: frames, tables, areas, open files, committed pages.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="countsFiles">True if no file may be left either.</param>
    /// <returns>A finding for each kind. Rule names begin with L.</returns>
    /// <remarks>Snapshots, pins, and frames of the host count as held. Cost: O(files).</remarks>
    public static AuditReport FindLeaks(this PagingEngine engine, bool countsFiles = false)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        AuditReport report = new();
        LeakAudit.Run(engine.Parts, countsFiles, report);
        return report;
    }

    /// <summary>Refuses one allocation: of a frame, a page table, or a record in native memory.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="number">Which one from now on: 1 is the next, 0 none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static void RefuseAllocation(this PagingEngine engine, int number)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        engine.Parts.Machine.Injection.FailAtAllocation = number;
    }

    /// <summary>Returns true while the allocation that is to be refused has not been made.</summary>
    public static bool IsRefusalPending(this PagingEngine engine)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        return engine.Parts.Machine.Injection.FailAtAllocation != 0;
    }
}
