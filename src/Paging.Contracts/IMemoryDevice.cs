namespace Paging.Core;

/// <summary>A device whose registers programs access as memory. Each access is one call, in program order.</summary>
/// <remarks>
/// <para>
/// An access of 1, 2, 4 or 8 bytes at a multiple of its size makes exactly one call. Any other access is split as on a bus: from the lowest
/// address upwards, each time into the largest of these sizes that divides the address and does not exceed the rest. So 4 bytes at offset
/// 2 are two calls of 2 bytes, and a copy of 11 bytes to offset 8 is a call of 8, 2 and 1 byte each. Intel SDM volume 3, "Guaranteed
/// Atomic Operations" and "Strong Uncached (UC)": such an access is never speculative, and an unaligned one may take several bus cycles.
/// QEMU splits in the same way (access_with_adjusted_size).
/// </para>
/// <para>
/// An atomic operation is one load followed by one store; the store is made even if a comparison fails, as CMPXCHG does. An access that
/// also covers ordinary pages happens only if every page allows it.
/// </para>
/// <para>
/// The engine calls the device on its own thread. The device must not call the engine, whose members then throw an
/// <see cref="InvalidOperationException"/>. An exception of the device reaches the host through the access, whose earlier pieces have
/// been made.
/// </para>
/// <para>
/// Cost: 20 to 30 ns beside the call, because the device is found by the areas each time; in an engine with many threads, a hold.
/// Native code needs less (<see cref="INativeDevice"/>).
/// </para>
/// <para>Linux: memory that a driver maps with VM_IO and VM_PFNMAP (remap_pfn_range, io_remap_pfn_range).</para>
/// </remarks>
public interface IMemoryDevice
{
    /// <summary>Returns the value of a load, in the low bytes.</summary>
    /// <param name="offset">The offset in bytes from the beginning of the device.</param>
    /// <param name="byteLength">1, 2, 4 or 8.</param>
    ulong Load(ulong offset, int byteLength);

    /// <summary>Stores a value.</summary>
    /// <param name="offset">The offset in bytes from the beginning of the device.</param>
    /// <param name="byteLength">1, 2, 4 or 8.</param>
    /// <param name="value">The value, in the low bytes; the others are 0.</param>
    void Store(ulong offset, int byteLength, ulong value);

    /// <summary>Returns code that is fetched. A device need not implement it if fetches are the same as loads.</summary>
    /// <param name="offset">The offset in bytes from the beginning of the device.</param>
    /// <param name="byteLength">1, 2, 4 or 8.</param>
    ulong Fetch(ulong offset, int byteLength) => Load(offset, byteLength);
}
