namespace Paging.Scripting.Calls;

/// <summary>The kind of an argument; <see cref="ArgumentForm"/> has its allowed numbers and names and its printed form.</summary>
public enum ArgumentKind : byte
{
    /// <summary>A place in the address space.</summary>
    Address,
    /// <summary>Bytes of address space, printed in hexadecimal.</summary>
    Length,
    /// <summary>A plain number: bytes of a copy, a seed, an exit status.</summary>
    Count,
    /// <summary>One byte to store.</summary>
    Byte,
    /// <summary>Four bytes to store.</summary>
    Word,
    /// <summary>The offset in its file at which a mapping begins; up to 64 bits, may be negative.</summary>
    FileOffset,
    /// <summary>The offset in a file at which a transfer begins, or the file's new size; up to 64 bits, may be negative.</summary>
    FilePosition,
    /// <summary>The size of a new file.</summary>
    FileSize,
    /// <summary>A descriptor; may be negative.</summary>
    Descriptor,
    /// <summary>PROT_*.</summary>
    Protection,
    /// <summary>MAP_*.</summary>
    MapFlags,
    /// <summary>MREMAP_*.</summary>
    RemapFlags,
    /// <summary>MADV_*, one of them.</summary>
    Advice,
    /// <summary>MS_*.</summary>
    SyncFlags,
    /// <summary>MLOCK_*.</summary>
    LockFlags,
    /// <summary>MCL_*.</summary>
    LockAllFlags,
    /// <summary>RLIMIT_*, by name only.</summary>
    Limit,
    /// <summary>A limit in bytes, or RLIM_INFINITY (-1).</summary>
    LimitValue,
    /// <summary>MFD_*.</summary>
    MemoryFileFlags,
    /// <summary>FALLOC_FL_*.</summary>
    AllocateMode,
    /// <summary>PR_*, one operation.</summary>
    ProcessControl,
    /// <summary>PR_THP_*, the third argument of prctl.</summary>
    ControlFlags,
    /// <summary>A file's name between quotation marks.</summary>
    FileName,
    /// <summary>An argument that only another dialect has.</summary>
    Other,
}
