using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>The state of a space that is neither pages nor areas: break, layout, limits, statistics, counters and marked bytes.</summary>
internal readonly struct SpaceState
{
    private readonly MemoryLayout _layout;
    private readonly ResourceLimits _limits;
    private readonly MemoryStatistics _statistics;
    private readonly FaultCounters _faults;
    private readonly VirtualAddress _break;
    private readonly AreaFlags _defaultFlags;
    private readonly ShadowNode? _shadow;
    private readonly TransparentPolicy _hugePages;
    private readonly ExecuteGain _executeGain;
    private readonly byte _regions;
    private readonly bool _isPrivileged, _readImpliesExecute, _mergesAll;

    /// <summary>The marked bytes; null: there were none.</summary>
    public ShadowNode? Shadow => _shadow;

    /// <summary>Copies the state of a space.</summary>
    public SpaceState(Space space)
    {
        _layout = space.Layout;
        _limits = space.Limits;
        _statistics = space.Statistics;
        _statistics.PeakResident = _statistics.PeakResident;    // fixed now, because fewer pages may be resident after the restore
        _faults = space.Faults;
        _break = space.Break;
        _defaultFlags = space.DefaultFlags;
        _shadow = space.Shadow?.Freeze();
        _isPrivileged = space.IsPrivileged;
        _readImpliesExecute = space.ReadImpliesExecute;
        _hugePages = space.HugeLines.Policy;
        _executeGain = space.ExecuteGain;
        _mergesAll = space.MergesAll;
        _regions = space.Regions;
    }

    /// <summary>Restores the state, except the counts of resident and swapped pages: those were adjusted page by page.</summary>
    public void Restore(Space space)
    {
        MemoryStatistics now = space.Statistics;
        space.Statistics = _statistics;
        space.Statistics.ResidentAnonymous = now.ResidentAnonymous;
        space.Statistics.ResidentFile = now.ResidentFile;
        space.Statistics.ResidentShared = now.ResidentShared;
        space.Statistics.Swapped = now.Swapped;
        space.Statistics.HugePool = now.HugePool;
        space.Layout = _layout;
        space.Limits = _limits;
        space.RestoreFaults(_faults);
        space.Break = _break;
        space.DefaultFlags = _defaultFlags;
        space.Shadow?.RestoreTo(_shadow, space.Translations);    // also closes pages to hits that are marked again
        space.IsPrivileged = _isPrivileged;
        space.ReadImpliesExecute = _readImpliesExecute;
        space.HugeLines.Policy = _hugePages;
        space.ExecuteGain = _executeGain;
        space.MergesAll = _mergesAll;
        space.Regions = _regions;
    }
}
