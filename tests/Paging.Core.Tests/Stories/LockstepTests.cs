using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Generated scenarios on the engine and on the reference model: every result agrees, and the engine's audits are clean.</summary>
/// <remarks>
/// The seeds are fixed and the scenarios short, so that every build notices the same faults; <c>paging-fuzz</c> runs longer ones.
/// </remarks>
public sealed class LockstepTests
{
    private const int CallCountMax = 100;
    private const int AuditInterval = 40;

    /// <summary>Of the seeds 64 to 127 every scenario has huge pages of both kinds.</summary>
    private const int FirstHugeSeed = 64;

    public static TheoryData<ulong> Plain => [.. Enumerable.Range(1, 30).Select(static seed => (ulong)seed)];

    public static TheoryData<ulong> Processes => [.. Enumerable.Range(1, 12).Select(static seed => 1000 + (ulong)seed)];

    public static TheoryData<ulong> Huge => [.. Enumerable.Range(0, 20).Select(static seed => FirstHugeSeed + (ulong)seed)];

    public static TheoryData<ulong> BesideWindows =>
        [.. Soak.Rows([.. Processes.Select(static row => row.Data), .. Huge.Select(static row => row.Data)], 6)];

    [Theory, MemberData(nameof(Plain))]
    public void TheEngineAgreesWithTheModel(ulong seed) => Run(SwarmTheme.Everything, seed);

    [Theory, MemberData(nameof(Processes))]
    public void TheEngineAgreesWithTheModelWhereProcessesFork(ulong seed) => Run(SwarmTheme.Processes, seed);

    [Theory, MemberData(nameof(Huge))]
    public void TheEngineAgreesWithTheModelWithHugePages(ulong seed) => Run(SwarmTheme.Everything, seed);

    /// <summary>With a window of the host for each process: it changes no result, and shows after each call what the tables say.</summary>
    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(BesideWindows))]
    public void TheEngineAgreesWithTheModelBesideWindows(ulong seed) => Run(SwarmTheme.Everything, seed, hasWindows: true);

    private static void Run(SwarmTheme theme, ulong seed, bool hasWindows = false)
    {
        LockstepOptions options = new(MachineSet.Model) { MayHaveHugePages = true, HasWindows = hasWindows };
        ScenarioRun run = new(theme, options, AuditInterval);
        FuzzFailure? failure = run.Run(seed, CallCountMax, new RunCounters(CallOutcomes.NewCoverage()));
        if (failure is not null) Assert.Fail($"Seed {seed}: {failure}");
        Assert.NotEmpty(run.Calls);
    }
}
