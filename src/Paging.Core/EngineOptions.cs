using Paging.Core.Composition;
using Paging.Core.Faults;
using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core;

/// <summary>What an engine is built with. All of it has a default that suits a small test.</summary>
public sealed record EngineOptions
{
    /// <summary>Physical RAM in bytes: 1 MiB to 4 GiB, a multiple of 4 KiB. Host memory is committed as it is touched.</summary>
    public ulong RamBytes { get; init; } = 64 << 20;

    /// <summary>Where all randomness comes from: the same seed and the same calls give the same bytes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Ask the host for huge pages behind RAM, where it has them.</summary>
    public bool RequestHostHugePages { get; init; } = true;

    /// <summary>How many areas a process may have. Linux: vm.max_map_count.</summary>
    public int MaxMapCount { get; init; } = 65_530;

    /// <summary>From how many areas of a process on a trie answers for them, too (decisions/0017). What the engine does is the same.</summary>
    internal int TrieFromAreas { get; init; } = 4096;

    /// <summary>How readily memory is promised. Linux: vm.overcommit_memory.</summary>
    public OvercommitMode Overcommit { get; init; } = OvercommitMode.Heuristic;

    /// <summary>The share of RAM, in per cent, that <see cref="OvercommitMode.Never"/> promises. Linux: vm.overcommit_ratio.</summary>
    public int OvercommitRatio { get; init; } = 50;

    /// <summary>What happens when nothing can be reclaimed.</summary>
    public OutOfMemoryPolicy OutOfMemory { get; init; } = OutOfMemoryPolicy.Report;

    /// <summary>How readily pages go to swap rather than that pages of files are dropped: 0 to 200. Linux: vm.swappiness.</summary>
    public int Swappiness { get; init; } = 60;

    /// <summary>How many slots in a row are read together when a page comes back: a power of two; 1 for no read-ahead. Linux: 1 &lt;&lt; page-cluster.</summary>
    public int SwapReadAheadPages { get; init; } = 8;

    /// <summary>Who chooses the frames to be freed; null: Linux's two lists. Groups have their own.</summary>
    public ReclaimPolicy? Policy { get; init; }

    /// <summary>How many address spaces may have host memory for their cached translations at a time; others walk their tables.</summary>
    public int AttachedSpacesMax { get; init; } = 64;

    /// <summary>The widest read-ahead window, in pages; 0 for none. Linux: read_ahead_kb, 128.</summary>
    public int ReadAheadPages { get; init; } = 32;

    /// <summary>How many pages around a read fault are mapped along if they are cached: a power of two; 1 for none. Linux: fault_around_bytes.</summary>
    public int FaultAroundPages { get; init; } = 16;

    /// <summary>The share of RAM, in per cent, that may be dirty before the background work writes. Linux: vm.dirty_background_ratio.</summary>
    public int DirtyBackgroundRatio { get; init; } = 10;

    /// <summary>The share of RAM, in per cent, that may be dirty before whoever dirties has to write. Linux: vm.dirty_ratio.</summary>
    public int DirtyRatio { get; init; } = 20;

    /// <summary>After how many turns of the background work a dirty page is written in any case. Linux: dirty_expire over dirty_writeback_centisecs.</summary>
    public int DirtyExpireTurns { get; init; } = 6;

    /// <summary>How many free frames the background work keeps zeroed ahead of first touches; 0 for none.</summary>
    /// <remarks>Pays where first touches stream over more memory than the host's caches hold: the zeroing is most of their cost (docs/PERFORMANCE.md).</remarks>
    public int ZeroedFrames { get; init; }

    /// <summary>How many frames the options ask for, once they are in their ranges.</summary>
    internal static FrameCount Validate(EngineOptions options)
    {
        Require(options.RamBytes is >= 1 << 20 and <= 1UL << 32 && (options.RamBytes & 0xFFF) == 0, options, "RamBytes is 1 MiB to 4 GiB, in whole frames of 4 KiB.");
        Require(options.MaxMapCount >= 8, options, "MaxMapCount is at least 8.");
        Require(options.OvercommitRatio >= 0, options, "OvercommitRatio is not negative.");
        Require(options.Swappiness is >= 0 and <= 200, options, "Swappiness is 0 to 200.");
        Require(options.SwapReadAheadPages is >= 1 and <= 64 && int.IsPow2(options.SwapReadAheadPages), options, "SwapReadAheadPages is a power of two, 1 to 64.");
        Require(options.AttachedSpacesMax >= 1, options, "AttachedSpacesMax is at least 1.");
        Require(options.ReadAheadPages is >= 0 and <= 256, options, "ReadAheadPages is 0 to 256.");
        Require(options.FaultAroundPages is >= 1 and <= FaultAround.PagesMax && int.IsPow2(options.FaultAroundPages), options, "FaultAroundPages is a power of two, 1 to 64.");
        Require(options.DirtyBackgroundRatio >= 0 && options.DirtyRatio >= options.DirtyBackgroundRatio && options.DirtyRatio <= 100, options, "DirtyBackgroundRatio and DirtyRatio are 0 to 100, the second not below the first.");
        Require(options.DirtyExpireTurns >= 1, options, "DirtyExpireTurns is at least 1.");
        Require(options.ZeroedFrames >= 0, options, "ZeroedFrames is not negative.");
        return new((uint)(options.RamBytes >> 12));
    }

    /// <summary>What the parts of an engine are built from.</summary>
    internal EngineSettings ToSettings() => new()
    {
        RequestHostHugePages = RequestHostHugePages,
        AttachedSpacesMax = AttachedSpacesMax,
        MaxMapCount = MaxMapCount,
        TrieFromAreas = TrieFromAreas,
        Overcommit = Overcommit,
        OvercommitRatio = OvercommitRatio,
        Swappiness = Swappiness,
        SwapReadAheadPages = SwapReadAheadPages,
        ReadAheadPages = ReadAheadPages,
        FaultAroundPages = FaultAroundPages,
        DirtyBackgroundRatio = DirtyBackgroundRatio,
        DirtyRatio = DirtyRatio,
        DirtyExpireTurns = DirtyExpireTurns,
        RootGroup = new MemoryGroupOptions { Name = "root", Policy = Policy, OutOfMemory = OutOfMemory },
    };

    private static void Require(bool holds, EngineOptions options, string rule)
    {
        if (!holds) throw new ArgumentOutOfRangeException(nameof(options), options, rule);
    }
}
