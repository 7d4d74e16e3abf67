using System.Buffers.Binary;
using System.Text;
using Paging.Native;

namespace Paging.Programs;

/// <summary>A symbol of an image, as nm(1) prints it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Address">Its address, before any bias.</param>
/// <param name="ByteLength">Its size in bytes; 0 if the image does not record one.</param>
/// <param name="IsFunction">True for code, false for a variable.</param>
public readonly record struct ProgramSymbol(string Name, VirtualAddress Address, uint ByteLength, bool IsFunction)
{
    /// <summary>True for code that returns the function's address when the loader calls it (STT_GNU_IFUNC).</summary>
    public bool IsResolver { get; init; }
}

/// <summary>Reads the symbol table of an image: the full table, or the dynamic symbols of a stripped image.</summary>
/// <remarks>A malformed table gives fewer symbols, never an exception. System V ABI, chapter 4, "Symbol Table".</remarks>
public static class ProgramSymbols
{
    private const int SectionByteLength = 40, SymbolByteLength = 16;
    private const uint FullTable = 2, DynamicTable = 11;
    private const int TypeVariable = 1, TypeFunction = 2, TypeResolver = 10;
    private const uint TableByteLengthMax = 16 << 20;

    /// <summary>Returns the variables and functions that have an address, in the order of the table.</summary>
    /// <exception cref="ObjectDisposedException">The image's file was released, or its engine is gone.</exception>
    public static IReadOnlyList<ProgramSymbol> Read(ProgramImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        _ = image.ByteLength;    // throws if the file was released
        Span<byte> start = stackalloc byte[ElfHeader.ByteLength];
        if (!image.TryRead(0, start) || !ElfHeader.TryParse(start, out ElfHeader header)) return [];
        if (header.SectionByteLength != SectionByteLength) return [];
        byte[] sections = new byte[header.SectionCount * SectionByteLength];
        if (!image.TryRead(header.SectionsOffset, sections)) return [];
        return ReadTable(image, sections, FullTable) ?? ReadTable(image, sections, DynamicTable) ?? [];
    }

    private static List<ProgramSymbol>? ReadTable(ProgramImage image, byte[] sections, uint kind)
    {
        for (int at = 0; at < sections.Length; at += SectionByteLength)
        {
            ReadOnlySpan<byte> section = sections.AsSpan(at, SectionByteLength);
            uint link = Word(section, 24);
            if (Word(section, 4) != kind || link >= sections.Length / SectionByteLength) continue;
            byte[]? symbols = Content(image, section);
            byte[]? names = Content(image, sections.AsSpan((int)link * SectionByteLength, SectionByteLength));
            if (symbols is not null && names is not null) return Parse(symbols, names);
        }

        return null;
    }

    private static List<ProgramSymbol> Parse(byte[] symbols, byte[] names)
    {
        List<ProgramSymbol> found = [];
        for (int at = 0; at + SymbolByteLength <= symbols.Length; at += SymbolByteLength)
        {
            ReadOnlySpan<byte> symbol = symbols.AsSpan(at, SymbolByteLength);
            int type = symbol[12] & 0xF;
            uint name = Word(symbol, 0);
            bool hasPlace = BinaryPrimitives.ReadUInt16LittleEndian(symbol[14..]) != 0;
            if (type is not (TypeVariable or TypeFunction or TypeResolver) || !hasPlace || name >= names.Length) continue;
            int end = Array.IndexOf(names, (byte)0, (int)name);
            if (end < 0) continue;
            string text = Encoding.UTF8.GetString(names, (int)name, end - (int)name);
            found.Add(new(text, new(Word(symbol, 4)), Word(symbol, 8), type != TypeVariable) { IsResolver = type == TypeResolver });
        }

        return found;
    }

    private static byte[]? Content(ProgramImage image, ReadOnlySpan<byte> section)
    {
        uint byteLength = Word(section, 20);
        if (byteLength > Math.Min(TableByteLengthMax, image.ByteLength)) return null;
        byte[] content = new byte[byteLength];
        return image.TryRead(Word(section, 16), content) ? content : null;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
