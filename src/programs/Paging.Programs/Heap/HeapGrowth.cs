using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>Gets memory from the kernel and gives it back: by brk for most of the heap, by a mapping for each large chunk.</summary>
/// <remarks>glibc: malloc/malloc.c sysmalloc, systrim, munmap_chunk.</remarks>
internal readonly struct HeapGrowth(AddressSpace space, HeapArena arena)
{
    /// <summary>The highest value to which the threshold follows freed sizes. glibc: DEFAULT_MMAP_THRESHOLD_MAX on 32 bits.</summary>
    public const uint MmapThresholdMax = 512 << 10;

    private const uint ByteLengthMin = HeapChunk.ByteLengthMin;

    /// <summary>Moves the break up by at least that many bytes. Returns false if brk refuses or the program has moved the break.</summary>
    public bool TryExtendTop(uint byteLength)
    {
        VirtualAddress end = arena.End;
        if (space.Break != end) return false;
        VirtualAddress top = arena.Top;
        ulong wanted = (ulong)top.Value + byteLength + arena.TopPad + ByteLengthMin;
        VirtualAddress newEnd = new((uint)Math.Min(PageCount.Covering(wanted).Bytes, PageCount.UserHalf.Bytes));
        if (newEnd <= end || space.SetBreak(newEnd) != newEnd) return false;
        arena.End = newEnd;
        arena.SetHead(top, HeapChunk.Of(newEnd.Value - top.Value, arena.Head(top).IsBelowInUse));
        return true;
    }

    /// <summary>Gives whole pages at the end of the top back but keeps that many bytes. Returns false if there were none.</summary>
    public bool TryTrim(uint keep)
    {
        VirtualAddress top = arena.Top, end = arena.End;
        uint usable = arena.Head(top).ByteLength - ByteLengthMin;
        if (space.Break != end || usable <= keep) return false;
        uint extra = (usable - keep) & ~VirtualAddress.OffsetMask;
        if (extra == 0 || space.SetBreak(end - extra) != end - extra) return false;
        arena.End = end - extra;
        arena.SetHead(top, HeapChunk.Of((end - extra).Value - top.Value, arena.Head(top).IsBelowInUse));
        return true;
    }

    /// <summary>Maps a chunk of its own and links it with the other mapped chunks.</summary>
    public bool TryMap(uint requested, out VirtualAddress chunk)
    {
        chunk = VirtualAddress.Zero;
        ulong byteLength = PageCount.Covering((ulong)requested + HeapChunk.MappedHeaderByteLength).Bytes;
        if (byteLength > PageCount.UserHalf.Bytes) return false;
        const MapFlags kind = MapFlags.Private | MapFlags.Anonymous;
        Errno error = space.Map(VirtualAddress.Zero, (uint)byteLength, MemoryProtection.ReadWrite, kind, out VirtualAddress at);
        if (error != Errno.None) return false;
        chunk = ChunkAt(at);
        arena.SetHead(chunk, HeapChunk.OfMapping((uint)byteLength));
        LinkMapped(at);
        arena.MappedCount++;
        arena.MappedBytes += (uint)byteLength;
        return true;
    }

    /// <summary>Unmaps a chunk and raises the thresholds to its size, because the program will probably need that size again.</summary>
    public void Unmap(VirtualAddress chunk)
    {
        uint byteLength = arena.Head(chunk).ByteLength;
        if (!arena.IsThresholdFixed && byteLength > arena.MmapThreshold && byteLength <= MmapThresholdMax)
        {
            arena.MmapThreshold = byteLength;
            arena.TrimThreshold = 2 * byteLength;
        }

        UnlinkMapped(MappingOf(chunk));
        arena.MappedCount--;
        arena.MappedBytes -= byteLength;
        space.Unmap(MappingOf(chunk), byteLength);
    }

    /// <summary>Resizes a mapped chunk by mremap. Its pages may move, but no byte is copied.</summary>
    public bool TryRemap(VirtualAddress chunk, uint requested, out VirtualAddress moved)
    {
        moved = chunk;
        uint old = arena.Head(chunk).ByteLength;
        ulong byteLength = PageCount.Covering((ulong)requested + HeapChunk.MappedHeaderByteLength).Bytes;
        if (byteLength == old) return true;
        if (byteLength > PageCount.UserHalf.Bytes) return false;
        VirtualAddress from = MappingOf(chunk);
        if (space.Remap(from, old, (uint)byteLength, RemapFlags.MayMove, out VirtualAddress at) != Errno.None) return false;
        moved = ChunkAt(at);
        arena.SetHead(moved, HeapChunk.OfMapping((uint)byteLength));
        arena.MappedBytes += (uint)byteLength - old;
        if (at != from) Relink(at);
        return true;
    }

    /// <summary>Returns the chunk of a mapping. It begins eight bytes into the mapping, after its links.</summary>
    public static VirtualAddress ChunkAt(VirtualAddress mapping) => mapping + HeapChunk.HeaderByteLength;

    public static VirtualAddress MappingOf(VirtualAddress chunk) => chunk - HeapChunk.HeaderByteLength;

    public VirtualAddress NextMapped(VirtualAddress mapping) => new(arena.Mmu.Read<uint>(mapping));

    private VirtualAddress PreviousMapped(VirtualAddress mapping) => new(arena.Mmu.Read<uint>(mapping + 4));

    private void LinkMapped(VirtualAddress mapping)
    {
        VirtualAddress next = arena.FirstMapped;
        arena.Mmu.Write(mapping, next.Value);
        arena.Mmu.Write(mapping + 4, 0u);
        if (next != VirtualAddress.Zero) arena.Mmu.Write(next + 4, mapping.Value);
        arena.FirstMapped = mapping;
    }

    private void UnlinkMapped(VirtualAddress mapping)
    {
        VirtualAddress previous = PreviousMapped(mapping), next = NextMapped(mapping);
        if (next != VirtualAddress.Zero) arena.Mmu.Write(next + 4, previous.Value);
        if (previous != VirtualAddress.Zero) arena.Mmu.Write(previous, next.Value);
        else arena.FirstMapped = next;
    }

    /// <summary>Updates the links of the neighbours after the chunk has moved.</summary>
    private void Relink(VirtualAddress mapping)
    {
        VirtualAddress previous = PreviousMapped(mapping), next = NextMapped(mapping);
        if (next != VirtualAddress.Zero) arena.Mmu.Write(next + 4, mapping.Value);
        if (previous != VirtualAddress.Zero) arena.Mmu.Write(previous, mapping.Value);
        else arena.FirstMapped = mapping;
    }
}
