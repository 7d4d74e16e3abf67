namespace Paging.Native.Tables;

/// <summary>Counts the page tables and directories of a set of address spaces, and decides whether the set may have another one.</summary>
/// <remarks>This one sets no limit. A class derived from it that does is asked once for each table, which covers 4 MiB.</remarks>
internal class TableAccount
{
    /// <summary>Page tables and directories. Written by <see cref="PageTables"/> only.</summary>
    public uint TableCount { get; set; }

    /// <summary>The set may have another table.</summary>
    public bool MayHaveTable => !IsLimited || HasRoom;

    /// <summary>There is a limit: <see cref="HasRoom"/> must be asked.</summary>
    protected bool IsLimited { get; set; }

    /// <summary>Another table stays within the limit.</summary>
    protected virtual bool HasRoom => true;

    /// <summary>A table was made.</summary>
    public void NoteMade() => TableCount++;

    /// <summary>A table was given back.</summary>
    public void NoteFreed() => TableCount--;
}
