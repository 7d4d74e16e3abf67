using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>The kinds of scenarios to generate.</summary>
internal enum SwarmTheme
{
    /// <summary>Anything.</summary>
    Everything,
    /// <summary>Many forks, copies on write, inherited files and shared memory.</summary>
    Processes,
}

/// <summary>
/// The place of a scenario, and its first calls. The recordings have such families; each reaches bugs that the others do not.
/// </summary>
internal enum SwarmFamily
{
    /// <summary>A few pages in which all calls meet.</summary>
    Arena,
    /// <summary>The kernel chooses the places; gaps of growing areas matter.</summary>
    Placement,
    /// <summary>A space that is full except for some holes.</summary>
    Exhausted,
    /// <summary>Sparse areas over many page tables, at 4 MiB borders.</summary>
    Wide,
    /// <summary>A recording of the kernel with calls dropped, doubled, changed and put in (<see cref="MutantGenerator"/>).</summary>
    Mutant,
}

/// <summary>The temper of one scenario: which calls it uses and how often, where it plays, how wild its arguments are.</summary>
/// <remarks>
/// A swarm: a scenario that leaves out half of the calls goes deeper with the other half than one that always uses all
/// (Groce et al., "Swarm Testing", 2012). All of it follows from the scenario's seed.
/// </remarks>
internal sealed class Swarm
{
    private const int WheelSize = 1024;
    private const uint UsualFilledPages = 48;
    private const uint UsualArena = 0x20000;    // where the recordings play

    private static readonly int CallNameCount = Enum.GetValues<CallName>().Length;

    private static readonly (CallName Name, int Weight)[] UsualWeights =
    [
        (CallName.Mmap, 70), (CallName.Munmap, 22), (CallName.Mprotect, 30), (CallName.Mremap, 24), (CallName.Madvise, 22),
        (CallName.Msync, 4),
        (CallName.Mlock, 7), (CallName.Munlock, 5), (CallName.Mlock2, 4), (CallName.Mlockall, 2), (CallName.Munlockall, 2),
        (CallName.Brk, 10), (CallName.Mincore, 4),
        (CallName.Open, 8), (CallName.OpenRo, 2), (CallName.OpenWo, 1), (CallName.OpenDir, 1), (CallName.Close, 2), (CallName.Ftruncate, 7),
        (CallName.Fsync, 1),
        (CallName.Pread, 5), (CallName.Pwrite, 6), (CallName.Punch, 3), (CallName.Fallocate, 3),
        (CallName.Load, 22), (CallName.Load32, 8), (CallName.Store, 40), (CallName.Store32, 14), (CallName.Add, 8), (CallName.Fill, 8),
        (CallName.Sum, 8),
        (CallName.CopyIn, 6), (CallName.CopyOut, 6),
        (CallName.Fork, 5), (CallName.Exit, 3), (CallName.Rlimit, 4),
        (CallName.Maps, 12), (CallName.Areas, 5), (CallName.Resident, 6), (CallName.Pagemap, 6), (CallName.Vm, 8), (CallName.Faults, 5),
    ];

    private static readonly (CallName Name, int Weight)[] HugeWeights =
    [
        (CallName.MemFd, 4), (CallName.Fallocate, 4), (CallName.Fsize, 1), (CallName.Prctl, 3), (CallName.SetPool, 3),
        (CallName.Pool, 6), (CallName.Usage, 4), (CallName.HugeMap, 10), (CallName.Smaps, 3), (CallName.Tables, 3),
    ];

    private static readonly uint[] ArenaBases =
    [
        0x20000, 0x20000, 0x20000, 0x203E0, 0x207FC, 0x3FFF0, 0x00010, 0x00008, 0x0804A, 0x08000, 0xBFF80, 0xBFE00, 0xB7FE0, 0xB7C00,
    ];

    private static readonly SwarmFamily[] Families =
    [
        SwarmFamily.Arena, SwarmFamily.Arena, SwarmFamily.Arena, SwarmFamily.Arena, SwarmFamily.Arena, SwarmFamily.Arena,
        SwarmFamily.Placement, SwarmFamily.Exhausted, SwarmFamily.Wide, SwarmFamily.Mutant, SwarmFamily.Mutant, SwarmFamily.Mutant,
    ];

    private static readonly OvercommitMode[] Modes =
        [OvercommitMode.Always, OvercommitMode.Always, OvercommitMode.Always, OvercommitMode.Heuristic, OvercommitMode.Never];

    private static readonly int[] Multipliers = [0, 0, 1, 1, 1, 2, 4];

    private static readonly int UsualAreaCount = new EngineOptions().MaxMapCount;
    private static readonly int[] SmallAreaCounts = [9, 10, 12, 12, 16, 24, 40];

    private readonly CallName[] _wheel = new CallName[WheelSize];

    /// <summary>Draws the temper of a scenario.</summary>
    /// <param name="random">Chance, from the scenario's seed.</param>
    /// <param name="theme">The kind of scenario.</param>
    /// <param name="huge">The huge pages of the seed's block; null: none.</param>
    /// <param name="bounds">The seed of the bounds of the address space; null: Linux's.</param>
    public Swarm(FuzzRandom random, SwarmTheme theme, HugeSetting? huge = null, ulong? bounds = null)
    {
        Family = theme == SwarmTheme.Processes ? SwarmFamily.Arena : random.OneOf<SwarmFamily>(Families);
        Original = Family == SwarmFamily.Mutant ? ScenarioCorpus.OneOf(random) : null;
        Header = Original?.Header ?? DrawHeader(random);
        if (bounds is { } seed && Original is null) Header = WithBounds(Header, new(seed));
        if (huge is not null) (Header, HugeBytes, HasPool) = (huge.AddTo(Header, random), huge.PageBytes, huge.HasPool);
        // long ones go further and cost less a call; short ones are easy to read
        CallCount = random.OneOf([60, 150, 300, 600, 1000, 3000]);
        UsesFiles = random.Percent(55);
        UsesSharedMemory = random.Percent(55);
        UsesGrowth = random.Percent(40);
        UsesLimits = random.Percent(25);
        CountsFaults = random.Percent(20);
        UsesFree = !CountsFaults && HugeBytes == 0 && random.Percent(15);
        OddFlagsPercent = random.OneOf([0, 2, 10, 30]);
        OddArgumentsPercent = random.OneOf([0, 1, 4, 15]);
        UsualRightsPercent = random.OneOf([30, 70, 95]);
        FixedPercent = Family is SwarmFamily.Placement or SwarmFamily.Exhausted
            ? random.OneOf([5, 20]) : random.OneOf([76, 76, 76, 90, 40]);
        ProcessCountMax = theme == SwarmTheme.Processes ? random.Between(3, DialectLimits.ProcessCountMax) : random.OneOf([1, 1, 2, 3, 6]);
        ArenaCount = new(Family == SwarmFamily.Wide ? 0x8000 : random.OneOf([6u, 16u, 16u, 40u, 130u, 1100u]));
        if (HugeBytes != 0 && Family is SwarmFamily.Arena or SwarmFamily.Mutant)
            ArenaCount = new(random.OneOf<uint>([2, 4, 6]) * (HugeBytes >> 12));
        Arena = Family is SwarmFamily.Mutant or SwarmFamily.Wide ? new(UsualArena) : DrawArena(random);
        SecondArena = random.Percent(40) ? DrawArena(random) : Arena;
        FilledPagesMax = random.Percent(12) ? DialectLimits.FilledPagesMax : UsualFilledPages;
        AreaCountMax = random.Percent(8) ? random.OneOf<int>(SmallAreaCounts) : UsualAreaCount;
        FillWheel(random, theme);
    }

    public SwarmFamily Family { get; }

    /// <summary>The bytes of a huge page; 0 in a scenario that has none.</summary>
    public uint HugeBytes { get; }

    /// <summary>True if the scenario has a pool of huge pages.</summary>
    public bool HasPool { get; }

    /// <summary>The recording that a mutant is made from.</summary>
    public RecordedScenario? Original { get; }

    /// <summary>
    /// The usual upper bound in pages for calls that fill their range. The kernel fills page by page: hundreds of pages show little that
    /// dozens do not, and take most of a scenario's time.
    /// </summary>
    public uint FilledPagesMax { get; }

    /// <summary>
    /// vm.max_map_count where it may be ours to choose: the usual one, or so few that calls which cut areas meet it all the time.
    /// </summary>
    public int AreaCountMax { get; }

    public ScenarioHeader Header { get; }

    /// <summary>The number of calls in the scenario.</summary>
    public int CallCount { get; }

    /// <summary>The place of most calls, so that they meet each other.</summary>
    public PageNumber Arena { get; }

    public PageNumber SecondArena { get; }

    public PageCount ArenaCount { get; }

    public bool UsesFiles { get; }

    public bool UsesSharedMemory { get; }

    public bool UsesGrowth { get; }

    public bool UsesLimits { get; }

    public bool UsesFree { get; }

    /// <summary><c>faults()</c> is asked.</summary>
    public bool CountsFaults { get; }

    /// <summary>The share of mmaps with flags that they do not need. Equal flags make neighbours join.</summary>
    public int OddFlagsPercent { get; }

    /// <summary>The share of arguments that no sane program passes.</summary>
    public int OddArgumentsPercent { get; }

    /// <summary>The share of rights that are read and write.</summary>
    public int UsualRightsPercent { get; }

    /// <summary>The share of mmaps that name the place. About half of the others give a hint.</summary>
    public int FixedPercent { get; }

    public int ProcessCountMax { get; }

    /// <summary>A call by its weight.</summary>
    public CallName DrawName(FuzzRandom random) => _wheel[random.Below(WheelSize)];

    // Of its own stream, so that all else of a seed stays as it is.
    private static ScenarioHeader WithBounds(ScenarioHeader header, FuzzRandom random)
    {
        ScenarioHeader drawn = header with { Lowest = new(random.OneOf<uint>([0, 0, 0x1000, 0x3000, 0x10000, 0x40_0000])) };
        return random.Below(4) switch
        {
            0 => drawn with { TaskSize = new(0xFFFF_F000), Reserved = new(0xFFFE_0000), MmapBase = new(0xF000_0000) },
            1 => drawn with { TaskSize = new(0x8000_0000), Reserved = new(0x7FFF_0000), MmapBase = new(0x7000_0000) },
            2 => drawn with { TaskSize = new(0xC040_0000), Reserved = new(0xC03F_0000) },
            _ => drawn,
        };
    }

    private static ScenarioHeader DrawHeader(FuzzRandom random) => random.Below(20) switch
    {
        0 => ScenarioHeader.Default with { Layout = LayoutKind.Classic, MmapBase = new(0x4000_0000) },
        1 => ScenarioHeader.Default with { MmapBase = new(0xAFF0_0000), StackLimit = 0x1000_0000 },
        2 => ScenarioHeader.Default with { MmapBase = new(0x2000_0000), StackLimit = 0xA000_0000 },
        3 => ScenarioHeader.Default with { Break = new(0x1FFF_0000) },
        4 => ScenarioHeader.Default with { Break = new(0x0810_0000) },
        5 => ScenarioHeader.Default with { Layout = LayoutKind.Classic, MmapBase = new(0x4000_0000), StackLimit = 0x400_0000 },
        _ => ScenarioHeader.Default,
    };

    /// <summary>
    /// Options of the engine for all seeds of a block: those that no result may depend on, and those that the model implements. RAM is not
    /// among them.
    /// </summary>
    public static EngineOptions DrawEngine(ulong block)
    {
        FuzzRandom random = new(block);
        return new()
        {
            RequestHostHugePages = true,
            AttachedSpacesMax = random.OneOf([1, 2, 64]),
            FaultAroundPages = random.OneOf([1, 16, 16, 512]),
            ReadAheadPages = random.OneOf([0, 32, 32]),
            TrieFromAreas = random.OneOf([4096, 2, 16]),
            LendTablesFrom = random.OneOf([64, 1, 4, 4096]),
            Overcommit = random.OneOf<OvercommitMode>(Modes),
            OvercommitRatio = random.OneOf([50, 100, 20]),
            Tables = random.OneOf([TableFormat.Classic, TableFormat.Pae]),
        };
    }

    private PageNumber DrawArena(FuzzRandom random)
    {
        PageNumber first = new(random.Percent(15) ? Header.MmapBase.Page.Value - ArenaCount.Value + 8 : random.OneOf<uint>(ArenaBases));
        PageNumber last = Header.Reserved.Page - ArenaCount;    // the arena ends where the reserved area begins, at the latest
        PageNumber arena = first < last ? first : last;
        return HugeBytes != 0 && random.Percent(80) ? new(arena.Value & ~((HugeBytes >> 12) - 1)) : arena;
    }

    /// <summary>True for a call that some scenario makes.</summary>
    public static bool Draws(CallName name, bool withHugePages = false) => Array.Exists(UsualWeights, usual => usual.Name == name)
        || (withHugePages && Array.Exists(HugeWeights, usual => usual.Name == name));

    private void FillWheel(FuzzRandom random, SwarmTheme theme)
    {
        Span<int> weights = stackalloc int[CallNameCount];    // by number
        int total = 0;
        foreach ((CallName name, int usual) in HugeBytes != 0 ? HugeWeights : [])
        {
            // The host has no pool for a scenario, and its process shares a table of small pages with the reserved area.
            bool isOurs = name is CallName.SetPool or CallName.Pool or CallName.Usage or CallName.Smaps or CallName.Tables;
            int weight = HasPool || !isOurs ? usual * random.OneOf([0, 1, 1, 2]) : 0;
            weights[(int)name] = name == CallName.Tables && SharesTables ? 0 : weight;
            total += weights[(int)name];
        }

        foreach ((CallName name, int usual) in UsualWeights)
        {
            int weight = IsUsed(name) ? usual * random.OneOf<int>(Multipliers) : 0;
            if (name is CallName.Mmap or CallName.Store) weight = Math.Max(weight, usual);
            if (theme == SwarmTheme.Processes && name is CallName.Fork or CallName.Exit) weight = usual * 4;
            weights[(int)name] = weight;
            total += weight;
        }

        int at = 0, sum = 0;
        for (int name = 0; name < weights.Length; name++)
        {
            sum += weights[name];
            for (; at < (long)sum * WheelSize / total; at++) _wheel[at] = (CallName)name;
        }
    }

    /// <summary>
    /// True if an arena lies in the reserved area's gigabyte, or all is mapped. The tables there count as made at the start, until a call
    /// unmaps that area; a move out of its line finds a table on the kernel, where that area is mapped.
    /// </summary>
    private bool SharesTables => Family == SwarmFamily.Exhausted
        || Math.Max(Arena.Value, SecondArena.Value) + ArenaCount.Value > Header.Reserved.Page.Value >> 18 << 18;

    private bool IsUsed(CallName name) => name switch
    {
        >= CallName.Open and <= CallName.Punch => UsesFiles,
        CallName.Fork or CallName.Exit => ProcessCountMax > 1,
        CallName.Rlimit => UsesLimits,
        CallName.Faults => CountsFaults,
        _ => true,
    };
}
