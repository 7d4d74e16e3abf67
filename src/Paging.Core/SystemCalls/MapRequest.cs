using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>The arguments of mmap(2), and what <see cref="MapOperation"/> finds out about them first.</summary>
internal struct MapRequest(
    VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags, ulong byteOffset,
    int descriptor = -1, OpenFileIndex file = default)
{
    public readonly VirtualAddress Address = address;
    public readonly uint ByteLength = byteLength;
    public readonly MemoryProtection Protection = protection;
    public readonly ulong ByteOffset = byteOffset;
    public readonly int Descriptor = descriptor;
    public MapFlags Flags = flags;

    /// <summary>The open file of the descriptor, or that of a caller who has no descriptor; none for anonymous memory.</summary>
    public OpenFileIndex File = file;

    /// <summary>The number of pages, of 4 KiB each.</summary>
    public PageCount Count;

    /// <summary>The binary logarithm of the frames of a page of the pool; 0 for other memory.</summary>
    public int Order;

    /// <summary>True for MAP_FIXED, which MAP_FIXED_NOREPLACE implies.</summary>
    public readonly bool IsFixed => (Flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0;

    /// <summary>The offset in pages of 4 KiB.</summary>
    public readonly ulong PageOffset => ByteOffset >> VirtualAddress.PageShift;

    public readonly bool Has(MapFlags flags) => (Flags & flags) == flags;
}
