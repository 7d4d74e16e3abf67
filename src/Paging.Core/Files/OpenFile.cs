using System.Runtime.InteropServices;
using Paging.Core.Io;

namespace Paging.Core.Files;

/// <summary>The place of an open file in the engine's slab; 0 is none.</summary>
internal readonly record struct OpenFileIndex(uint Value)
{
    public static OpenFileIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>One result of open(2): descriptors and areas hold it; areas of the same one can be joined. Linux: struct file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenFile
{
    public uint Object;                     // in the file table
    public uint HolderCount;                // O1  descriptors and areas that hold it
    public FileRights Rights;
    public OpenFlags Flags;
    public ErrorSequence ReportedErrors;    //     the object's errors as this open file last saw them
    public long Position;                   //     where read and write continue, in bytes
    public ReadAheadState ReadAhead;

    public readonly bool Has(OpenFlags flag) => (Flags & flag) != 0;
}
