using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.ReverseMapping;

/// <summary>Takes a frame out of every page table: a swap entry comes in its place, or nothing.</summary>
/// <remarks>Linux: mm/rmap.c try_to_unmap_one. Precondition: a swap entry's slot holds the page already, so nothing is lost at any moment.</remarks>
internal ref struct Unmapping(FrameLists lists, BuddyAllocator allocator, SwapSpace swap, SwapEntry replacement) : IMappingVisitor
{
    private TlbGather _gather = new(lists, allocator);

    public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        space.Statistics.CountResident((ResidentKind)lists.Frames[entry.Frame].Kind, -1);
        if (replacement.IsSwap)
        {
            SwapEntry swapped = EntryWords.IsExclusive(entry) ? replacement.WithExclusive() : replacement;
            swap.DeviceOf(swapped).AddUser(swapped.Slot);
            space.Statistics.Swapped++;
            space.Tables.Store(page, swapped.ToPageTableEntry());
        }
        else
        {
            space.Tables.Store(page, default);
        }

        _gather.AddMapped(entry.Frame);
    }

    /// <summary>Takes a frame out of the swap cache, too; without mappings nothing needs it then.</summary>
    public void DropFromSwapCache(FrameNumber frame) => swap.Drop(frame, ref _gather);

    /// <summary>Frees what nothing refers to any more.</summary>
    public void Finish() => _gather.Finish();
}
