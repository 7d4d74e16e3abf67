using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

/// <summary>Maps the segments of an image: private file pages, a zeroed rest of the last page, and anonymous pages after it.</summary>
/// <remarks><code>
///   file      │ text        │ data   ·│
///   memory    │ r-x  shared │ rw-  ·00│ 000000 │      · the zeroed tail: its page becomes a private copy at once
///               until written           └ BSS, anonymous
/// </code>
/// Linux: fs/binfmt_elf.c elf_load, elf_map, padzero. ld.so does the same with libraries.
/// </remarks>
internal static class ElfMapper
{
    /// <summary>Maps every segment at its address plus a bias. After an error the space is incomplete and cannot run.</summary>
    public static Errno Map(AddressSpace space, ElfImage image, OpenGuestFile file, uint bias)
    {
        foreach (ElfSegment segment in image.Loads)
        {
            Errno error = MapFilePart(space, segment, file, bias);
            if (error == Errno.None) error = MapZeroPart(space, segment, bias);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    /// <summary>Finds a free range for an image that can lie anywhere, and returns its bias.</summary>
    /// <remarks>If a segment needs more than page alignment, the search is for that much more room.</remarks>
    public static Errno Place(AddressSpace space, ElfImage image, out uint bias)
    {
        uint alignment = image.Alignment;
        PageCount room = image.Span + PageCount.Covering(alignment - VirtualAddress.PageSize);
        bias = 0;
        Errno error = space.FindRoom(room, out PageNumber first);
        if (error == Errno.None) bias = ((first.Address.Value + alignment - 1) & ~(alignment - 1)) - image.LowestAddress;
        return error;
    }

    private static Errno MapFilePart(AddressSpace space, in ElfSegment segment, OpenGuestFile file, uint bias)
    {
        if (segment.FileByteLength == 0) return Errno.None;
        return file.Map(
            space, new(segment.PageAddress + bias), segment.FileByteLength + segment.OffsetInPage, segment.Protection,
            MapFlags.Private | MapFlags.Fixed, segment.Offset - segment.OffsetInPage, out _);
    }

    private static Errno MapZeroPart(AddressSpace space, in ElfSegment segment, uint bias)
    {
        if (segment.MemoryByteLength == segment.FileByteLength) return Errno.None;
        uint start = segment.Address + bias + segment.FileByteLength;
        uint end = segment.Address + bias + segment.MemoryByteLength;
        uint startOfPages = segment.FileByteLength == 0 ? PageStart(start) : PageEnd(start);
        if (segment.FileByteLength != 0 && !IsTailZeroed(space, segment, start, startOfPages)) return Errno.EFAULT;

        uint endOfPages = PageEnd(end);
        if (endOfPages <= startOfPages) return Errno.None;
        MemoryProtection execute = segment.Protection & MemoryProtection.Execute;
        MemoryProtection rights = MemoryProtection.ReadWrite | execute;    // readable and writable in any case: vm_brk_flags
        const MapFlags flags = MapFlags.Private | MapFlags.Fixed | MapFlags.Anonymous;
        return space.Map(new(startOfPages), endOfPages - startOfPages, rights, flags, out _);
    }

    private static uint PageStart(uint address) => address & ~VirtualAddress.OffsetMask;

    private static uint PageEnd(uint address) => PageStart(address + VirtualAddress.OffsetMask);

    /// <summary>Clears the rest of the segment's last page. A read-only segment keeps the file's bytes there, as on Linux.</summary>
    private static bool IsTailZeroed(AddressSpace space, in ElfSegment segment, uint start, uint end) =>
        (segment.Protection & MemoryProtection.Write) == 0 || space.Mmu.Fill(new(start), end - start, 0, out _) == end - start;
}
