using System.Runtime.CompilerServices;
using Paging.Core.Areas;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>Where a contract becomes a deed: what the area says, compared with what the entry shows, names the one thing to do.</summary>
/// <remarks>
/// Linux: arch/x86/mm/fault.c do_user_addr_fault, mm/memory.c handle_pte_fault. No managed allocation, no exception, no virtual call.
/// Cost: one tree lookup (none for the area hit last), one entry, one deed.
/// </remarks>
internal sealed class PageFaultHandler(
    FrameLists lists, AnonymousFault anonymous, FileFault file, CopyOnWriteFault copyOnWrite, SwapInFault swapIn, StackGrowth stack,
    FaultRetry retry)
{
    /// <summary>Resolves a fault whose slot the walk has found, or says what is wrong with the access; counted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FaultOutcome Handle(Space space, PageFault fault, EntrySlot slot)
    {
        FaultOutcome outcome = Look(space, fault, slot);
        return outcome == FaultOutcome.Resolved ? Count(space, outcome) : LookOn(space, fault, outcome);    // nearly all end in the first turn
    }

    /// <summary>The same for a page of which nothing is known, not even whether it is the program's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public FaultOutcome HandleAnywhere(Space space, PageFault fault) =>
        fault.Page.IsKernel ? Count(space, FaultOutcome.NotMapped) : Handle(space, fault, space.Tables.SlotOf(fault.Page));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome Look(Space space, PageFault fault, EntrySlot slot)
    {
        AreaTree areas = space.Areas.Tree;
        AreaIndex index = areas.FirstEndingAfter(fault.Page);                         // What has been agreed?
        if (index.IsNone) return FaultOutcome.NotMapped;
        ref Area area = ref areas[index];
        if (area.First > fault.Page && !stack.TryGrow(space, index, fault.Page)) return FaultOutcome.NotMapped;
        return Allows(area, fault.Access) ? Resolve(space, ref area, fault, slot) : FaultOutcome.NotAllowed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome LookOn(Space space, PageFault fault, FaultOutcome outcome)
    {
        FaultTurns turns = BeginTurns(space, fault.Page);
        while (turns.MustLookAgain(ref outcome)) outcome = Look(space, fault, space.Tables.SlotOf(fault.Page));
        return Count(space, outcome);
    }

    /// <summary>The turns of a fault that does not end in its first one.</summary>
    public FaultTurns BeginTurns(Space space, PageNumber page) => new(retry, space, page);

    /// <summary>Does the deed for a page whose area has been found and allows it. Filling (populate, mlock) enters here.</summary>
    public FaultOutcome Resolve(Space space, ref Area area, PageFault fault) => Resolve(space, ref area, fault, space.Tables.SlotOf(fault.Page));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome Resolve(Space space, ref Area area, PageFault fault, EntrySlot slot)
    {
        lists.Current = space.Group;                                                 // Who pays?
        PageTableEntry entry = slot.Entry;                                            // What has been done?
        return entry.IsNeverTouched && area.IsAnonymous
            ? anonymous.Fill(space, ref area, fault, slot)
            : ResolveOther(space, ref area, fault, slot);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome ResolveOther(Space space, ref Area area, PageFault fault, EntrySlot slot) => slot.Entry switch
    {
        { IsNeverTouched: true } => file.Fill(space, ref area, fault),
        { IsPresent: false } entry => swapIn.Fill(space, ref area, fault, entry),
        { IsPresent: true, IsWritable: false } entry when fault.IsWrite && area.Has(AreaFlags.Shared) => file.MakeWritable(space, ref area, fault.Page, entry),
        { IsPresent: true, IsWritable: false } when fault.IsWrite => copyOnWrite.Break(space, ref area, fault.Page, slot),
        _ => FaultOutcome.Resolved,                                                   // it is there already
    };

    /// <summary>Counts an outcome as the kernel counts a task's faults. Linux: mm_account_fault.</summary>
    public static FaultOutcome Count(Space space, FaultOutcome outcome)
    {
        if (outcome == FaultOutcome.Resolved) space.Faults.Minor++;
        else if (outcome == FaultOutcome.ResolvedByReading) space.Faults.Major++;
        else space.Faults.Refused++;
        return outcome;
    }

    /// <summary>There is no execute-only and no write-only page on this processor. Linux: access_error (arch/x86/mm/fault.c).</summary>
    private static bool Allows(in Area area, AccessKind access) =>
        access == AccessKind.Write ? area.Has(AreaFlags.Write) : area.IsAccessible;
}
