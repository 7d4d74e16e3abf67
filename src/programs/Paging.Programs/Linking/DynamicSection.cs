namespace Paging.Programs.Linking;

/// <summary>The PT_DYNAMIC section of a mapped object, read from guest memory as the program reads it.</summary>
/// <remarks>
/// Malformed values lead to reads that fault, and those set <see cref="GuestWords.IsBroken"/>. They never throw.
/// System V ABI, chapter 5, "Dynamic Section".
/// </remarks>
internal sealed class DynamicSection
{
    private const int EntryCountMax = 1024;
    private const uint FlagSymbolic = 2, FlagTextRelocations = 4;

    private enum Tag : uint
    {
        End = 0,
        Needed = 1,
        PltByteLength = 2,
        Hash = 4,
        Strings = 5,
        Symbols = 6,
        Name = 14,
        Symbolic = 16,
        Relocations = 17,
        RelocationsByteLength = 18,
        TextRelocations = 22,
        PltRelocations = 23,
        Flags = 30,
        RelativeByteLength = 35,
        Relative = 36,
        GnuHash = 0x6FFF_FEF5,
        Versions = 0x6FFF_FFF0,
    }

    /// <summary>The names of the objects it needs, as offsets into the strings.</summary>
    public List<uint> Needed { get; } = [];

    /// <summary>DT_STRTAB, DT_SYMTAB.</summary>
    public uint Strings { get; private set; }
    public uint Symbols { get; private set; }

    /// <summary>DT_HASH, DT_GNU_HASH, DT_VERSYM; 0 if missing.</summary>
    public uint Hash { get; private set; }
    public uint GnuHash { get; private set; }
    public uint Versions { get; private set; }

    /// <summary>DT_REL, DT_JMPREL, DT_RELR: start and size in bytes.</summary>
    public (uint Start, uint ByteLength) Relocations { get; private set; }
    public (uint Start, uint ByteLength) PltRelocations { get; private set; }
    public (uint Start, uint ByteLength) Relative { get; private set; }

    /// <summary>DT_SONAME as an offset into the strings; 0 if missing.</summary>
    public uint Name { get; private set; }

    /// <summary>True if its own definitions come first (DT_SYMBOLIC).</summary>
    public bool IsSymbolic { get; private set; }

    /// <summary>True if read-only segments are to be relocated as well (DT_TEXTREL).</summary>
    public bool HasTextRelocations { get; private set; }

    /// <summary>Reads the section of an object that lies at a bias.</summary>
    public static DynamicSection Read(ref GuestWords memory, uint start, uint bias)
    {
        DynamicSection section = new();
        for (uint i = 0; i < EntryCountMax && !memory.IsBroken; i++)
        {
            Tag tag = (Tag)memory.Word(start + (8 * i));
            if (tag == Tag.End) break;
            section.Take(tag, memory.Word(start + (8 * i) + 4), bias);
        }

        return section;
    }

    private void Take(Tag tag, uint value, uint bias)
    {
        switch (tag)
        {
            case Tag.Needed: Needed.Add(value); break;
            case Tag.Name: Name = value; break;
            case Tag.Strings: Strings = value + bias; break;
            case Tag.Symbols: Symbols = value + bias; break;
            case Tag.Hash: Hash = value + bias; break;
            case Tag.GnuHash: GnuHash = value + bias; break;
            case Tag.Versions: Versions = value + bias; break;
            case Tag.Relocations: Relocations = (value + bias, Relocations.ByteLength); break;
            case Tag.RelocationsByteLength: Relocations = (Relocations.Start, value); break;
            case Tag.PltRelocations: PltRelocations = (value + bias, PltRelocations.ByteLength); break;
            case Tag.PltByteLength: PltRelocations = (PltRelocations.Start, value); break;
            case Tag.Relative: Relative = (value + bias, Relative.ByteLength); break;
            case Tag.RelativeByteLength: Relative = (Relative.Start, value); break;
            case Tag.Symbolic: IsSymbolic = true; break;
            case Tag.TextRelocations: HasTextRelocations = true; break;
            case Tag.Flags:
                IsSymbolic |= (value & FlagSymbolic) != 0;
                HasTextRelocations |= (value & FlagTextRelocations) != 0;
                break;
            default: break;    // initializers, sizes that never vary, and entries for debuggers
        }
    }
}
