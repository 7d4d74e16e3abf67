using Paging.Native;

namespace Paging.Core;

/// <summary>A write to a present, read-only page of a private area: a copy of its own, or the page itself where nobody else has it.</summary>
/// <remarks>Linux: mm/memory.c do_wp_page, wp_can_reuse_anon_folio, wp_page_copy.</remarks>
internal sealed class CopyOnWriteFault(PagingEngine engine)
{
    private readonly AnonymousFault _anonymous = new(engine);

    public FaultOutcome Break(AddressSpace space, AreaIndex index, ref Area area, PageNumber page, PageTableEntry entry)
    {
        if (EntryWords.IsZeroPage(entry)) return Replace(space, index, ref area, page, entry, copiesFrom: null);

        ref FrameDescriptor descriptor = ref engine.Frames[entry.Frame];
        if (EntryWords.IsOwnPage(descriptor) && (EntryWords.IsExclusive(entry) || IsLastOwner(entry.Frame)))
        {
            descriptor.Owner = area.Root.Value;    // later searches need not visit the parent's side. Linux: folio_move_anon_rmap
            space.Tables.Store(page, EntryWords.Own(entry.Frame, writable: true));
            space.Faults.Reused++;
            return FaultOutcome.Resolved;
        }

        return Replace(space, index, ref area, page, entry, entry.Frame);
    }

    /// <summary>Nobody else maps it, and no swap entry stands for it.</summary>
    private bool IsLastOwner(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref engine.Frames[frame];
        if (descriptor.MapCount == 1 && descriptor.State == FrameState.SwapCache) engine.Swap.TryLeave(frame);
        return descriptor is { ReferenceCount: 1, MapCount: 1 };
    }

    private FaultOutcome Replace(AddressSpace space, AreaIndex index, ref Area area, PageNumber page, PageTableEntry entry, FrameNumber? copiesFrom)
    {
        if (!_anonymous.TryTakeFrame(space, index, ref area, page, ofZeros: copiesFrom is null, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        if (copiesFrom is { } source) engine.Ram.Copy(source, frame);

        space.Tables.Store(page, EntryWords.Own(frame, writable: true));
        space.Faults.Copied++;
        if (copiesFrom is null) return FaultOutcome.Resolved;

        TlbGather gather = new(engine.Frames, engine.Allocator);
        space.Statistics.CountResident((ResidentKind)engine.Frames[entry.Frame].Spare, -1);
        bool isInSwapCache = engine.Frames[entry.Frame].State == FrameState.SwapCache;
        gather.AddMapped(entry.Frame);
        if (isInSwapCache) engine.Swap.DropIfUnused(entry.Frame, ref gather);
        gather.Finish();
        return FaultOutcome.Resolved;
    }
}
