using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Tests;

/// <summary>Process 0 starts in the state that its header describes, or not at all.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("flexible", 0xb800_0000, 0x80_0000)]
    [InlineData("flexible", 0xb800_0000, 0x1000)]            // a gap is never below 128 MiB
    [InlineData("flexible", 0xaff0_0000, 0x1000_0000)]       // the limit and 1 MiB
    [InlineData("flexible", 0x2000_0000, 0xffff_f000)]       // nor above five sixths
    [InlineData("classic", 0x4000_0000, 0x80_0000)]
    public void PlacesAreSoughtFromTheBaseOfTheLayout(string layout, uint mmapBase, ulong stackLimit)
    {
        bool isClassic = string.Equals(layout, "classic", StringComparison.Ordinal);
        ScenarioHeader header = ScenarioHeader.Default with
        {
            Layout = isClassic ? LayoutKind.Classic : LayoutKind.Flexible,
            MmapBase = new(mmapBase),
            StackLimit = stackLimit,
        };
        using HostKernelMachine machine = Host.Start(header);
        string place = $"0x{(isClassic ? mmapBase : mmapBase - 0x1000):x8}";
        Assert.Equal(place, machine.Do("mmap(0, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"));
    }

    [Theory]
    [InlineData(0x0804_a000)]
    [InlineData(0x0001_2000)]
    [InlineData(0x1fff_0000)]
    public void TheBreakBeginsAtTheHeadersAddress(uint programBreak)
    {
        using HostKernelMachine machine = Host.Start(ScenarioHeader.Default with { Break = new(programBreak) });
        Assert.Equal($"0x{programBreak:x8}", machine.Do("brk(0)"));
        Assert.Equal($"0x{programBreak:x8}", machine.Do($"brk(0x{programBreak - 1:x})"));
        Assert.Equal($"0x{programBreak + 1:x8}", machine.Do($"brk(0x{programBreak + 1:x})"));
    }

    [Fact]
    public void TheSpaceIsEmptyAndTheBlockCountsNowhere() => Host.Agrees(
        "vm() = size=0 data=0 stack=0 locked=0",
        "maps(0, 0xc0000000) = {", "}",
        "mmap(0x20000000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000",
        "mlockall(MCL_CURRENT|MCL_FUTURE) = 0",
        "vm() = size=3 data=3 stack=0 locked=3",
        "rlimit(RLIMIT_AS, 0x4000) = 0",
        "mmap(0, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xb7fff000",
        "mmap(0, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM");

    [Fact]
    public void NoRightIsLeft() => Host.Agrees(
        "mmap(0, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 EPERM",
        "rlimit(RLIMIT_MEMLOCK, 0x1000) = 0",
        "mmap(0, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_LOCKED, -1, 0) = -1 EAGAIN");

    [Theory]
    [InlineData(0xb700_0000, 0x0804_a000, 0xbfff_0000)]      // no stack limit of 8 MiB gives this base
    [InlineData(0xb800_0000, 0x0804_a001, 0xbfff_0000)]
    [InlineData(0xb800_0000, 0x0000_1000, 0xbfff_0000)]
    [InlineData(0xb800_0000, 0x0804_a000, 0xbfff_f000)]      // too small for the puppet
    public void AHeaderThatTheKernelCannotFollowIsRefused(uint mmapBase, uint programBreak, uint reserved)
    {
        Host.Require();
        using HostKernelMachine machine = new();
        ScenarioHeader header = ScenarioHeader.Default with
        {
            MmapBase = new(mmapBase),
            Break = new(programBreak),
            Reserved = new VirtualAddress(reserved)
        };
        _ = Assert.Throws<PlatformNotSupportedException>(() => machine.Start(header));
    }
}
