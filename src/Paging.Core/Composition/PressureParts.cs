using Paging.Core.Reclaim;

namespace Paging.Core.Composition;

/// <summary>Builds reclaim, for each group and for the whole machine, and compaction.</summary>
internal sealed class PressureParts
{
    public PressureParts(MachineParts machine, FileParts files, EngineOptions options)
    {
        EvictionHistory history = new(machine.Frames.OrdinaryCount);
        Eviction = new(
            machine.Store, files.OpenFiles, files.Swap, files.SharedSwap, files.Cache, files.ReverseMap, files.Writeback, history,
            machine.Events, machine.HugeBlocks, Kept);
        FrameUse use = new(machine.Frames, files.ReverseMap, files.OpenFiles);
        ReclaimContext context = new(
            machine.Frames, machine.Lists, files.Swap, use, Eviction, history, files.Statistics, Kept, options.Swappiness);
        Groups = new(machine.Callers, context, new() { Name = "root", Policy = options.Policy, OutOfMemory = options.OutOfMemory });
        Reclaimer = new(machine.Allocator, Groups, context);
        Pressure = new(machine.Lists, machine.Allocator, files.OpenFiles, files.Cache, Groups, Reclaimer);
        PageMover mover = new(machine.Store, files.OpenFiles, files.Cache, files.Swap, files.ReverseMap);
        Compactor = new(machine.Blocks, machine.Store, mover, Pressure, machine.HugeBlocks);
    }

    /// <summary>Set when the snapshots' parts are made, which need reclaim.</summary>
    public KeptSwitch Kept { get; } = new();

    public Eviction Eviction { get; }
    public MemoryGroups Groups { get; }
    public Reclaimer Reclaimer { get; }
    public MemoryPressure Pressure { get; }
    public Compactor Compactor { get; }
}
