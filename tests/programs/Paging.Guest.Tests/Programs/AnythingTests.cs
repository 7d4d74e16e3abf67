using System.Globalization;

namespace Paging.Guest.Tests;

/// <summary>
/// Random calls about files, pipes, sockets, events, signals and memory, hundreds one after another: the same line for each as on the
/// host. More seeds by <c>tools/compare-calls.sh</c>.
/// </summary>
[Trait("Compares", "Native")]
public sealed class AnythingTests(BuiltPrograms programs)
{
    private const string CallCount = "800";

    /// <summary>The kernel whose results the guests have; older ones ask in another order, and lack some calls.</summary>
    private static readonly Version KernelOfResults = new(6, 18);

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("1")]
    [InlineData("4")]
    [InlineData("7")]
    [InlineData("9")]
    [InlineData("17")]
    [InlineData("29")]
    [InlineData("41")]
    [InlineData("114")]
    [InlineData("277")]
    [InlineData("326")]
    [InlineData("389")]
    [InlineData("2026")]
    [InlineData("5002", "2300")]
    [InlineData("5023")]
    [InlineData("60017", "1500")]
    [InlineData("60025", "1500")]
    [InlineData("60036", "1500")]
    [InlineData("70109", "100")]
    [InlineData("70112", "700")]
    [InlineData("70064", "700")]
    [InlineData("70165", "700")]
    public void EachCallReturnsTheHostsResult(string seed, string callCount = CallCount)
    {
        RequireKernel();
        using GuestRun run = new() { Engine = new() { RamBytes = 16 << 20 } };
        run.AssertSame(programs.Find("anything"), "anything", seed, callCount);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("38")]
    [InlineData("187")]
    public void EachCallOnTheHostsProcessorReturnsTheHostsResult(string seed)
    {
        RequireKernel();
        using GuestRun run = new() { Pace = GuestPace.Host, Execution = GuestExecution.Direct };
        run.AssertSame(programs.Find("anything"), "anything", seed, CallCount);
    }

    /// <summary>Seals, segments of System V, userfaultfds, scans, and accesses of other processes, beside the dialect's calls.</summary>
    /// <param name="seed">The seed of the calls.</param>
    /// <param name="callsBeforeADifference">
    /// How many of them a recording has: it is of 7.2, which then reads less through /proc/PID/mem, or unlocks less after MREMAP_DONTUNMAP.
    /// </param>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("1", 249)]
    [InlineData("11", 268)]
    [InlineData("120", 665)]
    public void EachCallAboutMemoryReturnsTheHostsResult(string seed, int callsBeforeADifference)
    {
        RequireKernel();
        string calls = RequiredProcessor.HostRunsPrograms ? CallCount : callsBeforeADifference.ToString(CultureInfo.InvariantCulture);
        using GuestRun run = new();
        run.AssertSame(programs.Find("memory-calls"), "memory-calls", seed, calls, "1");
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("39")]
    [InlineData("44")]
    public void EachCallAboutMemoryOnTheHostsProcessorReturnsTheHostsResult(string seed)
    {
        RequireKernel();
        using GuestRun run = new() { Pace = GuestPace.Host, Execution = GuestExecution.Direct };
        run.AssertSame(programs.Find("memory-calls"), "memory-calls", seed, CallCount, "1");
    }

    /// <summary>Two living processes, segments whose pieces mremap moves, a monitor that supplies pages, and remote accesses.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("3", true)]
    [InlineData("7", false)]
    [InlineData("11", true)]
    public void EachCallOfTwoProcessesReturnsTheHostsResult(string seed, bool isEmulated)
    {
        RequireKernel();
        using GuestRun run = isEmulated ? new() : new() { Pace = GuestPace.Host, Execution = GuestExecution.Direct };
        run.AssertSame(programs.Find("company"), "company", seed, CallCount);
    }

    private static void RequireKernel()
    {
        Version here = Environment.OSVersion.Version;
        Assert.SkipUnless(here >= KernelOfResults || !RequiredProcessor.HostRunsPrograms,
            $"The host's kernel is {here}; the guests' results are those of {KernelOfResults}.");
    }
}
