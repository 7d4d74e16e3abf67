using Paging.Core.Threads;
using Paging.Core.Verification;
using Paging.Native;

namespace Paging.Core;

/// <summary>For an embedder's tests: finds leaks, and makes allocations fail.</summary>
public static class EngineChecks
{
    /// <summary>Reports what is held after the last process has exited: frames, tables, areas, open files, committed pages.</summary>
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
    /// <param name="number">1 refuses the next allocation, 2 the one after it, and so on; 0 refuses none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static void RefuseAllocation(this PagingEngine engine, int number)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        engine.Parts.Machine.Injection.FailAtAllocation = number;
    }

    /// <summary>Returns true until the allocation to be refused has been attempted.</summary>
    public static bool IsRefusalPending(this PagingEngine engine)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        return engine.Parts.Machine.Injection.FailAtAllocation != 0;    // counts down to the refusal
    }
}
