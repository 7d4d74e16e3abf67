using System.Runtime.CompilerServices;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Handles the first touch of anonymous memory: a read maps the zero page, a write maps a zeroed frame.</summary>
/// <remarks>Linux: mm/memory.c do_anonymous_page.</remarks>
internal sealed class AnonymousFault(FrameLists lists, BuddyAllocator allocator, TransparentFault transparent)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FaultOutcome Fill(Space space, ref Area area, PageFault fault, EntrySlot slot) =>
        slot.HasTable ? FillEntry(space, ref area, fault, slot) : FillLine(space, ref area, fault);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome FillEntry(Space space, ref Area area, PageFault fault, EntrySlot slot)
    {
        if (!fault.IsWrite) return ShowZeroPage(space, area, slot);
        if (!TryTakeFrame(space, ref area, fault.Page, ofZeros: true, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Tables.StoreFirst(slot, EntryWords.OwnWritable(frame, area.Flags, slot));
        space.Faults.Anonymous++;
        return FaultOutcome.Resolved;
    }

    /// <summary>Gives a line without a table a huge page, or a table for small pages.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome FillLine(Space space, ref Area area, PageFault fault)
    {
        if (transparent.TryFill(space, ref area, fault, out FaultOutcome outcome)) return outcome;
        EntrySlot slot = space.Tables.AddTableFor(fault.Page);    // only now: a line with a table gets no huge page
        return slot.HasTable ? FillEntry(space, ref area, fault, slot) : FaultOutcome.OutOfMemory;
    }

    /// <summary>
    /// Takes a frame for the page, charges the process's group for it, and counts it as mapped once. The caller stores the entry.
    /// </summary>
    /// <remarks>The frame holds zeros if <paramref name="ofZeros"/> is set, otherwise any bytes. Returns false without a frame.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTakeFrame(Space space, ref Area area, PageNumber page, bool ofZeros, out FrameNumber frame)
    {
        frame = default;
        if (!TryPrepareRoot(space, ref area)) return false;    // first: a policy names a missing page by its root (MemoryPressure.Announce)
        if (space.Group.IsFull) return false;    // even if RAM has free frames: the group reclaims from itself
        if (!(ofZeros ? allocator.TryTakeZeroed(out frame) : allocator.TryTake(out frame))) return false;
        lists.AddAnonymous(space.Group, frame, (byte)ResidentKind.Anonymous, area.Root.Value, area.OffsetOf(page));
        return true;
    }

    /// <summary>Gives the area an anonymous root before its first private page. Returns false if there is no memory for one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPrepareRoot(Space space, ref Area area) => area.Root.IsSome || TryPrepareRoot(space, area.First);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryPrepareRoot(Space space, PageNumber first)
    {
        AreaIndex index = space.Areas.Tree.Covering(first);    // links name areas by index, and the hot path has only a reference
        return space.Areas.TryKeep(index) && space.Areas.Roots.TryPrepare(space.Areas.Tree, index);
    }

    /// <summary>Maps the zero page. Precondition: there is a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static FaultOutcome ShowZeroPage(Space space, in Area area, EntrySlot slot)
    {
        space.Tables.StoreFirst(slot, EntryWords.ZeroPage(area.Flags, slot));    // neither counted nor resident: the frame is reserved (F3)
        space.Faults.ZeroPage++;
        return FaultOutcome.Resolved;
    }
}
