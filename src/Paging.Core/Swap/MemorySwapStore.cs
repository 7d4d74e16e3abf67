using Paging.Native;

namespace Paging.Core.Swap;

/// <summary>A swap store in memory of the host, committed as pages are written, 2 MiB at a time where the host has huge pages.</summary>
/// <remarks>Linux: brd, or zram without compression.</remarks>
public sealed class MemorySwapStore : ISwapStore
{
    private readonly PhysicalMemory _pages;

    /// <summary>Creates a store.</summary>
    /// <param name="byteLength">Its size in bytes: 1 MiB to 4 GiB, in whole pages.</param>
    /// <param name="name">The name that reports show.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is outside these limits, or is not a whole number of pages.</exception>
    public MemorySwapStore(ulong byteLength, string name = "memory")
    {
        ArgumentNullException.ThrowIfNull(name);
        if (byteLength is < 1 << 20 or > 1UL << 32 || (byteLength & VirtualAddress.OffsetMask) != 0)
        {
            const string rule = "A swap device in memory has 1 MiB to 4 GiB, in whole pages.";
            throw new ArgumentOutOfRangeException(nameof(byteLength), byteLength, rule);
        }

        _pages = new(new(PageCount.Covering(byteLength).Value));
        Name = name;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public uint SlotCount => _pages.FrameCount.Value;

    /// <inheritdoc/>
    public Errno Read(uint slot, Span<byte> page)
    {
        if (slot >= SlotCount) return Errno.EIO;    // also after Dispose
        _pages.Bytes(new FrameNumber(slot)).CopyTo(page);
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        if (slot >= SlotCount) return Errno.EIO;
        page.CopyTo(_pages.Bytes(new FrameNumber(slot)));
        return Errno.None;
    }

    /// <summary>Returns the memory to the host.</summary>
    public void Dispose() => _pages.Release();
}
