using Paging.Scripting.Calls;

namespace Paging.WindowsChecking.Dialect;

/// <summary>Arguments of Windows calls: the numbers and names that each allows, with the values of the Windows headers.</summary>
internal static class WindowsArguments
{
    /// <summary>PAGE_* in the order in which they print; protections of sections go with SEC_*.</summary>
    public static readonly ConstantTable Protections = new(areBits: true,
        ("PAGE_NOACCESS", 1), ("PAGE_READONLY", 2), ("PAGE_READWRITE", 4), ("PAGE_WRITECOPY", 8), ("PAGE_EXECUTE", 0x10),
        ("PAGE_EXECUTE_READ", 0x20), ("PAGE_EXECUTE_READWRITE", 0x40), ("PAGE_EXECUTE_WRITECOPY", 0x80), ("PAGE_GUARD", 0x100),
        ("PAGE_NOCACHE", 0x200), ("PAGE_WRITECOMBINE", 0x400), ("SEC_IMAGE_NO_EXECUTE", 0x1100_0000), ("SEC_BASED", 0x20_0000),
        ("SEC_NO_CHANGE", 0x40_0000), ("SEC_FILE", 0x80_0000), ("SEC_IMAGE", 0x100_0000), ("SEC_PROTECTED_IMAGE", 0x200_0000),
        ("SEC_RESERVE", 0x400_0000), ("SEC_COMMIT", 0x800_0000), ("SEC_NOCACHE", 0x1000_0000), ("SEC_WRITECOMBINE", 0x4000_0000),
        ("SEC_LARGE_PAGES", 0x8000_0000));

    /// <summary>The states of a run of pages, in the results of queries.</summary>
    public static readonly ConstantTable Regions = new(areBits: false,
        ("MEM_COMMIT", 0x1000), ("MEM_RESERVE", 0x2000), ("MEM_FREE", 0x1_0000), ("MEM_PRIVATE", 0x2_0000), ("MEM_MAPPED", 0x4_0000),
        ("MEM_IMAGE", 0x100_0000));

    // Every name that a type of allocation, freeing or mapping may be given: a call refuses those that it does not take.
    private static readonly (string Name, long Value)[] _memoryNames =
    [
        ("MEM_COMMIT", 0x1000), ("MEM_RESERVE", 0x2000), ("MEM_REPLACE_PLACEHOLDER", 0x4000), ("MEM_RESERVE_PLACEHOLDER", 0x4_0000),
        ("MEM_RESET", 0x8_0000), ("MEM_TOP_DOWN", 0x10_0000), ("MEM_WRITE_WATCH", 0x20_0000), ("MEM_PHYSICAL", 0x40_0000),
        ("MEM_ROTATE", 0x80_0000), ("MEM_RESET_UNDO", 0x100_0000), ("MEM_LARGE_PAGES", 0x2000_0000), ("AT_ROUND_TO_PAGE", 0x4000_0000),
        ("MEM_4MB_PAGES", 0x8000_0000), ("MEM_DECOMMIT", 0x4000), ("MEM_RELEASE", 0x8000), ("MEM_FREE", 0x1_0000),
        ("MEM_PRIVATE", 0x2_0000), ("MEM_MAPPED", 0x4_0000), ("MEM_IMAGE", 0x100_0000), ("MEM_COALESCE_PLACEHOLDERS", 1),
        ("MEM_PRESERVE_PLACEHOLDER", 2), ("MEM_DIFFERENT_IMAGE_BASE_OK", 0x80_0000),
    ];

    // The same for the accesses to a section, by Win32's names and by the kernel's.
    private static readonly (string Name, long Value)[] _sectionNames =
    [
        ("SECTION_ALL_ACCESS", 0xF_001F), ("SECTION_QUERY", 1), ("SECTION_MAP_WRITE", 2), ("SECTION_MAP_READ", 4),
        ("SECTION_MAP_EXECUTE", 8), ("SECTION_EXTEND_SIZE", 0x10), ("SECTION_MAP_EXECUTE_EXPLICIT", 0x20),
        ("STANDARD_RIGHTS_REQUIRED", 0xF_0000), ("FILE_MAP_ALL_ACCESS", 0xF_001F), ("FILE_MAP_COPY", 1), ("FILE_MAP_WRITE", 2),
        ("FILE_MAP_READ", 4), ("FILE_MAP_EXECUTE", 0x20),
    ];

    public static readonly ArgumentForm Address = Number("an address");
    public static readonly ArgumentForm Length = Number("a length");
    public static readonly ArgumentForm FileSize = new("a size or offset", NumberRange.Signed64, NumberStyle.Hexadecimal);
    public static readonly ArgumentForm Count = new("a number", NumberRange.Unsigned32, NumberStyle.Decimal);
    public static readonly ArgumentForm Word8 = new("a byte", NumberRange.Unsigned8, NumberStyle.HexadecimalByte);
    public static readonly ArgumentForm Word32 = new("a word", NumberRange.Unsigned32, NumberStyle.HexadecimalWord);
    public static readonly ArgumentForm Name = new("a name between quotation marks", NumberRange.None, NumberStyle.Decimal)
    {
        IsName = true,
    };

    public static readonly ArgumentForm Section = new("a section", NumberRange.Unsigned32, NumberStyle.Decimal)
    {
        Handles = [('s', 0)],
    };

    public static readonly ArgumentForm OpenFile = new("an open file, -1 or 0", NumberRange.Signed64, NumberStyle.Decimal)
    {
        Handles = [('f', WindowsCall.FileMark)],
    };

    public static readonly ArgumentForm AnyHandle = new("a section or an open file", NumberRange.Unsigned32, NumberStyle.Decimal)
    {
        Handles = [('f', WindowsCall.FileMark), ('s', 0)],
    };

    public static readonly ArgumentForm Protection = Number("a protection", Protections);

    public static readonly ArgumentForm AllocationTypes = Number("a type of allocation", TableOf(_memoryNames,
        ("MEM_COMMIT", 0x1000), ("MEM_RESERVE", 0x2000), ("MEM_REPLACE_PLACEHOLDER", 0x4000), ("MEM_RESERVE_PLACEHOLDER", 0x4_0000)));

    public static readonly ArgumentForm FreeTypes = Number("a type of freeing", TableOf(_memoryNames,
        ("MEM_DECOMMIT", 0x4000), ("MEM_RELEASE", 0x8000), ("MEM_COALESCE_PLACEHOLDERS", 1), ("MEM_PRESERVE_PLACEHOLDER", 2)));

    public static readonly ArgumentForm MapTypes = Number("a type of mapping", TableOf(_memoryNames,
        ("AT_ROUND_TO_PAGE", 0x4000_0000), ("MEM_TOP_DOWN", 0x10_0000), ("MEM_COMMIT", 0x1000), ("MEM_RESERVE", 0x2000),
        ("MEM_REPLACE_PLACEHOLDER", 0x4000), ("MEM_DIFFERENT_IMAGE_BASE_OK", 0x80_0000)));

    public static readonly ArgumentForm ViewAccess = Number("an access to a section", TableOf(_sectionNames,
        ("FILE_MAP_ALL_ACCESS", 0xF_001F), ("FILE_MAP_COPY", 1), ("FILE_MAP_WRITE", 2), ("FILE_MAP_READ", 4),
        ("FILE_MAP_EXECUTE", 0x20)));

    public static readonly ArgumentForm SectionAccess = Number("an access to a section", TableOf(_sectionNames));

    public static readonly ArgumentForm FileRights = Number("an access to a file", new(areBits: true,
        ("GENERIC_READ", 0x8000_0000), ("GENERIC_WRITE", 0x4000_0000), ("GENERIC_EXECUTE", 0x2000_0000), ("GENERIC_ALL", 0x1000_0000)));

    public static readonly ArgumentForm WatchFlags = Number("a flag of GetWriteWatch", new(areBits: true, ("WRITE_WATCH_FLAG_RESET", 1)));

    /// <summary>All names of a kind, of which the first ones print.</summary>
    private static ConstantTable TableOf((string Name, long Value)[] kind, params (string Name, long Value)[] first) =>
        new(areBits: true, [.. first, .. kind.Where(name => !first.Contains(name))]);

    private static ArgumentForm Number(string noun, ConstantTable? constants = null) =>
        new(noun, NumberRange.Unsigned32, NumberStyle.Hexadecimal, constants);
}
