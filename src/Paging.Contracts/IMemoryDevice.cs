namespace Paging.Core;

/// <summary>A device whose registers programs access as memory. Each access is one call, in program order.</summary>
/// <remarks>
/// <para>
/// An access of 1, 2, 4 or 8 bytes at a multiple of its size is exactly one call. Any other access is split as a bus does it: from the
/// lowest
/// address upwards, each time the largest of these sizes that the address is a multiple of and that is not longer than what is left. So 4
/// bytes at offset 2 are two calls of 2 bytes, and a copy of 11 bytes to offset 8 is a call of 8, 2 and 1 byte each. Intel SDM volume 3,
/// "Guaranteed Atomic Operations" and "Strong Uncached (UC)": such an access is never speculative, and an unaligned one may take several
/// bus cycles. QEMU splits in the same way (access_with_adjusted_size).
/// </para>
/// <para>
/// An atomic operation is one load followed by one store; the store is made even if a comparison fails, as CMPXCHG does. An access that
/// also covers ordinary pages happens only if every page allows it.
/// </para>
/// <para>
/// The engine calls on its own thread and must not be called back: its members throw an <see cref="InvalidOperationException"/>. An
/// exception reaches the host through the access. Pieces of the access that came before have been made.
/// </para>
/// <para>Linux: memory that a driver maps with VM_IO and VM_PFNMAP (remap_pfn_range, io_remap_pfn_range).</para>
/// </remarks>
public interface IMemoryDevice
{
    /// <summary>Returns what a load sees, in the low bytes.</summary>
    /// <param name="offset">Where, in bytes from the beginning of the device.</param>
    /// <param name="byteLength">1, 2, 4 or 8.</param>
    ulong Load(ulong offset, int byteLength);

    /// <summary>Stores a value.</summary>
    /// <param name="offset">Where, in bytes from the beginning of the device.</param>
    /// <param name="byteLength">1, 2, 4 or 8.</param>
    /// <param name="value">The value, in the low bytes; the others are 0.</param>
    void Store(ulong offset, int byteLength, ulong value);

    /// <summary>Returns code that is fetched. A device that does not distinguish fetches from loads leaves this as it is.</summary>
    /// <param name="offset">Where, in bytes from the beginning of the device.</param>
    /// <param name="byteLength">1, 2, 4 or 8.</param>
    ulong Fetch(ulong offset, int byteLength) => Load(offset, byteLength);
}
