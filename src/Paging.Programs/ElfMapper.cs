using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Core.SystemCalls;
using Paging.Native;

namespace Paging.Programs;

/// <summary>Maps the segments of an image: file pages private, the rest of the last one zeroed, anonymous pages behind it.</summary>
/// <remarks><code>
///   file      │ text        │ data   ·│
///   memory    │ r-x  shared │ rw-  ·00│ 000000 │      · the zeroed tail: the page becomes the program's own at once
///               until written           └ BSS, anonymous
/// </code>Linux: fs/binfmt_elf.c elf_load, elf_map, padzero; ld.so does the same with libraries.</remarks>
internal static class ElfMapper
{
    /// <summary>Maps every segment at its address plus a bias. An error leaves the space half done: its program cannot run.</summary>
    public static Errno Map(MapOperation map, AddressSpace space, ElfImage image, OpenFileIndex file, uint bias)
    {
        foreach (ElfSegment segment in image.Loads)
        {
            Errno error = MapFilePart(map, space, segment, file, bias);
            if (error == Errno.None) error = MapZeroPart(map, space, segment, bias);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    /// <summary>Finds room among the mappings for an image that can lie anywhere, and gives its bias.</summary>
    /// <remarks>A segment may ask for more than page alignment; the search asks for so much more room.</remarks>
    public static Errno Place(AddressSpace space, ElfImage image, out uint bias)
    {
        uint alignment = image.Alignment;
        PageCount room = image.Span + PageCount.Covering(alignment - 4096);
        bias = 0;
        Errno error = Placement.Choose(space.Space, default, room, out PageNumber first);
        if (error == Errno.None) bias = ((first.Address.Value + alignment - 1) & ~(alignment - 1)) - image.LowestAddress;
        return error;
    }

    private static Errno MapFilePart(MapOperation map, AddressSpace space, in ElfSegment segment, OpenFileIndex file, uint bias)
    {
        if (segment.FileByteLength == 0) return Errno.None;
        MapRequest request = new(
            new(segment.PageAddress + bias), segment.FileByteLength + segment.OffsetInPage, segment.Protection,
            MapFlags.Private | MapFlags.Fixed, file, (segment.Offset - segment.OffsetInPage) >> 12);
        return map.Execute(space.Space, request, out _);
    }

    private static Errno MapZeroPart(MapOperation map, AddressSpace space, in ElfSegment segment, uint bias)
    {
        if (segment.MemoryByteLength == segment.FileByteLength) return Errno.None;
        uint start = segment.Address + bias + segment.FileByteLength;
        uint end = segment.Address + bias + segment.MemoryByteLength;
        uint startOfPages = segment.FileByteLength == 0 ? start & ~0xFFFu : (start + 0xFFF) & ~0xFFFu;
        if (segment.FileByteLength != 0 && !IsTailZeroed(space, segment, start, startOfPages)) return Errno.EFAULT;

        uint endOfPages = (end + 0xFFF) & ~0xFFFu;
        if (endOfPages <= startOfPages) return Errno.None;
        MemoryProtection rights = MemoryProtection.ReadWrite | (segment.Protection & MemoryProtection.Execute);    // whatever the segment says: vm_brk_flags
        MapRequest request = new(
            new(startOfPages), endOfPages - startOfPages, rights,
            MapFlags.Private | MapFlags.Fixed | MapFlags.Anonymous, OpenFileIndex.None, 0);
        return map.Execute(space.Space, request, out _);
    }

    /// <summary>A segment that cannot be written keeps the file's bytes there, and nobody minds.</summary>
    private static bool IsTailZeroed(AddressSpace space, in ElfSegment segment, uint start, uint end) =>
        (segment.Protection & MemoryProtection.Write) == 0 || space.Mmu.Fill(new(start), end - start, 0, out _) == end - start;
}
