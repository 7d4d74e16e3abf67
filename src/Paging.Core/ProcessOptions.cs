using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core;

/// <summary>How the address space of a new process is laid out, and what it may.</summary>
public sealed record ProcessOptions
{
    /// <summary>The flexible layout of an 8 MiB stack.</summary>
    public static ProcessOptions Default { get; } = new();

    /// <summary>Places are chosen from <see cref="MmapBase"/> downwards; false: the classic layout, upwards.</summary>
    public bool IsTopDown { get; init; } = true;

    /// <summary>Where the search for a place starts; none: where the kernel would put it for <see cref="StackLimit"/>.</summary>
    public VirtualAddress? MmapBase { get; init; }

    /// <summary>The initial program break, below which it never goes. Page-aligned.</summary>
    public VirtualAddress StartBreak { get; init; } = new(0x0804_A000);

    /// <summary>The initial RLIMIT_STACK in bytes; <c>ulong.MaxValue</c> is no limit.</summary>
    public ulong StackLimit { get; init; } = 8 << 20;

    /// <summary>RLIMIT_MEMLOCK does not bind. Linux: CAP_IPC_LOCK.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>The group that is charged for its memory; null: the one without a limit.</summary>
    public MemoryGroup? Group { get; init; }

    internal MemoryLayout ToLayout() => new()
    {
        IsTopDown = IsTopDown,
        MmapBase = MmapBase?.Page ?? (IsTopDown ? MemoryLayout.FlexibleBase(StackLimit) : MemoryLayout.LegacyBase),
        StartBreak = StartBreak,
    };
}
