using Paging.Testing.Generating;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>Every target, by its name.</summary>
internal static class TargetTable
{
    private static readonly IFuzzTarget[] Targets =
    [
        new ScenarioTarget("everything", "engine against model, call by call, with audits", SwarmTheme.Everything, MachineSet.Model),
        new ScenarioTarget("processes", "many forks: engine against model, call by call, with audits", SwarmTheme.Processes,
        MachineSet.Model),
        new HostTarget(),
        new StructureTarget("reclaim", "processes that need several times RAM, on swap devices that come, go and fail, against plain bytes",
        PressureRun.Operations, PressureRun.Outcomes, static random => new PressureRun(random)),
        new FaultTarget(),
        new ShortageTarget(),
        new PressureTarget(),
        new HostileTarget("parser", "spoiled scenarios into the parser: read or refused with a line, and printed the same again",
        ParserSubject.Outcomes, ParserSubject.Tokens, static (random, seed) => new ParserSubject(random, seed)),
        new HostileTarget("elf", "spoiled programs into the loader: executed as the image says, or refused and the old program untouched",
        ElfSubject.Outcomes, ElfSubject.Tokens, static (random, _) => new ElfSubject(random)),
        new HostileTarget("cores", "spoiled core files into their reader: cloned as they say, or refused in one clear line",
        CoreSubject.Outcomes, CoreSubject.Tokens, static (random, _) => new CoreSubject(random)),
        new HostileTarget("traces", "spoiled traces into their readers: read to the last access, or refused in one line with its number",
        TraceSubject.Outcomes, TraceSubject.Tokens, static (random, _) => new TraceSubject(random)),
        new StructureTarget("areas", "the tree of areas and its gap search against a sorted list", AreaTreeRun.Operations,
        AreaTreeRun.Outcomes, static random => new AreaTreeRun(random)),
        new StructureTarget("pagetables", "page tables, walker and translation cache against dictionaries", PageTablesRun.Operations,
        PageTablesRun.Outcomes, static random => new PageTablesRun(random)),
        new StructureTarget("buddy", "the frame allocator against a list of what it handed out", BuddyRun.Operations, BuddyRun.Outcomes,
        static random => new BuddyRun(random)),
        new StructureTarget("pagecache", "a file on a disk in trouble, under all that uses it, against plain bytes; crashes",
        FileRun.Operations, FileRun.Outcomes, static random => new FileRun(random)),
        new StructureTarget("regions", "dirty logs, a device and host memory against sets of pages, lists of accesses and plain bytes",
        RegionRun.Operations, RegionRun.Outcomes, static random => new RegionRun(random)),
        new StructureTarget("observers", "pins, watchpoints and a userfaultfd against cells of plain bytes", ObserverRun.Operations,
        ObserverRun.Outcomes, static random => new ObserverRun(random)),
        new IoFaultTarget(),
        new StructureTarget("radix", "the page cache's radix trees against sorted dictionaries", RadixRun.Operations, RadixRun.Outcomes,
        static random => new RadixRun(random)),
        new CrossingsTarget(),
        new StructureTarget("costs", "the ledger of processes that compute, map, read and swap, against a slow one by the document's table",
        LedgerRun.Operations, LedgerRun.Outcomes, static random => new LedgerRun(random)),
        new StructureTarget("snapshot", "a process with a tree of snapshots: every restore gives back what was seen when it was taken",
        SnapshotRun.Operations, SnapshotRun.Outcomes, static random => new SnapshotRun(random)),
        new StructureTarget("engine-snapshot", "snapshots of processes that share memory: every restore gives all of it back",
        EngineSnapshotRun.Operations, EngineSnapshotRun.Outcomes, static random => new EngineSnapshotRun(random)),
        new StructureTarget("huge", "huge pages of the pool and transparent ones: engine against model, call by call", HugeRun.Operations,
        HugeRun.Outcomes, static random => new HugeRun(random)),
        new StructureTarget("hugepressure", "transparent huge pages in too little RAM: split, collapsed, moved, against plain bytes",
        HugePressureRun.Operations, HugePressureRun.Outcomes, static random => new HugePressureRun(random)),
        new WindowsTarget(),
        new ThreadsTarget(),
        new ApiTarget(),
        new RecordingsTarget(),
        new BesideTarget(),
        new MatrixTarget(),
        new CanaryTarget(),
        new RulesTarget(),
        new SmokeTarget(),
        new SoakTarget(),
    ];

    /// <summary>All names, for messages.</summary>
    public static string Names => string.Join(", ", Targets.Select(static target => target.Name));

    /// <summary>The targets as <c>--help</c> lists them.</summary>
    public static string Help =>
        "What to fuzz: " + string.Join("; ", Targets.Select(static target => $"{target.Name} ({target.Description})")) + ".";

    public static IReadOnlyList<IFuzzTarget> All => Targets;

    public static bool Exists(string name) => Array.Exists(Targets, target => string.Equals(target.Name, name, StringComparison.Ordinal));

    public static IFuzzTarget Find(string name) => Targets.First(target => string.Equals(target.Name, name, StringComparison.Ordinal));
}
