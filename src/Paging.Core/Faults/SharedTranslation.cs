using System.Runtime.CompilerServices;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>
/// Missed translations in an engine with many threads: each takes the slow path, except for first touches while the gate is open.
/// </summary>
/// <remarks>
/// An access that is a part of a call, such as the copies of read(2), is in the call's hold: it neither waits nor leaves it.
/// An engine of one thread does not use this class.
/// </remarks>
internal sealed class SharedTranslation(CallerCheck callers, FirstTouches? touches, PhysicalMemory ram)
{
    /// <summary>Checks that the calling thread may access a space now, whether the access hits or misses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CheckThread(Space space)
    {
        if (!callers.IsHere) CheckThreadSlowly(space);
    }

    /// <summary>In the hold of a miss: makes a first touch, or closes the gate for a fault of any other kind.</summary>
    public bool TryServe(Space space, PageNumber page, AccessKind access, out PageTableEntry entry)
    {
        entry = default;
        if (callers.Shared is not { } shared) return false;
        ProcessorState? here = shared.Processors.Here;
        if (space.IsLive) shared.CheckRuns(space.Translations);    // T10, T13. An ended process throws anyway
        if (shared.Order is not null) AwaitPlace(space, shared, page, access);    // touches outside the slow path would not be in the order
        else if (touches!.TryServe(here, space, page, access == AccessKind.Write, out entry)) return true;
        shared.Gate.CloseForFault();    // T15: any other fault may change data of touches
        return false;
    }

    /// <summary>Waits for the page that the access needs. Returns true if it may be there now.</summary>
    public bool AwaitPage(FaultReads reads, bool isPending)
    {
        if (isPending && reads.TryRead()) return true;    // first: no other thread makes the read that this fault has requested
        if (!isPending || callers.Shared is not { } shared || shared.Processors.Here is not { } here) return false;
        return here.PendingWait > TimeSpan.Zero && shared.TryLeaveUntilChange(here.PendingWait);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CheckThreadSlowly(Space space)
    {
        if (callers.Shared is not { IsHere: false } shared || callers.IsClosed) callers.Enter();
        else if (space.IsLive) shared.CheckRuns(space.Translations);
    }

    /// <summary>Records the order of the fault or, while one is replayed, waits until the fault is next in it.</summary>
    private void AwaitPlace(Space space, SlowPath shared, PageNumber page, AccessKind access)
    {
        while (!UserWalk.Translate(space.Tables, ram, page, access == AccessKind.Write).IsPresent && !shared.TryTakePlace())
        {
        }
    }
}
