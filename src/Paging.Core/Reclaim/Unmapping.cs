using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Unmaps a frame from every page table. Each entry is replaced by a swap entry, or cleared.</summary>
/// <remarks>
/// Precondition: the slot of a swap entry already holds the page, so that the page is never lost. Linux: mm/rmap.c try_to_unmap_one.
/// </remarks>
internal ref struct Unmapping(FrameLists lists, BuddyAllocator allocator, SwapSpace swap, SwapEntry replacement) : IMappingVisitor
{
    private TlbGather _gather = new(lists, allocator);

    public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        space.Statistics.CountResident((ResidentKind)lists.Frames[entry.Frame].Kind, -1);
        if (replacement.IsSwap)
        {
            SwapEntry swapped = EntryWords.IsExclusive(entry) ? replacement.WithExclusive() : replacement;
            if (EntryWords.IsProtected(entry)) swapped = swapped.WithProtection();
            swap.DeviceOf(swapped).AddUser(swapped.Slot);    // Z1: each entry that names the slot is a user
            space.Statistics.Swapped++;
            space.Tables.StoreUnnoted(page, space.Foreign is null ? swapped.ToPageTableEntry() : WordOf(space.Foreign, entry));
        }
        else
        {
            ref FrameDescriptor descriptor = ref lists.Frames[entry.Frame];
            EntryWords.KeepDirty(entry, ref descriptor);
            PageTableEntry left = EntryWords.IsProtected(entry) ? EntryWords.ProtectionMarker : default;
            space.Tables.StoreUnnoted(page, space.Foreign is null ? left : WordOf(space.Foreign, entry));
        }

        _gather.AddMapped(entry.Frame);    // after the store: no translation leads to the frame any more
    }

    private readonly PageTableEntry WordOf(IForeignSpace foreign, PageTableEntry entry) => foreign.WithoutFrame(entry, replacement);

    /// <summary>Drops a frame from the swap cache. Precondition: the frame is not mapped any more, so nothing needs it.</summary>
    public void DropFromSwapCache(FrameNumber frame)
    {
        if (Check.Cheap && lists.Frames[frame].MapCount != 0) Check.ThrowUnmet($"DropFromSwapCache: frame {frame.Value:x5} is mapped.");
        swap.Drop(frame, ref _gather);
    }

    /// <summary>Frees the frames that have lost their last reference.</summary>
    public void Finish() => _gather.Finish();
}
