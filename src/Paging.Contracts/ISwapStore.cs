namespace Paging.Core;

/// <summary>The storage of a swap device: memory, a host file, or a store that fails on purpose.</summary>
/// <remarks>
/// Methods return an error of the device as an <see cref="Errno"/>. An exception counts as EIO, and the engine's call in progress throws
/// it at its end. Methods are called on the engine's thread, for one page at a time, and cannot call the engine.
/// </remarks>
public interface ISwapStore : IDisposable
{
    /// <summary>The name that reports show, as /proc/swaps shows a path.</summary>
    string Name { get; }

    /// <summary>The number of pages of 4 KiB that it holds: 1 to 2^24, or to 2^27 under PAE.</summary>
    uint SlotCount { get; }

    /// <summary>True if several threads may call <see cref="Read"/> at a time, and while any other member runs but Dispose.</summary>
    /// <remarks>
    /// In an engine with many threads, an access to a swapped-out page then reads outside the engine, while other threads go on. A page
    /// that is read while its slot is written is discarded, so the read may return anything, or an error. Read once, when the device is
    /// switched on. The default implementation returns false.
    /// </remarks>
    bool AllowsConcurrentReads => false;

    /// <summary>Reads a page that was written before. Returns EIO if it cannot be read, or differs from what was written.</summary>
    /// <param name="slot">The slot, below <see cref="SlotCount"/>.</param>
    /// <param name="page">Receives 4096 bytes.</param>
    Errno Read(uint slot, Span<byte> page);

    /// <summary>Writes a page. Returns EIO if it cannot be written; the slot's old contents are then lost.</summary>
    /// <param name="slot">The slot, below <see cref="SlotCount"/>.</param>
    /// <param name="page">4096 bytes.</param>
    Errno Write(uint slot, ReadOnlySpan<byte> page);

    /// <summary>Lets the store drop a slot's page, which is no longer needed. The slot may never have been written.</summary>
    /// <remarks>
    /// Linux: swap_slot_free_notify of block_device_operations (zram), and the discard of SWAP_FLAG_DISCARD_PAGES. The default
    /// implementation does nothing.
    /// </remarks>
    /// <param name="slot">The slot, below <see cref="SlotCount"/>.</param>
    void Discard(uint slot)
    {
    }
}
