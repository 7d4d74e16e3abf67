using System.Runtime.CompilerServices;
using Paging.Core.Accounting;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core;

/// <summary>
/// Missed translations of an <see cref="Mmu"/> in an engine with many threads: each takes a turn on the slow path, except for first
/// touches while the gate is open.
/// </summary>
/// <remarks>
/// An access that is a part of a call, such as the copies of read(2), is in the call's turn: it neither waits nor leaves it.
/// The result of a turn stays valid until the thread polls, rests or misses again: other threads wait for it.
/// An engine of one thread does not use this class.
/// </remarks>
internal static class MmuTurns
{
    /// <summary>As <see cref="Mmu.TranslateHere"/>: in parallel with first touches of other threads, or in a turn.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static PageTableEntry Translate(Mmu mmu, VirtualAddress address, AccessKind access) =>
        TryTouch(mmu, address.Page, access, out PageTableEntry entry) ? entry : TranslateInTurn(mmu, address, access);

    // A method of its own, because one with a finally block saves and clears registers at a higher cost than a touch.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PageTableEntry TranslateInTurn(Mmu mmu, VirtualAddress address, AccessKind access)
    {
        PageNumber page = address.Page;
        using SlowPathTurn turn = mmu.Guard.TakeTurnBesideTouches(out bool isPartOfCall);
        if (!isPartOfCall && TryServe(mmu, page, access, out PageTableEntry entry)) return entry;    // a call has closed the gate
        using FaultReads reads = isPartOfCall ? default : FaultReads.Begin(mmu);    // a call cannot be left and restarted
        entry = mmu.TranslateHere(page, access);
        while (!entry.IsPresent)
        {
            bool isPending = mmu.RefusalAt(address, entry).Kind == MemoryFaultKind.Pending;
            if (isPartOfCall || !AwaitPage(mmu, reads, isPending)) break;
            entry = mmu.TranslateHere(page, access);
        }

        return entry;
    }

    /// <summary>Resolves a first touch while the gate is open, without a turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTouch(Mmu mmu, PageNumber page, AccessKind access, out PageTableEntry entry)
    {
        entry = default;
        return mmu.Touches is { } touches && touches.TryTouch(mmu.Space, page, access == AccessKind.Write, out entry);
    }

    /// <summary>In the turn of a miss: makes a first touch, or closes the gate for a fault of any other kind.</summary>
    private static bool TryServe(Mmu mmu, PageNumber page, AccessKind access, out PageTableEntry entry)
    {
        entry = default;
        if (mmu.Guard.Shared is not { } shared) return false;
        ProcessorState? here = shared.Processors.Here;
        if (here is { Runs: true } && here.Current != mmu) ThrowOtherSpace(here);    // T13: others would not wait for it
        if (shared.Order is not null) AwaitTurn(mmu, shared, page, access);    // touches without turns would not be in the order
        else if (mmu.Touches!.TryServe(here, mmu.Space, page, access == AccessKind.Write, out entry)) return true;
        shared.Gate.CloseForFault();    // T15: any other fault may change data of touches
        return false;
    }

    /// <summary>Records the order of the fault or, while one is replayed, waits until the fault is next in it.</summary>
    private static void AwaitTurn(Mmu mmu, SlowPath shared, PageNumber page, AccessKind access)
    {
        while (!IsPresent(mmu, page, access) && !shared.TryCountTurn())
        {
        }
    }

    /// <summary>Waits for the page that the access needs. Returns true if it may be there now.</summary>
    private static bool AwaitPage(Mmu mmu, FaultReads reads, bool isPending)
    {
        if (isPending && reads.TryRead()) return true;    // first: no other thread makes the read that this fault has requested
        if (!isPending || mmu.Guard.Shared is not { } shared || shared.Processors.Here is not { } here) return false;
        return here.PendingWait > TimeSpan.Zero && shared.TryLeaveUntilChange(here.PendingWait);
    }

    private static bool IsPresent(Mmu mmu, PageNumber page, AccessKind access) =>
        UserWalk.Translate(mmu.Space.Tables, mmu.Ram, page, access == AccessKind.Write).IsPresent;

    private static void ThrowOtherSpace(ProcessorState here) =>
        throw new InvalidOperationException($"Virtual processor {here.Id} ('{here.Name}') runs in another address space than the one it " +
            "accesses. VirtualProcessor.Run switches it; another thread needs a processor of its own.");
}
