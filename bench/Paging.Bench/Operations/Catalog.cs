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
    /// <summary>The operations by subject.</summary>
    public static IReadOnlyList<(string Title, IReadOnlyList<RaceDefinition> Races)> Families { get; } =
    [
        ("Accesses and copies", [.. AccessRaces.All, .. CrossingRaces.All, .. FetchRaces.All, .. InterpreterRaces.All, .. RefillRaces.All,
            .. WindowRaces.All, .. CopyRaces.All]),
        ("Page faults", [.. FirstTouchRaces.All, .. CopyOnWriteRaces.All]),
        ("Processes and snapshots", [.. ForkRaces.All, .. SnapshotRaces.All, .. JumpRaces.All, .. FuzzRaces.All, .. CloneRaces.All,
            .. EngineSnapshotRaces.All, .. SavedSnapshotRaces.All, .. ExitRaces.All, .. SwitchRaces.All]),
        ("Areas", [.. MapRaces.All, .. FindRaces.All, .. ProtectRaces.All, .. RemapRaces.All, .. BreakRaces.All]),
        ("Huge pages", [.. HugeRaces.All]),
        ("Frames", [.. FrameRaces.All, .. LoopRaces.All]),
        ("Files", [.. FileFaultRaces.All, .. PagerRaces.All, .. FileIoRaces.All, .. MappedReadRaces.All, .. WritebackRaces.All]),
        ("Swap and reclaim", [.. SwapRaces.All, .. FarRaces.All, .. PressureRaces.All]),
        ("For emulators",
            [.. DirtyLogRaces.All, .. PageScanRaces.All, .. DeviceRaces.All, .. BankRaces.All, .. PinRaces.All, .. WatchRaces.All]),
        ("Threads", [.. ThreadRaces.All, .. CloneRaces.OfThreads]),
        ("Traces", [.. ReplayRaces.All]),
        ("Windows", [.. WindowsRaces.All]),
        ("Guest programs", [.. GuestRaces.All, .. GuestProcessRaces.All]),
    ];

    /// <summary>All operations, family by family.</summary>
    public static IReadOnlyList<RaceDefinition> All { get; } = [.. Families.SelectMany(static family => family.Races)];

    /// <summary>The operations whose name or size contains a text; all of them without one.</summary>
    public static IReadOnlyList<RaceDefinition> Matching(string? filter) => string.IsNullOrEmpty(filter)
        ? All
        : [.. All.Where(definition => definition.ToString().Contains(filter, StringComparison.OrdinalIgnoreCase))];

    /// <summary>The operation of that name and size.</summary>
    public static RaceDefinition Named(string row) =>
        All.Single(definition => string.Equals(definition.ToString(), row, StringComparison.Ordinal));
}
