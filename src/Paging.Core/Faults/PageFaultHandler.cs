using System.Runtime.CompilerServices;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>
/// Resolves a page fault: compares what the area allows with what the page table entry holds, and does the one thing that is missing.
/// </summary>
/// <remarks><code>
///   Handle         finds the area, and counts the outcome; almost every fault needs one attempt only
///     FindArea     for an area other than the last one: grows a stack if needed, checks the access, reports to a userfaultfd
///     Resolve      reads the entry and calls the handler of this kind of fault: AnonymousFault, CopyOnWriteFault, FileFault, SwapInFault
///     Retry        repeats the attempt as long as a handler has to wait or reclaim
/// </code>
/// No managed allocation, no exception, no virtual call.
/// Cost: one tree lookup (none for the area that was hit last), one entry, one handler.
/// Linux: arch/x86/mm/fault.c do_user_addr_fault, mm/memory.c handle_pte_fault.
/// </remarks>
internal sealed class PageFaultHandler(
    AnonymousFault anonymous, FileFault file, CopyOnWriteFault copyOnWrite, SwapInFault swapIn, StackGrowth stack,
    ReportedFault reported, MemoryPressure pressure, FirstTouches? touches, DeviceAccess devices)
{
    private const AreaFlags RightsAndReports = AreaFlags.Rights | AreaFlags.Reports;

    /// <summary>The parallel path for first touches; null if the engine has one thread.</summary>
    public FirstTouches? Touches => touches;

    /// <summary>The handler of anonymous faults, for userfaultfd.</summary>
    public AnonymousFault Anonymous => anonymous;

    /// <summary>The handler of copies, for fork and userfaultfd.</summary>
    public CopyOnWriteFault Copies => copyOnWrite;

    /// <inheritdoc cref="FileFault.ShowHost"/>
    public void ShowHost(Space space, in Area area, PageRange range) => file.ShowHost(space, area, range);

    /// <summary>Makes the accesses to pages of devices.</summary>
    public DeviceAccess Devices { get; } = devices;

    /// <summary>Resolves faults in spaces of another system; null while there is no machine of one.</summary>
    public IForeignFaults? Foreign { get; private set; }

    /// <summary>Registers what resolves faults in spaces of another system; null when its machine is disposed.</summary>
    public void ResolveForeignBy(IForeignFaults? faults) => Foreign = faults;

    /// <summary>Resolves and counts a fault on any page, even one of the kernel half. The slot of the entry is not known yet.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public FaultOutcome HandleAnywhere(Space space, PageFault fault) =>
        fault.Page >= space.Bounds.End
            ? Count(space, fault, FaultOutcome.NotMapped)
            : Handle(space, fault, space.Tables.SlotOf(fault.Page));

    /// <summary>Resolves and counts a fault on a user page whose slot the walk has found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FaultOutcome Handle(Space space, PageFault fault, EntrySlot slot)
    {
        AreaTree areas = space.Areas.Tree;
        AreaIndex last = areas.Remembered(fault.Page);    // the area of the fault before: makes no call, so it saves no registers
        FaultOutcome outcome;
        if (last.IsNone) outcome = FindArea(space, fault, slot);
        else
        {
            ref Area area = ref areas[last];
            bool isSilent = area.First <= fault.Page && AllowsSilently(area, fault.Access);
            outcome = isSilent ? Resolve(space, ref area, fault, slot) : FindArea(space, fault, slot);
        }

        return outcome == FaultOutcome.Resolved ? Count(space, fault, outcome) : Retry(space, fault, outcome);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome FindArea(Space space, PageFault fault, EntrySlot slot)
    {
        AreaTree areas = space.Areas.Tree;
        AreaIndex index = areas.FirstEndingAfter(fault.Page);    // What has been agreed?
        if (index.IsNone) return HandleWithoutArea(space, fault, slot);
        ref Area area = ref areas[index];
        if (area.First > fault.Page && !stack.TryGrow(space, index, fault.Page)) return FaultOutcome.NotMapped;
        if (AllowsSilently(area, fault.Access)) return Resolve(space, ref area, fault, slot);    // checked after growing, as in Linux
        return Allows(area, fault.Access) ? ResolveReported(space, ref area, fault) : FaultOutcome.NotAllowed;
    }

    /// <summary>Handles a page above all areas. A space of another system has no areas, and resolves the fault itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome HandleWithoutArea(Space space, PageFault fault, EntrySlot slot)
    {
        if (space.Foreign is null) return FaultOutcome.NotMapped;
        return Foreign!.Resolve(space, fault, slot);
    }

    /// <summary>Returns true if the area allows the access, and no userfaultfd reports it.</summary>
    /// <remarks>One comparison for both questions, so that areas without a userfaultfd pay nothing for those with one.</remarks>
    internal static bool AllowsSilently(in Area area, AccessKind access) => access == AccessKind.Write
        ? (area.Flags & (AreaFlags.Write | AreaFlags.Reports)) == AreaFlags.Write
        : (uint)(area.Flags & RightsAndReports) - 1 < (uint)AreaFlags.Rights;    // a right and no report: 0 wraps, and a report exceeds 7

    /// <summary>Returns true if the area allows the access. This processor has no execute-only and no write-only pages.</summary>
    /// <remarks>Linux: access_error (arch/x86/mm/fault.c).</remarks>
    internal static bool Allows(in Area area, AccessKind access) =>
        access == AccessKind.Write ? area.Has(AreaFlags.Write) : area.IsAccessible;

    /// <summary>Reports the fault, or resolves it like any other. A protected page that has just been made needs another attempt.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome ResolveReported(Space space, ref Area area, PageFault fault)
    {
        bool wasProtected = reported.TryReport(space, ref area, fault, out FaultOutcome outcome);
        if (outcome != FaultOutcome.Resolved) return outcome;
        outcome = Resolve(space, ref area, fault, space.Tables.SlotOf(fault.Page));
        return wasProtected ? ReportedFault.Protect(space, fault, outcome) : outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome Resolve(Space space, ref Area area, PageFault fault, EntrySlot slot)
    {
        PageTableEntry entry = slot.Entry;    // What has been done? Area and entry determine what is missing.
        if (entry.IsNeverTouched && area.IsAnonymous)
        {
            return slot.HasTable && !fault.IsWrite
                ? AnonymousFault.ShowZeroPage(space, area, slot)
                : anonymous.Fill(space, ref area, fault, slot);
        }

        return fault.IsWrite && entry is { IsPresent: true, IsWritable: false } && !area.Has(AreaFlags.Shared)
            ? copyOnWrite.Copy(space, ref area, fault.Page, slot)
            : ResolveOther(space, ref area, fault, slot);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome ResolveOther(Space space, ref Area area, PageFault fault, EntrySlot slot)
    {
        return slot.Entry switch
        {
            { IsNeverTouched: true } => file.Fill(space, ref area, fault, slot),    // of a file: Resolve has filled anonymous pages
            { IsPresent: false } entry => swapIn.Fill(space, ref area, fault, entry),
            { IsPresent: true, IsWritable: false } entry when fault.IsWrite => file.MakeWritable(space, ref area, fault.Page, entry),
            { IsPresent: true, HasReservedBits: true } => FaultOutcome.BusError,    // a host wrote the entry. Linux: pgtable_bad
            _ => FaultOutcome.Resolved,    // the page is mapped already
        };
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome Retry(Space space, PageFault fault, FaultOutcome outcome)
    {
        if (outcome == FaultOutcome.Device) return outcome;    // final, and not counted
        FaultAttempts attempts = BeginAttempts(space, fault.Page);
        while (attempts.MustLookAgain(ref outcome)) outcome = FindArea(space, fault, space.Tables.SlotOf(fault.Page));
        return Count(space, fault, outcome);
    }

    /// <summary>Counts an outcome as the kernel counts a task's faults. Linux: mm_account_fault.</summary>
    public static FaultOutcome Count(Space space, PageFault fault, FaultOutcome outcome)
    {
        if (space.Events is not null) Note(space, fault, outcome);
        if (outcome == FaultOutcome.Resolved) space.Faults.Minor++;
        else if (outcome == FaultOutcome.ResolvedByReading) space.Faults.Major++;
        else if (outcome is not (FaultOutcome.Pending or FaultOutcome.Device)) space.Faults.Refused++;    // Pending: VM_FAULT_RETRY
        return outcome;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Note(Space space, PageFault fault, FaultOutcome outcome)
    {
        if (outcome is FaultOutcome.Pending or FaultOutcome.Device) return;    // the access is incomplete, or goes to a device
        EngineEventKind kind = outcome switch
        {
            FaultOutcome.Resolved => EngineEventKind.MinorFault,
            FaultOutcome.ResolvedByReading => EngineEventKind.MajorFault,
            _ => EngineEventKind.RefusedFault,
        };
        MemoryFaultKind refusal = kind == EngineEventKind.RefusedFault ? outcome.ToFaultKind() : MemoryFaultKind.None;
        space.Events!.NoteFault(kind, space.ProcessId, fault.Page, fault.Access, refusal);
    }

    /// <summary>Makes one attempt for a page whose area is known and allows the access, without counting it.</summary>
    /// <remarks>Filling ahead (populate, mlock) enters here.</remarks>
    public FaultOutcome Resolve(Space space, ref Area area, PageFault fault) => area.IsReported
        ? ResolveReported(space, ref area, fault)
        : Resolve(space, ref area, fault, space.Tables.SlotOf(fault.Page));

    /// <summary>Returns the state for a fault that may need further attempts.</summary>
    public FaultAttempts BeginAttempts(Space space, PageNumber page) => new(pressure, space, page);
}
