using Paging.Native;

namespace Paging.Core;

/// <summary>Takes a frame out of every page table: a swap entry comes in its place, or nothing.</summary>
/// <remarks>Linux: mm/rmap.c try_to_unmap_one. Precondition: a swap entry's slot holds the page already, so nothing is lost at any moment.</remarks>
internal ref struct Unmapping(PagingEngine engine, SwapEntry replacement) : IMappingVisitor
{
    private readonly PagingEngine _engine = engine;
    private TlbGather _gather = new(engine.Lists, engine.Allocator);

    public void Visit(AddressSpace space, ref Area area, PageNumber page, PageTableEntry entry)
    {
        space.Statistics.CountResident((ResidentKind)_engine.Frames[entry.Frame].Kind, -1);
        if (replacement.IsSwap)
        {
            SwapEntry swapped = EntryWords.IsExclusive(entry) ? replacement.WithExclusive() : replacement;
            _engine.Swap.DeviceOf(swapped).AddUser(swapped.Slot);
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
    public void DropFromSwapCache(FrameNumber frame) => _engine.Swap.Drop(frame, ref _gather);

    /// <summary>Frees what nothing refers to any more.</summary>
    public void Finish() => _gather.Finish();
}
