using System.Runtime.CompilerServices;

namespace Paging.Native;

/// <summary>The kinds of access to an address.</summary>
public enum AccessKind
{
    /// <summary>A load.</summary>
    Read,

    /// <summary>A store; a read-modify-write counts as one.</summary>
    Write,

    /// <summary>The next instruction. Where there is no NX it needs no more than a load does.</summary>
    Fetch,
}

/// <summary>Refuses numbers that are no <see cref="AccessKind"/>.</summary>
internal static class AccessKinds
{
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind of access.</exception>
    public static void Check(AccessKind kind, [CallerArgumentExpression(nameof(kind))] string? name = null)
    {
        if ((uint)kind > (uint)AccessKind.Fetch) throw new ArgumentOutOfRangeException(name, $"There is no kind of access {(int)kind}.");
    }
}

/// <summary>The privilege of an access: the current privilege level, 3 or less.</summary>
public enum ProcessorMode
{
    /// <summary>Ring 3.</summary>
    User,

    /// <summary>Rings 0 to 2.</summary>
    Supervisor,
}

//  31                                    5   4   3   2   1   0
// ┌───────────────────────────────────────┬───┬───┬───┬───┬───┐
// │                   0                   │ I │ R │ U │ W │ P │   I stays 0 where there is no NX: there is no SMEP
// └───────────────────────────────────────┴───┴───┴───┴───┴───┘
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

    /// <summary>I: it was a fetch of an instruction, on a processor with NX enabled (CR4.PAE and EFER.NXE).</summary>
    InstructionFetch = 1 << 4,
}
