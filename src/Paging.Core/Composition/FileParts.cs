using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native.Collections;

namespace Paging.Core.Composition;

/// <summary>Builds objects and open files, the page cache, swap, the reverse map, and write-back.</summary>
internal sealed class FileParts : IDisposable
{
    private readonly RadixForest _nodes;

    public FileParts(MachineParts machine, EngineOptions options)
    {
        OpenFiles = new(machine.Injection, machine.Commitment, options.ReadAheadPages);
        _nodes = new(machine.Injection);
        Statistics = new();
        Swap = new(machine.Ram, machine.Frames, machine.Commitment, machine.Tables);
        SharedSwap = new(machine.Store, _nodes, Swap, Statistics);
        Dirty = new(machine.Frames.OrdinaryCount, options.DirtyBackgroundRatio, options.DirtyRatio, options.DirtyExpireTicks);
        Cache = new(machine.Store, _nodes, OpenFiles, SharedSwap, Dirty, new(machine.Store, Swap), machine.Pins);
        ReverseMap = new(machine.Frames, machine.Areas, machine.Spaces, machine.Loans);
        Sharing = new(machine.Frames, machine.HugeBlocks, ReverseMap, machine.Spaces);
        Zap = new(machine.Store, Cache, Swap, machine.HugeBlocks);
        Mappings = new(machine.Areas, machine.Spaces, Zap);
        Collapsed = new(machine.Frames, Cache, Mappings, machine.HugeBlocks.Order);
        Code = new(machine.Ram, machine.Spaces, OpenFiles, Mappings);
        Writeback = new(OpenFiles, Cache, new(machine.Ram, machine.Frames, Cache, Mappings));
        Background = new(Dirty, Writeback);
        Huge = new(machine.Ram, machine.Frames, _nodes, machine.HugePool);
        Pool = new(machine.Frames, _nodes, OpenFiles, machine.Areas, machine.Spaces, Huge);
        _ = new ObjectPages(OpenFiles, Cache, Huge, Writeback);    // registers itself
    }

    public OpenFileTable OpenFiles { get; }
    public ReclaimStatistics Statistics { get; }
    public SwapSpace Swap { get; }
    public SharedMemorySwap SharedSwap { get; }
    public DirtyFiles Dirty { get; }
    public PageCache Cache { get; }
    public ReverseMap ReverseMap { get; }
    public HugeSharing Sharing { get; }
    public Zap Zap { get; }
    public FileMappings Mappings { get; }
    public CollapsedPages Collapsed { get; }
    public CodeProtection Code { get; }
    public HugeObjects Huge { get; }
    public PoolMappings Pool { get; }
    public FileWriteback Writeback { get; }
    public BackgroundWriteback Background { get; }

    public void Dispose()
    {
        Swap.Dispose();
        OpenFiles.Dispose();
        Writeback.Dispose();
        _nodes.Dispose();    // after the others, whose trees lie there
    }
}
