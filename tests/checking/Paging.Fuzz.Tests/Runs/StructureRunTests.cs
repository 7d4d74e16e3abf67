using Paging.Testing.Counting;
using Paging.Testing.Randomness;
using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The fuzzer's runs of one part of the engine beside a plain model of it, each for a few hundred operations.</summary>
/// <remarks>
/// The seeds are fixed and the runs short, so that every build notices the same faults; <c>paging-fuzz</c> runs longer ones.
/// A failure names the operation; the fuzz target of the same name shrinks it (<c>--target snapshot --seed N</c>).
/// </remarks>
public sealed class StructureRunTests
{
    private const int AuditInterval = 40;

    [Theory, MemberData(nameof(Seeds), 16)]
    public void ARestoreGivesBackTheVisibleState(ulong seed) =>
        Run(seed, 300, SnapshotRun.Operations, static random => new SnapshotRun(random));

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(SomeSeeds), 16)]
    public void ARestoreOfProcessesThatShareGivesBackTheVisibleState(ulong seed) =>
        Run(seed, 300, EngineSnapshotRun.Operations, static random => new EngineSnapshotRun(random));

    [Theory, MemberData(nameof(Seeds), 12)]
    public void PinsWatchpointsAndUserfaultsAgreeWithPlainBytes(ulong seed) =>
        Run(seed, 400, ObserverRun.Operations, static random => new ObserverRun(random));

    [Theory, MemberData(nameof(Seeds), 8)]
    public void LogsDevicesAndHostMemoryAgreeWithPlainBytes(ulong seed) =>
        Run(seed, 400, RegionRun.Operations, static random => new RegionRun(random));

    [Theory, MemberData(nameof(Seeds), 12)]
    public void AFileAgreesWithPlainBytesWhileItsDiskFails(ulong seed) =>
        Run(seed, 200, FileRun.Operations, static random => new FileRun(random));

    [Theory, MemberData(nameof(Seeds), 12)]
    public void MemoryAgreesWithPlainWordsWhileSwapDevicesFail(ulong seed) =>
        Run(seed, 300, PressureRun.Operations, static random => new PressureRun(random));

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Seeds), 8)]
    public void HugePagesAgreeWithTheModel(ulong seed) =>
        Run(seed, 200, HugeRun.Operations, static random => new HugeRun(random));

    /// <summary>Parents and children with pages of a pool that is too small for all: copies, pages taken back, reservations.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Seeds), 16)]
    public void FamiliesWithPagesOfThePoolAgreeWithTheModel(ulong seed)
    {
        string[] kinds = ["map pool", "store", "store", "store", "load", "fork", "fork", "exit", "munmap", "discard", "setpool"];
        FuzzRandom random = new(seed);
        Run(seed, HugeRun.Operations, static draw => new HugeRun(draw), [.. Enumerable.Range(0, 120).Select(_ =>
        {
            string kind = kinds[random.Below((uint)kinds.Length)];
            return RawOperation.Draw(random, 1) with { Kind = (uint)Array.IndexOf(HugeRun.Operations, kind) };
        })]);
    }

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Seeds), 8)]
    public void HugePagesInLittleRamAgreeWithPlainWords(ulong seed) =>
        Run(seed, 200, HugePressureRun.Operations, static random => new HugePressureRun(random));

    [Theory, MemberData(nameof(Seeds), 6)]
    public void TheTreeOfAreasAgreesWithASortedList(ulong seed) =>
        Run(seed, 300, AreaTreeRun.Operations, static random => new AreaTreeRun(random));

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Seeds), 10)]
    public void ThreadsSeeTheirOwnPagesAndLoseNoStore(ulong seed)
    {
        using ThreadsRun run = new(seed, 1000);
        string? failure = run.Execute(new RunCounters(new Coverage(ThreadsRun.Operations, ThreadsRun.Outcomes)));
        if (failure is not null) Assert.Fail($"Seed {seed}: {failure}");
    }

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Seeds), 4)]
    public void FreshPagesBesideCallsAreZerosAndStay(ulong seed)
    {
        using TouchesRun run = new(seed, 10_000);
        string? failure = run.Execute(new RunCounters(new Coverage(ThreadsRun.Operations, ThreadsRun.Outcomes)));
        if (failure is not null) Assert.Fail($"Seed {seed}: {failure}");
    }

    public static TheoryData<ulong> Seeds(int count) => [.. Enumerable.Range(1, count).Select(static seed => (ulong)seed)];

    public static TheoryData<ulong> SomeSeeds(int count) => Seeds(Soak.Of(count, count / 3));

    private static void Run(ulong seed, int operationCount, string[] operations, Func<FuzzRandom, IStructureRun> begin)
    {
        FuzzRandom random = new(seed);
        Run(seed, operations, begin, [.. Enumerable.Range(0, operationCount).Select(_ => RawOperation.Draw(random, operations.Length))]);
    }

    private static void Run(ulong seed, string[] operations, Func<FuzzRandom, IStructureRun> begin, RawOperation[] script)
    {
        using IStructureRun run = begin(new(seed));
        for (int done = 0; done < script.Length; done++)
        {
            run.Execute(script[done], out string? failure);
            if (done % AuditInterval == AuditInterval - 1) failure ??= run.Verify();
            if (failure is not null) Assert.Fail($"Seed {seed}, operation {done + 1}, {operations[script[done].Kind]}: {failure}");
        }

        if (run.Finish() is { } left) Assert.Fail($"Seed {seed}, at the end: {left}");
    }
}
