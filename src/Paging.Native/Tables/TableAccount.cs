namespace Paging.Native.Tables;

/// <summary>Counts the page tables and directories of a set of address spaces, and decides whether the set may have another one.</summary>
/// <remarks>This class sets no limit. A derived class with a limit is called once for each table of 4 MiB (2 MiB under PAE).</remarks>
internal class TableAccount
{
    /// <summary>Page tables and directories. Written by <see cref="PageTables"/> only.</summary>
    public uint TableCount { get; set; }

    /// <summary>The set may have another table.</summary>
    public bool MayHaveTable => !IsLimited || HasRoom;

    /// <summary>True if there is a limit, so that <see cref="HasRoom"/> must be checked.</summary>
    protected bool IsLimited { get; set; }

    /// <summary>Another table stays within the limit.</summary>
    protected virtual bool HasRoom => true;

    /// <summary>A table was made.</summary>
    public void NoteMade() => TableCount++;

    /// <summary>A table was given back.</summary>
    public void NoteFreed() => TableCount--;
}
