using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The state of one address space: what has been agreed (areas, limits, layout), what has been done (page tables), and the counts of both.</summary>
/// <remarks>
/// Only state and the questions that every operation asks; the operations are system calls and faults, each in a file of its own.
/// A space is recycled with its process. Linux: struct mm_struct.
/// </remarks>
internal sealed class Space
{
    public Space(SpaceIndex index, AreaStore areas, OpenFileTable files, PageTables tables, TranslationCache translations)
    {
        Index = index;
        Areas = new(index, areas, files);
        Tables = tables;
        Translations = translations;
    }

    public SpaceIndex Index { get; }

    /// <summary>What has been agreed.</summary>
    public AreaSet Areas { get; }

    /// <summary>What has been done.</summary>
    public PageTables Tables { get; }

    /// <summary>The translations that are cached of the tables; the processor of the same process.</summary>
    public TranslationCache Translations { get; }

    public MemoryLayout Layout;
    public ResourceLimits Limits;
    public MemoryStatistics Statistics;
    public FaultCounters Faults;

    /// <summary>The program break: the end of the heap.</summary>
    public VirtualAddress Break { get; set; }

    /// <summary>The group that is charged for what happens here.</summary>
    public byte Group { get; set; }

    /// <summary>What every new mapping gets on top: locked, after mlockall(MCL_FUTURE). Linux: mm->def_flags.</summary>
    public AreaFlags DefaultFlags { get; set; }

    /// <summary>Limits on locked memory do not bind. Linux: CAP_IPC_LOCK.</summary>
    public bool IsPrivileged { get; set; }

    /// <summary>What may be read may be executed: mmap, mprotect and brk add PROT_EXEC. Linux: READ_IMPLIES_EXEC of personality(2).</summary>
    public bool ReadImpliesExecute { get; set; }

    /// <summary>The number of the process that it belongs to.</summary>
    public int ProcessId { get; set; }

    /// <summary>A process lives in it: neither a zombie's nor one that waits to be used again.</summary>
    public bool IsLive { get; set; }

    /// <exception cref="ObjectDisposedException">The process has exited or been reaped.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ThrowIfEnded()
    {
        if (!IsLive) ThrowEnded();
    }

    [DoesNotReturn]
    private static void ThrowEnded() => throw new ObjectDisposedException("Paging.Core.Process");

    /// <summary>Makes the space new: no areas, a directory with the kernel half. False: no frame.</summary>
    public bool TryBegin(KernelHalf kernelHalf, in MemoryLayout layout, in ResourceLimits limits)
    {
        Layout = layout;
        Limits = limits;
        Statistics = default;
        Faults = default;
        DefaultFlags = AreaFlags.None;
        Break = layout.StartBreak;
        if (!Tables.TryBegin()) return false;
        kernelHalf.InstallIn(Tables);
        return true;
    }
}
