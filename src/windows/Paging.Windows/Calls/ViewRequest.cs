using Paging.Native;
using Paging.Windows.Entries;

namespace Paging.Windows.Calls;

/// <summary>The arguments of NtMapViewOfSection.</summary>
internal readonly record struct ViewRequest
{
    /// <summary>The address; 0 for the system's choice.</summary>
    public VirtualAddress Address { get; init; }

    /// <summary>The number of high bits of the address that must be zero.</summary>
    public uint ZeroBits { get; init; }

    /// <summary>The number of bytes to commit at the start of a SEC_RESERVE section.</summary>
    public uint CommitByteLength { get; init; }

    /// <summary>The offset of the view in the section.</summary>
    public long Offset { get; init; }

    /// <summary>The length in bytes; 0 for all of the section from the offset on.</summary>
    public uint ByteLength { get; init; }

    /// <summary>MEM_TOP_DOWN and AT_ROUND_TO_PAGE.</summary>
    public AllocationTypes Types { get; init; }

    /// <summary>The protection of its pages.</summary>
    public PageProtection Protection { get; init; }

    /// <summary>True for a Win32 call, which refuses an access that the section does not grant as a missing right.</summary>
    public bool IsWin32 { get; init; }

    /// <summary>The protection that a FILE_MAP_* access requests. Rule 16.</summary>
    public static PageProtection ProtectionOf(SectionAccess access)
    {
        const SectionAccess map = SectionAccess.Query | SectionAccess.MapWrite | SectionAccess.MapRead | SectionAccess.MapExecute;
        bool executes = (access & SectionAccess.MapExecuteExplicit) != 0;
        if ((access & map) == SectionAccess.Query) return executes ? PageProtection.ExecuteWriteCopy : PageProtection.WriteCopy;
        if ((access & SectionAccess.MapWrite) != 0) return executes ? PageProtection.ExecuteReadWrite : PageProtection.ReadWrite;
        if ((access & SectionAccess.MapRead) != 0) return executes ? PageProtection.ExecuteRead : PageProtection.ReadOnly;
        return PageProtection.NoAccess;
    }

    /// <summary>Returns true if a handle with some rights may map a view with a protection.</summary>
    public static bool IsAllowed(ProtectionCode protection, SectionAccess rights)
    {
        bool writes = protection.AllowsWrite && !protection.IsWriteCopy;
        const SectionAccess execute = SectionAccess.MapExecute | SectionAccess.MapExecuteExplicit;
        if (protection.AllowsExecute && (rights & execute) == 0) return false;
        return (rights & (writes ? SectionAccess.MapWrite : SectionAccess.MapRead)) != 0;    // no access needs the right to read, too
    }
}
