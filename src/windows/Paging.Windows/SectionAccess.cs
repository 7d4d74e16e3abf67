namespace Paging.Windows;

/// <summary>
/// The rights of a handle to a section, and the accesses that a view is to allow: SECTION_* and FILE_MAP_* of winnt.h and memoryapi.h.
/// </summary>
[Flags]
public enum SectionAccess : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>SECTION_QUERY; as an access of a view, FILE_MAP_COPY.</summary>
    Query = 1,
    /// <summary>SECTION_MAP_WRITE, FILE_MAP_WRITE.</summary>
    MapWrite = 2,
    /// <summary>SECTION_MAP_READ, FILE_MAP_READ.</summary>
    MapRead = 4,
    /// <summary>SECTION_MAP_EXECUTE.</summary>
    MapExecute = 8,
    /// <summary>SECTION_EXTEND_SIZE.</summary>
    ExtendSize = 0x10,
    /// <summary>SECTION_MAP_EXECUTE_EXPLICIT, FILE_MAP_EXECUTE.</summary>
    MapExecuteExplicit = 0x20,
    /// <summary>SECTION_ALL_ACCESS, FILE_MAP_ALL_ACCESS.</summary>
    All = 0xF001F,    // STANDARD_RIGHTS_REQUIRED, without SECTION_MAP_EXECUTE_EXPLICIT
}
