using System.Runtime.InteropServices;

namespace Paging.Core;

/// <summary>The place of an open file in the engine's slab; 0 is none.</summary>
internal readonly record struct OpenFileIndex(uint Value)
{
    public static OpenFileIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>What an open file may be used for: O_RDONLY, O_WRONLY, O_RDWR.</summary>
[Flags]
public enum FileRights
{
    /// <summary>Nothing; a directory, for instance.</summary>
    None = 0,
    /// <summary>Reading, and mapping at all.</summary>
    Read = 1,
    /// <summary>Writing, and shared writable mappings.</summary>
    Write = 2,
    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}

/// <summary>One result of open(2): descriptors and areas hold it; areas of the same one can be joined. Linux: struct file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenFile
{
    public uint Object;             // in the file table
    public uint HolderCount;        // O1  descriptors and areas that hold it
    public FileRights Rights;
    public uint ReportedError;      //     the object's error sequence as this open file last saw it (errseq)
    public long Position;           //     where read and write continue, in bytes
    public long ReadAheadState;
}
