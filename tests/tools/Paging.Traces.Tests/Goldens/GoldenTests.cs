using Paging.Traces;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Traces.Tests;

/// <summary>Exact figures for each policy: textbook strings, and traces from papers and courses.</summary>
public class GoldenTests
{
    public static TheoryData<string> Strings => Select(static trace => Textbook.Named(trace) is not null);

    public static TheoryData<string> Traces => Select(static trace => Textbook.Named(trace) is null);

    [Theory, MemberData(nameof(Strings))]
    public void EveryRowOfATextbookStringIsExact(string trace) => Check(trace);

    [Theory, MemberData(nameof(Traces)), Trait("Category", "Slow")]
    public void EveryRowOfATraceIsExact(string trace) => Check(trace);

    private static TheoryData<string> Select(Func<string, bool> belongs) =>
        SharedTraces.Exist ? [.. GoldenRow.ReadAll(SharedTraces.GoldensFile).Select(static row => row.Trace)
            .Distinct(StringComparer.Ordinal).Where(belongs)] : ["none"];

    private static void Check(string trace)
    {
        Assert.SkipUnless(SharedTraces.Exist, SharedTraces.Reason);
        GoldenRow[] rows = [.. GoldenRow.ReadAll(SharedTraces.GoldensFile).Where(row =>
            string.Equals(row.Trace, trace, StringComparison.Ordinal))];
        TraceSimulator[] simulators = [.. rows.Select(static row => SimulatedRuns.Create(row.Policy, row.FrameCount))];
        bool hasStores = false;
        if (Textbook.Named(trace) is { } accesses)
        {
            foreach (TraceSimulator simulator in simulators) SimulatedRuns.Run(simulator, accesses);
        }
        else
        {
            hasStores = Replay(trace, simulators);
        }
        Assert.Equal(rows, rows.Zip(simulators, (row, simulator) => row with
        {
            AccessCount = simulator.AccessCount,
            MissCount = simulator.MissCount,
            DirtyEvictionCount = hasStores ? simulator.DirtyEvictionCount : null,
        }));
    }

    private static bool Replay(string trace, TraceSimulator[] simulators)
    {
        string file = SharedTraces.FileOf(trace)!;
        using TraceReader reader = TraceReader.Open(File.OpenRead(file), file);
        TraceReplay replay = new();
        replay.Run(reader, simulators);
        return replay.HasStores;
    }
}
