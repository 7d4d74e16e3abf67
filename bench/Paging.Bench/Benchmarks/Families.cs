using Paging.Bench.Harness;
using Paging.Bench.Operations.Access;
using Paging.Bench.Operations.Areas;
using Paging.Bench.Operations.Bulk;
using Paging.Bench.Operations.Faults;
using Paging.Bench.Operations.Files;
using Paging.Bench.Operations.Forking;
using Paging.Bench.Operations.Frames;
using Paging.Bench.Operations.Replay;

namespace Paging.Bench.Benchmarks;

/// <summary>What does an access cost that hits?</summary>
public class AccessBenchmarks : SteadyBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => [.. AccessRaces.All, .. CrossingRaces.All];
}

/// <summary>What does a translation cost that is not cached?</summary>
public class RefillBenchmarks : PreparedBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => RefillRaces.All;
}

/// <summary>Do bulk copies run at the speed of memory?</summary>
public class CopyBenchmarks : SteadyBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => CopyRaces.All;
}

/// <summary>What does a page fault cost?</summary>
public class FaultBenchmarks : PreparedBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => [.. FirstTouchRaces.All, .. CopyOnWriteRaces.All, .. FileFaultRaces.All];
}

/// <summary>What does a process cost, to make and to end?</summary>
public class ForkBenchmarks : PreparedBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => [.. ForkRaces.All, .. ExitRaces.All];
}

/// <summary>What does it cost to go on in another process?</summary>
public class SwitchBenchmarks : SteadyBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => SwitchRaces.All;
}

/// <summary>What do calls that edit areas cost?</summary>
public class AreaBenchmarks : SteadyBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions =>
        [.. MapRaces.All, .. ProtectRaces.All, .. RemapRaces.All, .. BreakRaces.All];
}

/// <summary>What does it cost to find the area of a page?</summary>
public class FindBenchmarks : PreparedBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => FindRaces.All;
}

/// <summary>What does a frame cost?</summary>
public class FrameBenchmarks : SteadyBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => [.. FrameRaces.All, .. LoopRaces.All];
}

/// <summary>What does file I/O cost that finds its pages cached?</summary>
public class FileBenchmarks : SteadyBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => [.. FileIoRaces.All, .. MappedReadRaces.All];
}

/// <summary>How many accesses of a trace does a second hold?</summary>
public class ReplayBenchmarks : SteadyBenchmark
{
    internal override IEnumerable<RaceDefinition> Definitions => ReplayRaces.All;
}
