using Paging.Native.Tables;

namespace Paging.Native;

/// <summary>The result of a walk for one access: a physical address, or the error code of a page fault.</summary>
public readonly record struct WalkResult
{
    /// <summary>True when the access may go ahead.</summary>
    public bool Succeeded { get; init; }

    /// <summary>The physical address of the byte, if the walk succeeded. May lie beyond the fitted RAM, where the bus decides.</summary>
    public PhysicalAddress Physical { get; init; }

    /// <summary>The error code, if the walk failed. A supervisor's read of nothing has the code 0.</summary>
    public PageFaultErrorCode ErrorCode { get; init; }

    /// <summary>
    /// The last entry as it is after the walk, A and D included; of a 4 MB entry the piece for this page. Zero if the walk failed.
    /// </summary>
    public PageTableEntry Leaf { get; init; }

    /// <summary>True when the last entry was one of the directory.</summary>
    public bool IsLargePage { get; init; }

    /// <summary>RW of all levels together.</summary>
    public bool EffectiveWritable { get; init; }

    /// <summary>US of all levels together.</summary>
    public bool EffectiveUser { get; init; }

    /// <summary>NX of any level: no instruction may be fetched. Never set in the classic format.</summary>
    public bool EffectiveNoExecute { get; init; }

    /// <summary>The last entry with no right that a higher level withholds; all zero if the walk failed.</summary>
    public PageTableEntry Effective =>
        new((Leaf.Word & ~((EffectiveWritable ? 0 : EntryBits.Writable) | (EffectiveUser ? 0 : EntryBits.User)))
            | (EffectiveNoExecute ? EntryBits.NoExecute : 0));
}
