using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Opens dirty logs: of the pages of an address space, or of the frames of an engine.</summary>
public static class DirtyLogs
{
    /// <summary>Opens a log of the pages that are written from now on.</summary>
    /// <remarks>Cost: O(4 MiB regions in use); O(present pages) for the writes of a processor of its own.</remarks>
    public static DirtyLog OpenDirtyLog(this AddressSpace memory, WriteSources sources = WriteSources.Attached)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)sources, (uint)WriteSources.Processor, nameof(sources));
        using SlowPathTurn turn = memory.Turn();
        return new(memory.Guard, memory.Mmu.Parts.Writes, memory.Space, NeedFaults(sources, memory.Mmu.Ram));
    }

    /// <summary>Opens a log of the frames whose bytes change from now on.</summary>
    /// <remarks>Cost: as <see cref="OpenDirtyLog(AddressSpace, WriteSources)"/>, for every process.</remarks>
    public static FrameDirtyLog OpenDirtyLog(this PagingEngine engine, WriteSources sources = WriteSources.Attached)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)sources, (uint)WriteSources.Processor, nameof(sources));
        using SlowPathTurn turn = engine.TakeTurn();
        return new(engine.Parts.Machine.Guard, engine.Parts.Machine.Writes, engine.Ram, NeedFaults(sources, engine.Ram));
    }

    /// <summary>Returns true if the first write to a page must be a page fault in order to be seen.</summary>
    private static bool NeedFaults(WriteSources sources, PhysicalMemory ram) =>
        sources == WriteSources.Processor || (sources == WriteSources.Attached && ram.TracksCode);    // one is attached
}
