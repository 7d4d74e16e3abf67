using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core;

/// <summary>Where a contract becomes a deed: what the area says, compared with what the entry shows, names the one thing to do.</summary>
/// <remarks>
/// Linux: arch/x86/mm/fault.c do_user_addr_fault, mm/memory.c handle_pte_fault. No managed allocation, no exception, no virtual call.
/// Cost: one tree lookup (none for the area hit last), one entry, one deed.
/// </remarks>
internal sealed class PageFaultHandler(PagingEngine engine)
{
    private readonly AnonymousFault _anonymous = new(engine);
    private readonly FileFault _file = new(engine);
    private readonly CopyOnWriteFault _copyOnWrite = new(engine);
    private readonly SwapInFault _swapIn = new(engine);
    private readonly FrameLists _lists = engine.Lists;

    /// <summary>Resolves a fault whose slot the walk has found, or says what is wrong with the access; counted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FaultOutcome Handle(AddressSpace space, PageFault fault, EntrySlot slot)
    {
        FaultOutcome outcome = Look(space, fault, slot);
        return outcome == FaultOutcome.Resolved ? Count(space, outcome) : LookOn(space, fault, outcome);    // nearly all end in the first turn
    }

    /// <summary>The same for a page of which nothing is known, not even whether it is the program's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public FaultOutcome HandleAnywhere(AddressSpace space, PageFault fault) =>
        fault.Page.IsKernel ? Count(space, FaultOutcome.NotMapped) : Handle(space, fault, space.Tables.SlotOf(fault.Page));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome Look(AddressSpace space, PageFault fault, EntrySlot slot)
    {
        AreaTree areas = space.Areas.Tree;
        AreaIndex index = areas.FirstEndingAfter(fault.Page);                         // What has been agreed?
        if (index.IsNone) return FaultOutcome.NotMapped;
        ref Area area = ref areas[index];
        if (area.First > fault.Page && !StackGrowth.TryGrow(space, index, fault.Page)) return FaultOutcome.NotMapped;
        return Allows(area, fault.Access) ? Resolve(space, ref area, fault, slot) : FaultOutcome.NotAllowed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome LookOn(AddressSpace space, PageFault fault, FaultOutcome outcome)
    {
        FaultTurns turns = new(space, fault.Page);
        while (turns.MustLookAgain(ref outcome)) outcome = Look(space, fault, space.Tables.SlotOf(fault.Page));
        return Count(space, outcome);
    }

    /// <summary>Does the deed for a page whose area has been found and allows it. Filling (populate, mlock) enters here.</summary>
    public FaultOutcome Resolve(AddressSpace space, ref Area area, PageFault fault) => Resolve(space, ref area, fault, space.Tables.SlotOf(fault.Page));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome Resolve(AddressSpace space, ref Area area, PageFault fault, EntrySlot slot)
    {
        _lists.Current = space.Group;                                                 // Who pays?
        PageTableEntry entry = slot.Entry;                                            // What has been done?
        return entry.IsNeverTouched && area.IsAnonymous
            ? _anonymous.Fill(space, ref area, fault, slot)
            : ResolveOther(space, ref area, fault, slot);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome ResolveOther(AddressSpace space, ref Area area, PageFault fault, EntrySlot slot) => slot.Entry switch
    {
        { IsNeverTouched: true } => _file.Fill(space, ref area, fault),
        { IsPresent: false } entry => _swapIn.Fill(space, ref area, fault, entry),
        { IsPresent: true, IsWritable: false } entry when fault.IsWrite && area.Has(AreaFlags.Shared) => _file.MakeWritable(space, ref area, fault.Page, entry),
        { IsPresent: true, IsWritable: false } when fault.IsWrite => _copyOnWrite.Break(space, ref area, fault.Page, slot),
        _ => FaultOutcome.Resolved,                                                   // it is there already
    };

    /// <summary>Counts an outcome as the kernel counts a task's faults. Linux: mm_account_fault.</summary>
    public static FaultOutcome Count(AddressSpace space, FaultOutcome outcome)
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
