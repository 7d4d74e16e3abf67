namespace Paging.Core;

/// <summary>The storage behind a swap device: memory, a host file, or a store that fails on purpose.</summary>
/// <remarks>
/// Methods return an error of the device as an <see cref="Errno"/>. An exception counts as EIO, and the call of the engine that was in
/// progress throws it after it has ended. Methods are called on the engine's thread, for one page at a time, and cannot call the engine.
/// </remarks>
public interface ISwapStore : IDisposable
{
    /// <summary>The name that reports show, as /proc/swaps shows a path.</summary>
    string Name { get; }

    /// <summary>How many pages of 4 KiB it holds, 1 to 2^24.</summary>
    uint SlotCount { get; }

    /// <summary>True if several threads may call <see cref="Read"/> at a time, and while any other member runs but Dispose.</summary>
    /// <remarks>
    /// In an engine with many threads, an access to a page that is out then leaves the engine while it is read: other threads go on. What
    /// is read while the same slot is written is thrown away, so it may be anything, or an error. Asked once, when the device is
    /// switched on. The default implementation returns false.
    /// </remarks>
    bool AllowsConcurrentReads => false;

    /// <summary>Reads a page that was written before. Returns EIO if it cannot be read, or is not what was written.</summary>
    /// <param name="slot">The slot, below <see cref="SlotCount"/>.</param>
    /// <param name="page">Receives 4096 bytes.</param>
    Errno Read(uint slot, Span<byte> page);

    /// <summary>Writes a page. Returns EIO if it cannot be written; the slot's old contents are then lost.</summary>
    /// <param name="slot">The slot, below <see cref="SlotCount"/>.</param>
    /// <param name="page">4096 bytes.</param>
    Errno Write(uint slot, ReadOnlySpan<byte> page);

    /// <summary>The slot's page is not needed any more: the store can give it up. The slot may never have been written.</summary>
    /// <remarks>
    /// Linux: swap_slot_free_notify of block_device_operations (zram), and the discard of SWAP_FLAG_DISCARD_PAGES. The default
    /// implementation does nothing.
    /// </remarks>
    /// <param name="slot">The slot, below <see cref="SlotCount"/>.</param>
    void Discard(uint slot)
    {
    }
}
