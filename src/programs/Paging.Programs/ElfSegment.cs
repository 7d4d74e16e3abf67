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

    /// <summary>Returns true if the segment can be mapped. Linux returns EINVAL later; here nothing has changed yet.</summary>
    /// <remarks>
    /// Linux: load_elf_binary ("set_brk can never work"), elf_map, do_mmap. Two rules are stricter than the kernel's. The kernel maps
    /// bytes beyond the end of the file, and the program dies of SIGBUS there. It also maps segments that overlap (<see cref="ElfImage"/>).
    /// </remarks>
    public bool IsSane(long fileByteLength)
    {
        if (FileByteLength > MemoryByteLength || End > PageCount.UserHalf.Bytes) return false;
        if (FileByteLength == 0) return true;
        return (Offset & VirtualAddress.OffsetMask) == OffsetInPage && (ulong)Offset + FileByteLength <= (ulong)fileByteLength;
    }
}
