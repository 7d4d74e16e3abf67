using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core.Composition;

/// <summary>The validated options of an engine in the form that its parts use.</summary>
internal sealed record EngineSettings
{
    public required TableFormat Tables { get; init; }
    public required bool RequestHostHugePages { get; init; }
    public required bool ShareRam { get; init; }
    public required int AttachedSpacesMax { get; init; }
    public required int HugePages { get; init; }
    public required int SurplusHugePages { get; init; }
    public required TransparentHugePages TransparentHugePages { get; init; }
    public required int CollapseScanPages { get; init; }
    public required int MaxMapCount { get; init; }
    public required int TrieFromAreas { get; init; }
    public required int LendTablesFrom { get; init; }
    public required OvercommitMode Overcommit { get; init; }
    public required int OvercommitRatio { get; init; }
    public required int Swappiness { get; init; }
    public required int SwapReadAheadPages { get; init; }
    public required int ReadAheadPages { get; init; }
    public required int FaultAroundPages { get; init; }
    public required int DirtyBackgroundRatio { get; init; }
    public required int DirtyRatio { get; init; }
    public required int DirtyExpireTurns { get; init; }
    public required bool AllowThreads { get; init; }
    public required TimeSpan ShootdownTimeout { get; init; }

    /// <summary>The group of every process that is in no other group.</summary>
    public required MemoryGroupOptions RootGroup { get; init; }
}
