namespace Paging.Core;

/// <summary>A swap store that is told when a slot is free again, so that it can give up the page.</summary>
/// <remarks>Linux: swap_slot_free_notify of block_device_operations (zram), and the discard of SWAP_FLAG_DISCARD_PAGES.</remarks>
public interface IDiscardingSwapStore : ISwapStore
{
    /// <summary>The slot's page is not needed any more. The slot may never have been written.</summary>
    /// <param name="slot">The slot, below <see cref="ISwapStore.SlotCount"/>.</param>
    void Discard(uint slot);
}
