using System.Collections.Concurrent;
using System.Globalization;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>
/// The engine asks for a flush whenever one is owed: a TLB that is emptied all the time shows the same, to the last bit of the tables.
/// </summary>
[Trait("Category", "Slow")]
public sealed class FlushObligationTests
{
    private const int RoundCount = 400;

    private static readonly ConcurrentDictionary<int, string> LogOfAlways = [];

    public static TheoryData<int> Seeds =>
        [.. Enumerable.Range(1,
            int.TryParse(Environment.GetEnvironmentVariable("PAGING_FLUSH_SEEDS"), CultureInfo.InvariantCulture, out int count)
                ? count : Soak.Of(6, 2))];

    [Theory, MemberData(nameof(Seeds))]
    public void FlushingOnRequestShowsTheSameAsFlushingAlways(int seed)
    {
        string always = AlwaysFlushed(seed), asked = Log(seed, FlushPolicy.WhenAsked);
        Assert.True(string.Equals(always, asked, StringComparison.Ordinal), FirstDifference(always, asked));
    }

    /// <summary>The mappings of the host's processor are a TLB, too: every fault, error code and bit of the tables is the same.</summary>
    [Theory, MemberData(nameof(Seeds))]
    public void TheHostsProcessorShowsTheSame(int seed)
    {
        RequiredProcessor.Check(isDirect: true);
        string always = AlwaysFlushed(seed);
        using FlushedRun run = new(seed, FlushPolicy.Always, isDirect: true);
        string direct = run.Run(RoundCount);
        Assert.True(string.Equals(always, direct, StringComparison.Ordinal), FirstDifference(always, direct));
    }

    /// <summary>If flushes could be left out unseen, the test above would prove nothing.</summary>
    [Fact]
    public void LeavingFlushesOutIsSeen()
    {
        string always = Log(1, FlushPolicy.Always, keepsFrames: true);
        Assert.Equal(always, Log(1, FlushPolicy.WhenAsked, keepsFrames: true));
        Assert.False(string.Equals(always, Log(1, FlushPolicy.Never, keepsFrames: true), StringComparison.Ordinal));
    }

    // mov edi,500000; mov ecx,60; xor ebx,ebx; again: mov eax,[edi]; add [edi],ecx; add ebx,[edi]; add ebx,eax; add edi,1000;
    // dec ecx; jnz again; int 80
    [Fact]
    public void AStoreThatReplacesItsOwnPageFlushesNothing()
    {
        using Machine machine = new();
        machine.Load([0xBF, 0, 0, 0x50, 0, 0xB9, 60, 0, 0, 0, 0x31, 0xDB, 0x8B, 0x07, 0x01, 0x0F, 0x03, 0x1F, 0x01, 0xC3, 0x81, 0xC7, 0,
            0x10, 0, 0, 0x49, 0x75, 0xEF, 0xCD, 0x80]);
        ProcessorCounters before = machine.Processor.Counters;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.Equal(60u * 61 / 2, machine.Registers.Ebx);
        Assert.InRange(machine.Processor.Counters.Flushes - before.Flushes, 0, 2);
        Assert.True(machine.Processor.Counters.PageFaults - before.PageFaults >= 120);    // the zero page, then one of its own
    }

    private static string AlwaysFlushed(int seed) => LogOfAlways.GetOrAdd(seed, static seed => Log(seed, FlushPolicy.Always));

    private static string Log(int seed, FlushPolicy policy, bool keepsFrames = false)
    {
        RequiredProcessor.Check();
        using FlushedRun run = new(seed, policy, keepsFrames);
        return run.Run(RoundCount);
    }

    private static string FirstDifference(string always, string asked)
    {
        string[] left = always.Split('\n'), right = asked.Split('\n');
        for (int i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            if (!string.Equals(left[i], right[i], StringComparison.Ordinal)) return $"always:\n{left[i]}\nwhen asked:\n{right[i]}";
        }

        return "one log is longer than the other";
    }
}
