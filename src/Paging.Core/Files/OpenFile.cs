using System.Runtime.InteropServices;
using Paging.Native.Collections;

namespace Paging.Core.Files;

/// <summary>The index of an open file in the engine's slab; 0 means none.</summary>
internal readonly record struct OpenFileIndex(uint Value)
{
    public static OpenFileIndex None => default;
    public bool IsNone => Value == 0;
    public bool IsSome => Value != 0;
}

/// <summary>An open file description, the result of one open(2). Descriptors and areas hold it. Linux: struct file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenFile
{
    public uint Object;                     // in the file table
    public uint HolderCount;                // O1  the descriptors, areas and objects of the host that hold it
    public uint KeptCount;                  // V1  those of them that are areas which only a snapshot of a process keeps
    public FileRights Rights;
    public OpenFlags Flags;
    public ErrorSequence ReportedErrors;    //     the object's errors as last reported to this open file
    public long Position;                   //     the offset at which read and write continue, in bytes
    public ReadAheadState ReadAhead;
    public bool IsHeldByHost;               //     an OpenFileDescription holds it as well
    public RadixTree UsedReservations;      // K4  of a private mapping of the pool: huge pages whose reservation is used up

    /// <summary>True if nothing but snapshots leads to it.</summary>
    public readonly bool IsOnlyKept => KeptCount == HolderCount;

    public readonly bool Has(OpenFlags flag) => (Flags & flag) != 0;
}
