using System.Runtime.CompilerServices;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Resolves first touches of anonymous memory in an engine with several threads: in parallel while the gate is open.</summary>
/// <remarks><code>
///   TryTouch     the calling thread has a pass: no lock
///   TryServe     on the slow path: prepares the missing parts (a table, a root, frames), grants the pass, and makes this touch
/// Once the gate has closed, the state equals that after the same faults in turns. Everything that observes individual faults (a dirty log,
/// a journal, a group's limit, a policy, events) keeps the gate of its space closed.
/// Linux: mm/memory.c do_anonymous_page under the lock of the area (lock_vma_under_rcu), with batches for lists and counters.
/// </code></remarks>
internal sealed class FirstTouches(
    PhysicalMemory ram, FrameLists lists, BuddyAllocator allocator, FaultInjection injection, ProcessorTable processors, TouchGate gate)
{
    /// <summary>Gives a new processor a pass, which is not valid yet.</summary>
    public void Add(ProcessorState processor)
    {
        processor.Pass = new TouchPass(processor, ram, lists, allocator);
        gate.Prepare(processors.All.Length);    // now, because a grant may not allocate
    }

    /// <summary>
    /// Resolves a first touch of the calling thread without the slow path. Returns false if the touch must take the slow path.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryResolve(Space space, PageNumber page, bool isWrite, out PageTableEntry entry)
    {
        entry = default;
        if (ThisThread.Pass is not TouchPass { IsValid: true } pass || !pass.TryEnter()) return false;
        bool isDone = Check.Cheap
            ? TryResolveChecked(pass, space, page, isWrite, out entry)
            : pass.TryResolve(space, page, isWrite, out entry);
        pass.Leave();
        return isDone;
    }

    /// <summary>Same as the TryTouch of the pass. A broken invariant also ends the touch: closing the gate would wait for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryResolveChecked(TouchPass pass, Space space, PageNumber page, bool isWrite, out PageTableEntry entry)
    {
        try
        {
            return pass.TryResolve(space, page, isWrite, out entry);
        }
        catch
        {
            pass.Leave();
            throw;
        }
    }

    /// <summary>On the slow path: resolves the miss without closing the gate. Returns false if the gate must be closed for it.</summary>
    /// <param name="here">The processor of the calling thread; null if it has none.</param>
    /// <param name="space">The space.</param>
    /// <param name="page">The page that misses.</param>
    /// <param name="isWrite">True for a store.</param>
    /// <param name="entry">The entry that the touch has made.</param>
    public bool TryServe(ProcessorState? here, Space space, PageNumber page, bool isWrite, out PageTableEntry entry)
    {
        entry = default;
        if (here is not { Runs: true, Pass: TouchPass pass } || here.Current != space.Translations) return false;
        if (!IsPlain(space)) return false;
        EntrySlot slot = UserWalk.Find(space.Tables, ram, page);
        if (slot.HasTable && slot.Word != 0) return false;    // another thread may be in the middle of this touch
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || !MayTouch(space.Areas[index], isWrite) || !gate.MayOpen()) return false;
        if (!TryPrepare(space, index, page, slot, isWrite)) return false;    // before the grant: touches make neither tables nor roots
        pass.Enter(space, index);    // before the refill: its fold returns the stock of another space's touches
        if (isWrite && pass.NeedsStock && !pass.TryRefill(SpareFrames)) return false;
        gate.Grant(pass);
        ThisThread.Pass = pass;
        return pass.TryResolve(space, page, isWrite, out entry);
    }

    /// <summary>The most frames for a stock, so that half of the free ones stay outside of stocks.</summary>
    private uint SpareFrames => allocator.AvailableFrames.Value / 2 / (uint)processors.All.Length;

    /// <summary>True if nothing observes individual faults of the space.</summary>
    private bool IsPlain(Space space) =>
        space is { Foreign: null, Events: null, Observers: { NeedFaults: false, Code: null }, Tables.Journal: null }
        && space.Translations is { HasUncached: false, ObservesWrites: false, IsAttached: true }
        && space.Observers.Logs.IsEmpty && !ram.Observers.Any && !lists.HasPolicy && !injection.IsCounting
        && space.Group.Limit == FrameGroup.Unlimited;

    private static bool MayTouch(in Area area, bool isWrite) =>
        area.IsAnonymous && PageFaultHandler.AllowsSilently(area, isWrite ? AccessKind.Write : AccessKind.Read);

    /// <summary>Makes the table, the region of the translation cache and the root that the area's touches need.</summary>
    private static bool TryPrepare(Space space, AreaIndex index, PageNumber page, EntrySlot slot, bool isWrite)
    {
        if (isWrite && !AnonymousFault.TryPrepareRoot(space, ref space.Areas.Tree[index])) return false;
        if (!slot.HasTable && !TryAddTable(space, page, isWrite)) return false;
        return space.Translations.IsReadyFor(page);
    }

    private static bool TryAddTable(Space space, PageNumber page, bool isWrite)
    {
        if (space.IsTransparent) return false;    // the line may get a huge page, which is more than a touch
        if (space.Tables.Loans.Has(space.Tables.IndexOf(page))) return false;    // P8: copied only while the gate is closed
        space.NoteRegion(page);
        if (!space.Tables.AddTableFor(page).HasTable) return false;
        space.Tables.OpenTable(page);    // an existing table may be closed, and touches find only open ones
        _ = UserWalk.Translate(space.Tables, space.Tables.Ram, page, isWrite);    // the access's walk sets A, and touches need it set
        return true;
    }
}
