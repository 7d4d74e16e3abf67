namespace Paging.Core;

/// <summary>Where the pages of a swap device lie: memory, a host file, a store that fails on purpose.</summary>
/// <remarks>Never throws for what a device can do wrong: that becomes an <see cref="Errno"/>. Called on the engine's thread, one page at a time.</remarks>
public interface ISwapStore : IDisposable
{
    /// <summary>What reports call it, as /proc/swaps shows a path.</summary>
    string Name { get; }

    /// <summary>How many pages of 4 KiB it holds, 1 to 2^24.</summary>
    uint SlotCount { get; }

    /// <summary>Reads a page that was written before. EIO: it cannot be had, or is not what was written.</summary>
    Errno Read(uint slot, Span<byte> page);

    /// <summary>Writes a page. EIO: it could not be written; what the slot holds is then lost.</summary>
    Errno Write(uint slot, ReadOnlySpan<byte> page);
}
