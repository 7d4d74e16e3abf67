using System.Buffers.Binary;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs;

/// <summary>The kinds of program headers that matter here. Others are skipped.</summary>
internal enum ElfSegmentKind : uint
{
    Load = 1,
    Dynamic = 2,
    Interpreter = 3,
    Note = 4,
    GnuStack = 0x6474_E551,
    GnuRelocatedReadOnly = 0x6474_E552,
}

//   file      ░░░│███████████│                  │◄ FileByteLength ►│
//   memory    ░░░│███████████│▒▒▒▒│             │◄──── MemoryByteLength ────►│
//             ▲  ▲           ▲    ▲
//       page ─┘  └ Address   │    └ anonymous pages from the next page on
//                            └ zeroed to the end of the page
/// <summary>One program header of an ELF32 image.</summary>
internal readonly record struct ElfSegment(
    ElfSegmentKind Kind, uint Offset, uint Address, uint FileByteLength, uint MemoryByteLength, uint Rights, uint Alignment)
{
    public const int ByteLength = 32;
    private const uint Executable = 1, Writable = 2, Readable = 4;

    public bool IsLoad => Kind == ElfSegmentKind.Load;
    public bool IsExecutable => (Rights & Executable) != 0;

    /// <summary>The rights of its pages. Linux: make_prot.</summary>
    public MemoryProtection Protection =>
        ((Rights & Readable) != 0 ? MemoryProtection.Read : MemoryProtection.None)
        | ((Rights & Writable) != 0 ? MemoryProtection.Write : MemoryProtection.None)
        | (IsExecutable ? MemoryProtection.Execute : MemoryProtection.None);

    /// <summary>The end of the segment in memory, exclusive.</summary>
    public ulong End => (ulong)Address + MemoryByteLength;

    /// <summary>The address of its first page. Linux: ELF_PAGESTART.</summary>
    public uint PageAddress => Address & ~VirtualAddress.OffsetMask;

    /// <summary>The offset of the segment in its first page. Linux: ELF_PAGEOFFSET.</summary>
    public uint OffsetInPage => Address & VirtualAddress.OffsetMask;

    public static ElfSegment Parse(ReadOnlySpan<byte> bytes) => new(
        (ElfSegmentKind)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]));

    /// <summary>
    /// Returns true if the segment, moved by a bias, lies in the user half, and is no longer in the file than in memory. Linux checks this
    /// after it has mapped the segment: load_elf_binary, "set_brk can never work"; load_elf_interp.
    /// </summary>
    public bool FitsAt(uint bias) =>
        FileByteLength <= MemoryByteLength && unchecked(Address + bias) < PageCount.UserHalf.Bytes
            && unchecked(Address + bias) + (ulong)MemoryByteLength <= PageCount.UserHalf.Bytes;

    /// <summary>Returns true if a library's segment can be mapped: in the user half, from a place in the file that exists.</summary>
    public bool IsSane(long fileByteLength)
    {
        if (!FitsAt(0)) return false;
        return FileByteLength == 0 || (IsCongruent && (ulong)Offset + FileByteLength <= (ulong)fileByteLength);
    }

    /// <summary>True if the segment begins at the same place in a page of the file as in a page of memory.</summary>
    public bool IsCongruent => (Offset & VirtualAddress.OffsetMask) == OffsetInPage;
}
