using System.Collections.Frozen;

namespace Paging.Scripting;

/// <summary>The named constants of the Windows dialect, with the values of the Windows headers.</summary>
internal static class WindowsConstants
{
    private static readonly FrozenDictionary<string, long> Values = new Dictionary<string, long>(StringComparer.Ordinal)
    {
        ["PAGE_NOACCESS"] = 1, ["PAGE_READONLY"] = 2, ["PAGE_READWRITE"] = 4, ["PAGE_WRITECOPY"] = 8, ["PAGE_EXECUTE"] = 0x10,
        ["PAGE_EXECUTE_READ"] = 0x20, ["PAGE_EXECUTE_READWRITE"] = 0x40, ["PAGE_EXECUTE_WRITECOPY"] = 0x80, ["PAGE_GUARD"] = 0x100,
        ["PAGE_NOCACHE"] = 0x200, ["PAGE_WRITECOMBINE"] = 0x400,
        ["MEM_COALESCE_PLACEHOLDERS"] = 1, ["MEM_PRESERVE_PLACEHOLDER"] = 2, ["MEM_COMMIT"] = 0x1000, ["MEM_RESERVE"] = 0x2000,
        ["MEM_DECOMMIT"] = 0x4000, ["MEM_REPLACE_PLACEHOLDER"] = 0x4000, ["MEM_RELEASE"] = 0x8000, ["MEM_FREE"] = 0x10000,
        ["MEM_PRIVATE"] = 0x20000, ["MEM_MAPPED"] = 0x40000, ["MEM_RESERVE_PLACEHOLDER"] = 0x40000, ["MEM_RESET"] = 0x80000,
        ["MEM_TOP_DOWN"] = 0x100000, ["MEM_WRITE_WATCH"] = 0x200000, ["MEM_PHYSICAL"] = 0x400000, ["MEM_ROTATE"] = 0x800000,
        ["MEM_DIFFERENT_IMAGE_BASE_OK"] = 0x800000, ["MEM_RESET_UNDO"] = 0x1000000, ["MEM_IMAGE"] = 0x1000000,
        ["MEM_LARGE_PAGES"] = 0x20000000, ["MEM_4MB_PAGES"] = 0x80000000, ["AT_ROUND_TO_PAGE"] = 0x40000000,
        ["SEC_BASED"] = 0x200000, ["SEC_NO_CHANGE"] = 0x400000, ["SEC_FILE"] = 0x800000, ["SEC_IMAGE"] = 0x1000000,
        ["SEC_PROTECTED_IMAGE"] = 0x2000000, ["SEC_RESERVE"] = 0x4000000, ["SEC_COMMIT"] = 0x8000000, ["SEC_NOCACHE"] = 0x10000000,
        ["SEC_IMAGE_NO_EXECUTE"] = 0x11000000, ["SEC_WRITECOMBINE"] = 0x40000000, ["SEC_LARGE_PAGES"] = 0x80000000,
        ["FILE_MAP_COPY"] = 1, ["FILE_MAP_WRITE"] = 2, ["FILE_MAP_READ"] = 4, ["FILE_MAP_EXECUTE"] = 0x20,
        ["FILE_MAP_ALL_ACCESS"] = 0xF001F,
        ["SECTION_QUERY"] = 1, ["SECTION_MAP_WRITE"] = 2, ["SECTION_MAP_READ"] = 4, ["SECTION_MAP_EXECUTE"] = 8,
        ["SECTION_EXTEND_SIZE"] = 0x10, ["SECTION_MAP_EXECUTE_EXPLICIT"] = 0x20, ["SECTION_ALL_ACCESS"] = 0xF001F,
        ["STANDARD_RIGHTS_REQUIRED"] = 0xF0000,
        ["GENERIC_ALL"] = 0x10000000, ["GENERIC_EXECUTE"] = 0x20000000, ["GENERIC_WRITE"] = 0x40000000, ["GENERIC_READ"] = 0x80000000,
        ["WRITE_WATCH_FLAG_RESET"] = 1,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Finds the value of a name.</summary>
    public static bool TryFind(string name, out long value) => Values.TryGetValue(name, out value);
}
