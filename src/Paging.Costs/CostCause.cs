using System.Collections.Immutable;

namespace Paging.Costs;

/// <summary>The causes that time is charged to. Waits come last: during them the processor is free for others.</summary>
public enum CostCause
{
    /// <summary>The program's own accesses.</summary>
    User,

    /// <summary>TLB misses: second-level hits and walks.</summary>
    Translation,

    /// <summary>Page faults without I/O, and refused ones.</summary>
    MinorFaults,

    /// <summary>The processor's part of page faults that read.</summary>
    MajorFaults,

    /// <summary>System calls: entry, exit and their requests to devices.</summary>
    SystemCalls,

    /// <summary>Clearing and copying pages, and the bytes of read(2) and write(2).</summary>
    Copies,

    /// <summary>Switches to this process.</summary>
    Switches,

    /// <summary>INVLPG, and the wait for other processors to invalidate.</summary>
    Invalidations,

    /// <summary>Frames that reclaim looked at and freed.</summary>
    Reclaim,

    /// <summary>Waiting for pages of files.</summary>
    WaitForFile,

    /// <summary>Waiting for pages from swap.</summary>
    WaitForSwap,

    /// <summary>Waiting for a write to be acknowledged.</summary>
    WaitForWrite,

    /// <summary>Waiting for a flush: fsync(2), msync(2).</summary>
    WaitForFlush,
}

/// <summary>The names of causes in tables and charts.</summary>
public static class CostCauses
{
    private static readonly ImmutableArray<string> Names =
    [
        "user", "translation", "minor faults", "major faults", "system calls", "clear and copy", "switches", "invalidations", "reclaim",
        "wait: file", "wait: swap", "wait: write", "wait: flush",
    ];

    /// <summary>The name of a cause, in lower case.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such cause.</exception>
    public static string NameOf(CostCause cause) => Names[Checked(cause)];

    /// <summary>The number of a cause. Throws if there is no such cause.</summary>
    internal static int Checked(CostCause cause) => (uint)cause < CostAccount.CauseCount ? (int)cause
        : throw new ArgumentOutOfRangeException(nameof(cause), cause, "There is no such cause.");
}
