namespace Paging.Windows;

/// <summary>The rights of an open file: GENERIC_* of winnt.h.</summary>
[Flags]
public enum FileAccessRights : uint
{
    /// <summary>None: the file exists, and that is all.</summary>
    None = 0,
    /// <summary>GENERIC_EXECUTE.</summary>
    Execute = 0x20000000,
    /// <summary>GENERIC_WRITE.</summary>
    Write = 0x40000000,
    /// <summary>GENERIC_READ.</summary>
    Read = 0x80000000,
}
