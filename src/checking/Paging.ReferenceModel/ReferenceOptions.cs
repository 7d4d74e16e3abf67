using Paging.Core;

namespace Paging.ReferenceModel;

/// <summary>Settings of a kernel's administrator or configuration.</summary>
public sealed record ReferenceOptions
{
    /// <summary>So many areas may a process have before nothing is cut any more. Linux: vm.max_map_count.</summary>
    public int AreaCountMax { get; init; } = 65_530;    // DEFAULT_MAX_MAP_COUNT, include/linux/mm.h

    /// <summary>The most pages that a read fault of a file maps, a power of two. Linux: fault_around_bytes.</summary>
    public int FaultAroundPages { get; init; } = 16;

    /// <summary>The limit of committed memory. The recording host's heuristic never refused anything, as it had far more RAM.</summary>
    public OvercommitMode Overcommit { get; init; } = OvercommitMode.Always;

    /// <summary>The logarithm of a huge page's bytes: 21 with PAE and in the recordings, 22 with classic tables.</summary>
    public int HugePageShift { get; init; } = 21;

    /// <summary>RAM, by which the heuristic decides. There is no swap.</summary>
    public long RamPages { get; init; }

    /// <summary>The commit limit of mode 2, in pages. Linux: vm_commit_limit.</summary>
    public long CommitLimitPages { get; init; }
}
