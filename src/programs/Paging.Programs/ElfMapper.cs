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
    private const MapFlags Replacing = MapFlags.Private | MapFlags.Fixed;

    /// <summary>Maps every segment of a library at its address plus a bias. After an error the range is incomplete.</summary>
    public static Errno MapLibrary(AddressSpace space, ElfImage image, OpenFileDescription file, uint bias)
    {
        foreach (ElfSegment segment in image.Loads)
        {
            Errno error = Map(space, segment, file, segment.PageAddress + bias, byteLength: 0, Replacing, out _);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    /// <summary>Maps a program's segments, in the order of its headers: a later one replaces what it overlaps.</summary>
    /// <remarks>Linux: load_elf_binary. After an error the program is killed.</remarks>
    /// <param name="space">The new program's memory, with its stack.</param>
    /// <param name="image">The image.</param>
    /// <param name="file">Its file.</param>
    /// <param name="bias">The distance from its addresses, which the first segment decides if the image can lie anywhere.</param>
    public static Errno MapProgram(AddressSpace space, ElfImage image, OpenFileDescription file, ref uint bias)
    {
        bool isFirst = true;
        foreach (ElfSegment segment in image.Loads)
        {
            Errno error = isFirst
                ? MapFirst(space, image, file, ref bias)
                : Map(space, segment, file, segment.PageAddress + bias, byteLength: 0, Replacing, out _);
            if (error != Errno.None) return error;
            isFirst = false;
            if (!segment.FitsAt(0)) return Errno.EINVAL;    // before the bias: as its header has it
        }

        return Errno.None;
    }

    /// <summary>Maps the first segment: at its place, or where there is room for all of them.</summary>
    private static Errno MapFirst(AddressSpace space, ElfImage image, OpenFileDescription file, ref uint bias)
    {
        if (image is { IsPositionIndependent: true, IsEmpty: true }) return Errno.EINVAL;
        ref readonly ElfSegment segment = ref image.Loads[0];
        const MapFlags exact = MapFlags.Private | MapFlags.FixedNoReplace;
        ulong room = image.IsPositionIndependent ? image.Span.Bytes : 0;
        bool isAnywhere = image is { IsPositionIndependent: true, Interpreter: null };
        if (!isAnywhere) return Map(space, segment, file, segment.PageAddress + bias, room, exact, out _);
        Errno error = Map(space, segment, file, 0, room, MapFlags.Private, out uint at);
        if (error == Errno.None && image.Alignment > VirtualAddress.PageSize)    // once more, at an address that is aligned
        {
            error = space.Unmap(new(at), (uint)room);
            if (error == Errno.None) error = Map(space, segment, file, at & ~(image.Alignment - 1), room, exact, out at);
        }

        bias = at - segment.PageAddress;
        return error;
    }

    /// <summary>Maps an interpreter's segments. Linux: load_elf_interp.</summary>
    /// <param name="space">The new program's memory.</param>
    /// <param name="image">The interpreter.</param>
    /// <param name="file">Its file.</param>
    /// <param name="isHinted">True if it lies at its addresses when they are free.</param>
    /// <param name="bias">The distance from its addresses.</param>
    public static Errno MapInterpreter(AddressSpace space, ElfImage image, OpenFileDescription file, bool isHinted, out uint bias)
    {
        bias = 0;
        if (image.IsEmpty || !image.Header.IsProgram) return Errno.EINVAL;
        bool isPlaced = !image.IsPositionIndependent;
        ulong room = image.Span.Bytes;
        foreach (ElfSegment segment in image.Loads)
        {
            uint address = isPlaced ? segment.PageAddress + bias : isHinted ? segment.PageAddress : 0;
            Errno error = Map(space, segment, file, address, room, isPlaced ? Replacing : MapFlags.Private, out uint at);
            if (error != Errno.None) return error;
            if (!isPlaced) bias = at - segment.PageAddress;
            isPlaced = true;
            room = 0;
            if (!segment.FitsAt(bias)) return Errno.ENOMEM;
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

    /// <summary>Maps a segment. Linux: elf_load, elf_map.</summary>
    /// <param name="space">The space.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="file">The image's file.</param>
    /// <param name="address">The address of its first page; with neither form of MAP_FIXED a wish.</param>
    /// <param name="byteLength">The length of a range that has to be free; 0: the segment's own.</param>
    /// <param name="flags">How it is placed.</param>
    /// <param name="at">The address of its first page.</param>
    private static Errno Map(AddressSpace space, in ElfSegment segment, OpenFileDescription file, uint address, ulong byteLength,
        MapFlags flags,
        out uint at)
    {
        at = address;
        ulong inFile = (ulong)segment.FileByteLength + segment.OffsetInPage, end = (ulong)segment.MemoryByteLength + segment.OffsetInPage;
        if (segment.FileByteLength != 0)
        {
            Errno error = MapFilePart(space, segment, file, ref at, PageEnd(inFile), PageEnd(byteLength), flags);
            if (error != Errno.None) return error;
        }

        if (segment.MemoryByteLength <= segment.FileByteLength) return Errno.None;
        if (segment.FileByteLength == 0) return MapZeroPart(space, segment, at, at + end);
        bool isWritable = (segment.Protection & MemoryProtection.Write) != 0;    // a read-only segment keeps the file's bytes
        ulong tail = PageEnd(inFile) - inFile;
        if (isWritable && space.Mmu.Fill(new(at + (uint)inFile), (uint)tail, 0, out _) != tail) return Errno.EFAULT;    // padzero
        return MapZeroPart(space, segment, at + PageEnd(inFile), at + end);
    }

    private static Errno MapFilePart(AddressSpace space, in ElfSegment segment, OpenFileDescription file, ref uint at, ulong own, ulong all,
        MapFlags flags)
    {
        if (!segment.IsCongruent) return Errno.EINVAL;    // vm_mmap: the offset is not a multiple of the page size
        ulong length = Math.Max(own, all);
        if (length > PageCount.UserHalf.Bytes) return Errno.ENOMEM;
        Errno error = file.Map(space, new(at), (uint)length, segment.Protection, flags, segment.Offset - segment.OffsetInPage,
            out VirtualAddress mapped);
        if (error != Errno.None) return error;
        at = mapped.Value;
        return length == own ? Errno.None : space.Unmap(new(at + (uint)own), (uint)(length - own));
    }

    /// <summary>Maps zeros, readable and writable in any case. Linux: vm_brk_flags.</summary>
    private static Errno MapZeroPart(AddressSpace space, in ElfSegment segment, ulong start, ulong end)
    {
        end = PageEnd(end);
        if (end > PageCount.UserHalf.Bytes) return Errno.ENOMEM;
        if (end <= start) return Errno.None;
        MemoryProtection rights = MemoryProtection.ReadWrite | (segment.Protection & MemoryProtection.Execute);
        return space.Map(new((uint)start), (uint)(end - start), rights, Replacing | MapFlags.Anonymous, out _);
    }

    private static ulong PageEnd(ulong address) => PageCount.Covering(address).Bytes;
}
