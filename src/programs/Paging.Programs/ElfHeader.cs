using System.Buffers.Binary;

namespace Paging.Programs;

/// <summary>The kinds of ELF images.</summary>
public enum ElfKind : ushort
{
    /// <summary>ET_EXEC: must lie at its own addresses.</summary>
    Executable = 2,
    /// <summary>ET_DYN: can lie anywhere. A library or a position-independent program.</summary>
    PositionIndependent = 3,
}

//  0        4     5     6 … 16      18       20        24      28      32       …  42          44      …  52
// ┌────────┬─────┬─────┬──┬───────┬────────┬─────────┬───────┬───────┬───────┬───┬───────────┬───────┬───┐
// │ 7f ELF │class│data │  │ type  │machine │ version │ entry │ phoff │ shoff │ … │ phentsize │ phnum │ … │
// └────────┴─────┴─────┴──┴───────┴────────┴─────────┴───────┴───────┴───────┴───┴───────────┴───────┴───┘
/// <summary>The first 52 bytes of an ELF32 image. System V ABI, Intel386 supplement.</summary>
internal readonly record struct ElfHeader
{
    public const int ByteLength = 52;

    public const uint Magic = 0x464C_457F;
    private const ushort Machine386 = 3, Machine486 = 6;

    public ElfKind Kind { get; private init; }
    public uint Entry { get; private init; }
    public uint SegmentsOffset { get; private init; }
    public ushort SegmentByteLength { get; private init; }
    public ushort SegmentCount { get; private init; }
    public uint SectionsOffset { get; private init; }
    public ushort SectionByteLength { get; private init; }
    public ushort SectionCount { get; private init; }

    /// <summary>True for a program or library, which can be mapped.</summary>
    public bool IsProgram => Kind is ElfKind.Executable or ElfKind.PositionIndependent;

    /// <summary>Reads a header. Returns false if it is not that of an image for this machine.</summary>
    /// <remarks>Linux: elf_check_arch; the first lines of load_elf_binary, which ignore the class, byte order and versions.</remarks>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ElfHeader header)
    {
        header = default;
        if (bytes.Length < ByteLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic) return false;
        ushort kind = BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
        if (machine is not (Machine386 or Machine486)) return false;
        header = new()
        {
            Kind = (ElfKind)kind,
            Entry = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]),
            SegmentsOffset = BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]),
            SectionsOffset = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
            SegmentByteLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[42..]),
            SegmentCount = BinaryPrimitives.ReadUInt16LittleEndian(bytes[44..]),
            SectionByteLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[46..]),
            SectionCount = BinaryPrimitives.ReadUInt16LittleEndian(bytes[48..]),
        };
        return true;
    }
}
