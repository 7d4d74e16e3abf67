using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.World;
using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class DialectLimitsTests
{
    private const string Map = "mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)";

    [Theory]
    [InlineData("munmap(0xfffff000, 0x2000)", "PassesTheTop")]
    [InlineData("munmap(0xbffff000, 0x1000)", "ReservedArea")]
    [InlineData("load(0xbfff0000)", "ReservedArea")]
    [InlineData("sum(0xbfff0000, 0)", "ReservedArea")]
    [InlineData("mmap(0xbffef000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "ReservedArea")]
    [InlineData("mmap(0xbffef000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", "None")]
    [InlineData("mremap(0x20002000, 0x4000, 0x4000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)", "None")]
    [InlineData("mremap(0x20002000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)", "None")]
    [InlineData("madvise(0x20000000, 0x1000, MADV_HUGEPAGE)", "None")]
    [InlineData("madvise(0x20000000, 0x1000, 25)", "UnusedAdvice")]
    [InlineData("brk(0x0804b000)", "None")]
    [InlineData("close(2)", "StandardDescriptor")]
    [InlineData("rlimit(RLIMIT_DATA, 0)", "None")]
    [InlineData("rlimit(RLIMIT_MEMLOCK, RLIM_INFINITY)", "AboveHardLimit")]
    [InlineData("resident(0x20000001, 0x20001000)", "InspectionRange")]
    [InlineData("[1] vm()", "DeadProcess")]
    public void AfterOneMapping(string call, string limit) => Assert.Equal(limit, LimitOf(call, Map));

    [Fact]
    public void APageGivenToMadvFreeIsNotReadBeforeAllOfItIsWritten()
    {
        string[] before = [Map, "fill(0x20000000, 0x4000, 0x41)", "madvise(0x20001000, 0x1000, MADV_FREE)"];
        Assert.Equal("FreedPage", LimitOf("load(0x20001234)", before));
        Assert.Equal("FreedPage", LimitOf("pagemap(0x20000000, 0x20004000)", before));
        Assert.Equal("None", LimitOf("load(0x20002000)", before));
        Assert.Equal("FreedPage", LimitOf("load(0x20001000)", [.. before, "store(0x20001000, 0x01)"]));
        Assert.Equal("None", LimitOf("load(0x20001000)", [.. before, "fill(0x20001000, 0x1000, 0x01)"]));
        Assert.Equal("FreedPage", LimitOf("[1] load(0x20001000)", [.. before, "fork()"]));
    }

    [Fact]
    public void ALockedPageThatLostItsLockIsReadAfterMadvFree()
    {
        string[] before =
        [
            Map, "mlock(0x20000000, 0x4000)", "mremap(0x20000000, 0x1000, 0x1000, 7, 0x20020000)", "madvise(0x20000000, 0x4000, MADV_FREE)",
        ];
        Assert.Equal("None", LimitOf("load(0x20002000)", before));
        Assert.Equal("FreedPage", LimitOf("load(0x20000000)", before));
        Assert.Equal("FreedPage", LimitOf("load(0x20002000)", [.. before[..3], "fork()", before[3]]));
    }

    [Fact]
    public void AfterARefusedFixedMappingMapsIsNotAsked()
    {
        string[] before =
            [Map, "rlimit(RLIMIT_AS, 0x4000)", "mmap(0x20001000, 0x9000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"];
        Assert.Equal("MapsAfterRefusedFixed", LimitOf("maps(0, 0xbfff0000)", before));
        Assert.Equal("None", LimitOf("areas(0, 0xbfff0000)", before));
    }

    /// <summary>The length of an area of the pool is rounded up to huge pages: what it loses may be the reserved area.</summary>
    [Theory]
    [InlineData("mremap(0xbfc00000, 0x201000, 0x1c5000, 0)", "ReservedArea")]
    [InlineData("mremap(0xbfc00000, 0x200000, 0x1c5000, 0)", "None")]
    public void ARemapThatIsRoundedUpStaysBelowTheReservedArea(string call, string limit)
    {
        ScenarioHeader header = ScenarioHeader.Default with { HugePages = 4 };
        LockstepOptions options = Scenarios.Alone with { Adjust = static engine => engine with { Tables = TableFormat.Pae } };
        using LockstepMachines machines = Scenarios.After(options, header,
            ["mmap(0xbfc00000, 0x1c7000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0)"]);
        Assert.Equal(limit, DialectLimits.Of(machines.World, ScenarioParser.ParseCall(call)).ToString());
    }

    [Fact]
    public void FaultsAreNotCountedAfterMadvFree()
    {
        Assert.Equal("UncountableFaults", LimitOf("faults()", Map, "faults()", "madvise(0x20000000, 0x1000, MADV_FREE)"));
        Assert.Equal("None", LimitOf("faults()", Map, "faults()", "load(0x20000000)"));
    }

    [Fact]
    public void LockingAllMemoryIsNotAskedWhereTheReservedAreaDecides()
    {
        string[] before = [Map, "rlimit(RLIMIT_MEMLOCK, 0x8000)"];
        Assert.Equal("LockAllNearLimit", LimitOf("mlockall(MCL_CURRENT)", before));
        Assert.Equal("None", LimitOf("mlockall(MCL_CURRENT)", Map, "rlimit(RLIMIT_MEMLOCK, 0x3000)"));
        Assert.Equal("None", LimitOf("mlockall(MCL_CURRENT)", Map, "rlimit(RLIMIT_MEMLOCK, 0x20000)"));
    }

    /// <summary>In 1 MiB with swap, three quarters of RAM may be locked by all processes together.</summary>
    [Theory]
    [InlineData("mmap(0x30000000, 0x91000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0)", "Shortage")]
    [InlineData("mmap(0x30000000, 0x90000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0)", "None")]
    [InlineData("mmap(0x30000000, 0x91000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_POPULATE, -1, 0)", "None")]
    [InlineData("[1] mmap(0x30000000, 0x91000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "Shortage")]
    [InlineData("[1] brk(0x080da000)", "None")]
    [InlineData("[1] brk(0x080db000)", "Shortage")]
    [InlineData("mlock(0x20030000, 0x91000)", "Shortage")]
    [InlineData("mlock2(0x20030000, 0x90000, 0)", "None")]
    [InlineData("mremap(0x20000000, 0x30000, 0xc1000, MREMAP_MAYMOVE)", "Shortage")]
    [InlineData("mremap(0x20000000, 0x30000, 0xc0000, MREMAP_MAYMOVE)", "None")]
    [InlineData("mlockall(MCL_CURRENT)", "Shortage")]
    [InlineData("[1] mlockall(MCL_FUTURE)", "None")]
    public void LockedPagesLeaveRoomForTables(string call, string limit)
    {
        LockstepOptions pressure = new(MachineSet.EngineOnly) { RamByteLength = 1 << 20, SwapByteLength = 16 << 20, IsShort = true };
        using LockstepMachines machines = Scenarios.After(pressure,
        [
            "mmap(0x20000000, 0x100000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "mlock(0x20000000, 0x30000)", "fork()",
            "[1] mlockall(MCL_FUTURE)",
        ]);
        Assert.Equal(limit, DialectLimits.Of(machines.World, ScenarioParser.ParseCall(call)).ToString());
        string unbound = call.Contains("[1]", StringComparison.Ordinal) ? "None" : LimitOf(call, Map);
        Assert.Equal("None", unbound);    // where RAM is not short, none of them is left out
    }

    private static string LimitOf(string call, params string[] before)
    {
        using LockstepMachines machines = Scenarios.After(before);
        return DialectLimits.Of(machines.World, ScenarioParser.ParseCall(call)).ToString();
    }
}
