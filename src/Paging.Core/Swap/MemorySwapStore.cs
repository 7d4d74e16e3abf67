using Paging.Native;

namespace Paging.Core.Swap;

/// <summary>A swap device in the host's memory, committed as it is written. Linux: brd, or zram without compression.</summary>
public sealed class MemorySwapStore : ISwapStore
{
    private readonly PhysicalMemory _pages;

    /// <summary>Makes a device of 1 MiB to 4 GiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another size, or not whole pages.</exception>
    public MemorySwapStore(ulong byteLength, string name = "memory")
    {
        if (byteLength is < 1 << 20 or > 1UL << 32 || (byteLength & 0xFFF) != 0)
            throw new ArgumentOutOfRangeException(nameof(byteLength), byteLength, "A swap device in memory has 1 MiB to 4 GiB, in whole pages.");
        _pages = new(new((uint)(byteLength >> 12)), requestHugePages: false);
        Name = name;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public uint SlotCount => _pages.FrameCount.Value;

    /// <inheritdoc/>
    public Errno Read(uint slot, Span<byte> page)
    {
        _pages.Bytes(new FrameNumber(slot)).CopyTo(page);
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        page.CopyTo(_pages.Bytes(new FrameNumber(slot)));
        return Errno.None;
    }

    /// <summary>Gives the memory back to the host.</summary>
    public void Dispose() => _pages.Dispose();
}
