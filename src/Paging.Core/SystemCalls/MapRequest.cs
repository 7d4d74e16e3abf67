using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>The arguments of mmap(2), after its descriptor was looked up.</summary>
internal readonly record struct MapRequest(
    VirtualAddress Address, uint ByteLength, MemoryProtection Protection, MapFlags Flags, OpenFileIndex File, ulong PageOffset)
{
    /// <summary>True for MAP_FIXED, which MAP_FIXED_NOREPLACE implies.</summary>
    public bool IsFixed => (Flags & (MapFlags.Fixed | MapFlags.FixedNoReplace)) != 0;

    public bool Has(MapFlags flags) => (Flags & flags) == flags;
}
