using Paging.Native;

namespace Paging.Core;

/// <summary>The first touch of anonymous memory: a read shows the zero page, a write gets a zeroed frame.</summary>
/// <remarks>Linux: mm/memory.c do_anonymous_page.</remarks>
internal sealed class AnonymousFault(PagingEngine engine)
{
    public FaultOutcome Fill(AddressSpace space, AreaIndex index, ref Area area, PageFault fault)
    {
        if (!fault.IsWrite)
        {
            if (!space.Tables.TryEnsureTable(fault.Page)) return FaultOutcome.OutOfMemory;
            space.Tables.Store(fault.Page, EntryWords.ZeroPage);
            space.Faults.ZeroPage++;
            return FaultOutcome.Resolved;
        }

        if (!TryTakeFrame(space, index, ref area, fault.Page, ofZeros: true, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        space.Tables.Store(fault.Page, EntryWords.Own(frame, writable: true));
        space.Faults.Anonymous++;
        return FaultOutcome.Resolved;
    }

    /// <summary>A frame for the page, owned and counted as mapped there, its bytes zeros or anything; the table for its entry is there, too.</summary>
    public bool TryTakeFrame(AddressSpace space, AreaIndex index, ref Area area, PageNumber page, bool ofZeros, out FrameNumber frame)
    {
        frame = default;
        if (area.Root.IsNone && !space.Areas.Roots.TryPrepare(space.Areas.Tree, index)) return false;
        if (!space.Tables.TryEnsureTable(page) || engine.Frames.Lists.IsCurrentFull) return false;
        if (!(ofZeros ? engine.Allocator.TryAllocateZeroed(FrameState.Anonymous, out frame) : engine.Allocator.TryAllocate(FrameState.Anonymous, out frame))) return false;
        FrameTable frames = engine.Frames;
        ref FrameDescriptor descriptor = ref frames[frame];
        descriptor.Owner = area.Root.Value;
        descriptor.Index = area.OffsetOf(page);
        descriptor.MapCount = 1;
        descriptor.Spare = (byte)ResidentKind.Anonymous;
        frames.Lists.Add(frame, FrameFlags.None);
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        return true;
    }
}
