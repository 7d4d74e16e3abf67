using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

/// <summary>Where a heap gets memory from and gives it back to: brk for most of it, a mapping for each large chunk.</summary>
/// <remarks>glibc: malloc/malloc.c sysmalloc, systrim, munmap_chunk.</remarks>
internal readonly struct HeapGrowth(AddressSpace space, HeapArena arena)
{
    /// <summary>How far a threshold that follows may follow. glibc: DEFAULT_MMAP_THRESHOLD_MAX on 32 bits.</summary>
    public const uint MmapThresholdMax = 512 << 10;

    private const uint ByteLengthMin = HeapChunk.ByteLengthMin;

    /// <summary>Moves the break up, so that the top has so many bytes more than it needs. False: brk refuses, or somebody else has moved it.</summary>
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

    /// <summary>Gives whole pages at the end of the top back, but keeps so many bytes of it. False: there was nothing to give.</summary>
    public bool TryTrim(uint keep)
    {
        VirtualAddress top = arena.Top, end = arena.End;
        uint usable = arena.Head(top).ByteLength - ByteLengthMin;
        if (space.Break != end || usable <= keep) return false;
        uint extra = (usable - keep) & ~0xFFFu;
        if (extra == 0 || space.SetBreak(end - extra) != end - extra) return false;
        arena.End = end - extra;
        arena.SetHead(top, HeapChunk.Of((end - extra).Value - top.Value, arena.Head(top).IsBelowInUse));
        return true;
    }

    /// <summary>A chunk with a mapping of its own, linked with the others of its kind.</summary>
    public bool TryMap(uint requested, out VirtualAddress chunk)
    {
        chunk = VirtualAddress.Zero;
        ulong byteLength = PageCount.Covering((ulong)requested + HeapChunk.MappedHeaderByteLength).Bytes;
        if (byteLength > PageCount.UserHalf.Bytes) return false;
        Errno error = space.Map(VirtualAddress.Zero, (uint)byteLength, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at);
        if (error != Errno.None) return false;
        chunk = ChunkAt(at);
        arena.SetHead(chunk, HeapChunk.OfMapping((uint)byteLength));
        LinkMapped(at);
        arena.MappedCount++;
        arena.MappedBytes += (uint)byteLength;
        return true;
    }

    /// <summary>Unmaps one, and lets the thresholds learn from it: what was freed once will be asked for again.</summary>
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

    /// <summary>Makes one larger or smaller, moving its pages if need be. No byte is copied.</summary>
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

    /// <summary>The chunk of a mapping lies eight bytes into it: in front are its links.</summary>
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

    /// <summary>Its neighbours still know it by its old place.</summary>
    private void Relink(VirtualAddress mapping)
    {
        VirtualAddress previous = PreviousMapped(mapping), next = NextMapped(mapping);
        if (next != VirtualAddress.Zero) arena.Mmu.Write(next + 4, mapping.Value);
        if (previous != VirtualAddress.Zero) arena.Mmu.Write(previous, mapping.Value);
        else arena.FirstMapped = mapping;
    }
}
