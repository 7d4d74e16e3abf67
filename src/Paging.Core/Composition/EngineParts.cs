using Paging.Core.Faults;
using Paging.Core.Inspection;
using Paging.Core.Snapshots;
using Paging.Core.SystemCalls;
using Paging.Native;

namespace Paging.Core.Composition;

/// <summary>Builds every part of an engine in the order in which they need each other: each group uses only groups above it.</summary>
/// <remarks>Lower rooms never see this type. The types in <c>Paging.Core</c> take from it the parts that they pass on.</remarks>
internal sealed class EngineParts : IDisposable
{
    public EngineParts(FrameCount ram, EngineOptions options)
    {
        Machine = new(ram, options);
        Files = new(Machine, options);
        Reclaim = new(Machine, Files, options);
        Io = new(Machine, Files, Reclaim, options);
        Faults = FaultParts.Build(Machine, Files, Reclaim, Io, options.FaultAroundPages);
        bool hasExecute = options.Tables == TableFormat.Pae || options.FetchRights == FetchRights.Areas;    // else all that can be read is
        Access = new(Machine.Callers, Machine.Ram, Faults, Machine.Observers, hasExecute);
        CollapseOperation collapse = BuildCollapse();    // for MADV_COLLAPSE and the daemon alike
        Calls = BuildCalls(collapse);
        if (Machine.IsTransparent && options.CollapseScanPages != 0)
            Daemon = new(Machine.Frames, Machine.HugeBlocks, Machine.Spaces, collapse, options.CollapseScanPages);
        SwapOff = new(Machine.Lists, Files.OpenFiles, Machine.Spaces, Files.Swap, Files.SharedSwap, Io.Filler, Faults, Reclaim.Kept);
        RestoreChecks checks = new(options.VerifyRestores, Machine.Store, Files.Swap, Files.Cache, Files.SharedSwap, Machine.Pins);
        Snapshots = new(
            Machine.Injection, Machine.Store, Files.OpenFiles, Files.Cache, Io.Filler, Files.SharedSwap, Files.Swap, Machine.Commitment,
            Reclaim.Pressure, Machine.Observers,
            new(Machine.Store, Files.Swap, Files.Statistics, Reclaim.Pressure, Machine.Pins, Machine.HugeBlocks, Reclaim.Kept),
            Machine.Pins, new(Machine.Frames, Files.OpenFiles, Files.Huge, Files.Pool, Machine.Pins), Files.Huge, Files.Pool, checks,
            new());
        Contents = new(new(Machine.Store, Files.OpenFiles, Files.Cache, Io.Filler, Files.SharedSwap, Files.Swap, Reclaim.Pressure,
            Machine.Observers, Machine.Pins, checks));
        FootprintCount footprints = new(Machine.Frames, Files.OpenFiles, Files.Swap, Files.Cache, Files.SharedSwap,
            Machine.HugeBlocks, Machine.Loans);
        Inspector = new(Files.OpenFiles, footprints, new(Machine.Frames), new(Machine.Frames, Machine.HugeBlocks));
        Counting = new(
            Machine.Store, Machine.Commitment, Files.OpenFiles, Machine.Spaces, Files.Swap, Files.Cache, Reclaim.Reclaimer,
            Machine.HugeBlocks);
    }

    public MachineParts Machine { get; }
    public FileParts Files { get; }
    public PressureParts Reclaim { get; }
    public IoParts Io { get; }
    public PageFaultHandler Faults { get; }
    public AccessParts Access { get; }
    public MemoryOperations Calls { get; }
    /// <summary>Null if there is none.</summary>
    public CollapseDaemon? Daemon { get; }

    public SwapOff SwapOff { get; }
    public SnapshotSupplies Snapshots { get; }
    public ContentTree Contents { get; }
    public SpaceInspector Inspector { get; }
    public MachineCount Counting { get; }

    public void Dispose()
    {
        Machine.Translations.Dispose();    // before RAM, into which the cached addends lead
        Files.Dispose();
        Machine.Dispose();
    }

    private UserfaultOperations BuildUserfaults()
    {
        UserfaultFill fill = new(
            Machine.Store, Files.OpenFiles, Files.Cache, Io.Filler, Files.SharedSwap, Faults.Anonymous, Reclaim.Pressure,
            Machine.Observers);
        UserfaultMove move = new(Machine.Frames, Files.Swap, Faults.Copies, Reclaim.Pressure, Machine.Observers);
        UserfaultProtection protection = new(Reclaim.Pressure);
        return new(new(Files.OpenFiles), fill, move, protection, new(Machine.Frames, protection), Machine.Spaces);
    }

    private CollapseOperation BuildCollapse()
    {
        CollapseOfObject objects = new(
            Machine.Store, Files.OpenFiles, Files.Cache, Io.Filler, Files.Mappings, Machine.Areas, Machine.Spaces, Files.Collapsed,
            Files.Zap);
        return new(Machine.Ram, Faults, Files.Zap, Machine.Pins, objects);
    }

    private MemoryOperations BuildCalls(CollapseOperation collapse)
    {
        Populate populate = new(Faults, Machine.Frames, Machine.Lists, Machine.Observers);
        UnmapOperation unmap = new(Files.Zap, Files.Pool, Machine.Commitment);
        LazyFree lazyFree = new(Machine.Store, Files.Swap);
        PoolMapping pool = new(Files.OpenFiles, Files.Huge);
        MapOperation map = new(Files.OpenFiles, Machine.Commitment, unmap, populate, pool);
        GuardOperation guards = new(Files.Zap, Reclaim.Pressure);
        return new()
        {
            Map = map,
            Unmap = unmap,
            Protect = new(Machine.Frames, Machine.Commitment, populate),
            Remap = new(Machine.Frames, Machine.Commitment, Reclaim.Pressure, unmap, populate),
            Break = new(Machine.Commitment, unmap, populate),
            Advise = new(Files.OpenFiles, Files.Zap, Reclaim.Reclaimer, Io.ReadAhead, Io.Prefetch, Io.Calls.Sizes, lazyFree, populate,
                guards, Files.Pool, collapse),
            Synchronize = new(Files.Writeback),
            Lock = new(populate),
            Residency = new(Machine.Frames, Files.OpenFiles, Files.Cache, Files.Swap, Files.SharedSwap, Files.Huge),
            Fork = new(Machine.Frames, Machine.Commitment, Reclaim.Pressure, Files.Swap, Machine.Pins, Faults.Copies, Machine.Observers,
                Files.Sharing),
            ClearReferences = new(Machine.Frames),
            RemapFile = new(Files.OpenFiles, map),
            Userfaults = BuildUserfaults(),
            Populate = populate,
        };
    }
}
