using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>Every script that ever failed goes on agreeing, on engine and model, call by call, with an audit after each.</summary>
public sealed class RegressionTests
{
    private const int SweptCountMax = 50;

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "regressions"), "*.scn").Order(StringComparer.Ordinal)
        .Select(static path => Path.GetFileName(path))];

    [Theory, MemberData(nameof(Names))]
    public void EngineAndRecordingAgree(string name)
    {
        ScenarioDocument document = Read(name);
        ReplayOutcome outcome =
            ScriptReplay.Run(RegressionFile.MachinesOf(document, Scenarios.Alone), document.Header, CallsOf(document), limited: false);
        Assert.Null(outcome.Failure);
        ScriptResult[] recorded = [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call)
            .Select(static line => line.Recorded)];
        for (int i = 0; i < recorded.Length; i++)
            Assert.True(recorded[i].Agrees(outcome.Results[i]),
                $"{name}: {outcome.Calls[i]} gave {outcome.Results[i]}, recorded {recorded[i]}");
    }

    /// <summary>Compared up to the first call that the dialect leaves open, if there is one.</summary>
    [Theory, MemberData(nameof(Names))]
    public void EngineAndModelAgree(string name)
    {
        ScenarioDocument document = Read(name);
        List<ScenarioCall> calls = CallsOf(document);
        ReplayOutcome outcome = ScriptReplay.Run(RegressionFile.MachinesOf(document, Scenarios.WithModel), document.Header, calls);
        int inside = outcome.Calls.Zip(calls).TakeWhile(static pair => pair.First == pair.Second).Count();
        Assert.Null(ScriptReplay.Run(RegressionFile.MachinesOf(document, Scenarios.WithModel), document.Header, calls[..inside],
            limited: false).Failure);
    }

    /// <summary>Not with huge pages: where none can be allocated small ones come instead, and later calls show that.</summary>
    public static TheoryData<string> NamesOfSmallPages =>
        [.. Names.Select(static row => row.Data).Where(static name => !Read(name).Header.UsesHugePages)];

    /// <summary>On the usual machines: with few areas allowed, the splits that a refusal leaves may meet that limit later.</summary>
    [Theory, MemberData(nameof(NamesOfSmallPages))]
    public void EveryAllocationMayFail(string name)
    {
        ScenarioDocument document = Read(name);
        ReplayOutcome outcome = ScriptReplay.Run(Scenarios.Alone, document.Header, CallsOf(document), limited: false);
        if (outcome.Calls.Count > SweptCountMax) return;
        Assert.Null(new InjectionSweep(document.Header, outcome.Calls, outcome.Results).Run());
    }

    private static ScenarioDocument Read(string name) =>
        ScenarioParser.ParseFile(Path.Combine(AppContext.BaseDirectory, "regressions", name));

    private static List<ScenarioCall> CallsOf(ScenarioDocument document) =>
        [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => line.Call)];
}
