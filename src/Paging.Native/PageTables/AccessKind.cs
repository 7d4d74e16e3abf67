namespace Paging.Native;

/// <summary>What the processor wants with an address.</summary>
public enum AccessKind
{
    /// <summary>A load.</summary>
    Read,

    /// <summary>A store; a read-modify-write counts as one.</summary>
    Write,

    /// <summary>The next instruction. Without NX it needs no more than a load does.</summary>
    Fetch,
}

/// <summary>Who wants it: the current privilege level, 3 or less.</summary>
public enum ProcessorMode
{
    /// <summary>Ring 3.</summary>
    User,

    /// <summary>Rings 0 to 2.</summary>
    Supervisor,
}

//  31                                        4   3   2   1   0
// ┌───────────────────────────────────────────┬───┬───┬───┬───┐
// │                     0                     │ R │ U │ W │ P │   bit 4 (I/D) stays 0: there is neither NX nor SMEP
// └───────────────────────────────────────────┴───┴───┴───┴───┘
/// <summary>The error code that a page fault pushes.</summary>
[Flags]
public enum PageFaultErrorCode : uint
{
    /// <summary>The supervisor read something that is not there.</summary>
    None = 0,

    /// <summary>P: the entries are there but forbid it. Clear: an entry is not present.</summary>
    Protection = 1 << 0,

    /// <summary>W: it was a write.</summary>
    Write = 1 << 1,

    /// <summary>U: it came from user mode.</summary>
    User = 1 << 2,

    /// <summary>R: a reserved bit was set in a present entry.</summary>
    ReservedBit = 1 << 3,
}
