using Paging.Bench.Harness;
using Paging.Bench.Operations.Access;
using Paging.Bench.Operations.Areas;
using Paging.Bench.Operations.Bulk;
using Paging.Bench.Operations.Dirty;
using Paging.Bench.Operations.Embedding;
using Paging.Bench.Operations.Far;
using Paging.Bench.Operations.Faults;
using Paging.Bench.Operations.Files;
using Paging.Bench.Operations.Forking;
using Paging.Bench.Operations.Frames;
using Paging.Bench.Operations.Guest;
using Paging.Bench.Operations.Huge;
using Paging.Bench.Operations.Pressure;
using Paging.Bench.Operations.Reclaim;
using Paging.Bench.Operations.Replay;
using Paging.Bench.Operations.Snapshots;
using Paging.Bench.Operations.Threads;
using Paging.Bench.Operations.Windows;

namespace Paging.Bench.Operations;

/// <summary>Every operation that is measured, in the order of the tables.</summary>
internal static class Catalog
{
    public static IReadOnlyList<RaceDefinition> All { get; } =
    [
        .. AccessRaces.All,
        .. CrossingRaces.All,
        .. RefillRaces.All,
        .. CopyRaces.All,
        .. FirstTouchRaces.All,
        .. CopyOnWriteRaces.All,
        .. ForkRaces.All,
        .. SnapshotRaces.All,
        .. EngineSnapshotRaces.All,
        .. SavedSnapshotRaces.All,
        .. ExitRaces.All,
        .. SwitchRaces.All,
        .. MapRaces.All,
        .. FindRaces.All,
        .. ProtectRaces.All,
        .. RemapRaces.All,
        .. BreakRaces.All,
        .. HugeRaces.All,
        .. FrameRaces.All,
        .. FileFaultRaces.All,
        .. PagerRaces.All,
        .. FileIoRaces.All,
        .. MappedReadRaces.All,
        .. WritebackRaces.All,
        .. SwapRaces.All,
        .. FarRaces.All,
        .. PressureRaces.All,
        .. DirtyLogRaces.All,
        .. PageScanRaces.All,
        .. DeviceRaces.All,
        .. PinRaces.All,
        .. WatchRaces.All,
        .. ThreadRaces.All,
        .. ReplayRaces.All,
        .. WindowsRaces.All,
        .. GuestRaces.All,
    ];

    /// <summary>Those whose name or size contains a text; all for none.</summary>
    public static IReadOnlyList<RaceDefinition> Matching(string? filter) => string.IsNullOrEmpty(filter)
        ? All
        : [.. All.Where(definition => definition.ToString().Contains(filter, StringComparison.OrdinalIgnoreCase))];
}
