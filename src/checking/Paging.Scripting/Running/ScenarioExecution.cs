using System.Collections.Immutable;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Running;

/// <summary>One execution of one scenario on one machine.</summary>
/// <param name="document">The scenario to execute.</param>
/// <param name="machine">A fresh machine.</param>
/// <param name="options">The options of the run.</param>
/// <param name="recording">Gets every line with the machine's result, instead of a comparison; or null.</param>
internal sealed class ScenarioExecution(ScenarioDocument document, IScriptMachine machine, ScenarioRunOptions options,
    TextWriter? recording)
{
    private readonly ImmutableArray<ScenarioDifference>.Builder _differences = ImmutableArray.CreateBuilder<ScenarioDifference>();
    private ScenarioUnsupported? _unsupported;
    private ScenarioLine? _lastCall;    // null before the first
    private int _callCount, _comparedCount;

    /// <summary>Executes the scenario as far as it goes.</summary>
    public ScenarioOutcome Execute()
    {
        bool goesOn = Start();
        foreach (ScenarioLine line in document.Lines)
        {
            if (line.Kind == ScenarioLineKind.Call && goesOn) goesOn = ExecuteCall(line);
            else if (recording is not null) line.Write(recording, default);
            else if (!goesOn) break;
        }
        if (goesOn && _lastCall is not null && RunAudit(options.AfterLast) is { } finding)
            AddDifference(_lastCall, agrees: true, default, finding);
        return new(_callCount, _comparedCount, _differences.DrainToImmutable(), _unsupported);
    }

    private bool Start()
    {
        try
        {
            ScenarioStart start = document.Start is ScenarioHeader header
                ? header with { AsksForHugePages = document.AsksForHugePages } : document.Start;
            start.Begin(machine);
            return true;
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            AddDifference(document.Lines.First(static line => line.Kind == ScenarioLineKind.Header), agrees: true, default,
                Defect.Describe(exception));
            return false;
        }
    }

    /// <summary>True if the scenario continues after this call.</summary>
    private bool ExecuteCall(ScenarioLine line)
    {
        ScriptResult result = default;
        string? finding = null;
        try
        {
            result = machine.Execute(line.Call);
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            finding = Defect.Describe(exception);
        }
        if (result.Kind == CallResultKind.Unsupported) return GiveUp(line, Defect.OneLine(result.Text ?? ""));
        Count(line, in result);
        if (recording is not null) line.Write(recording, in result);
        bool agrees = recording is not null || line.Recorded.Agrees(in result);
        if (agrees || options.KeepGoing) finding ??= RunAudit(options.AfterEach);
        if (agrees && finding is null) return true;
        AddDifference(line, agrees, in result, finding);
        if (finding is null) return options.KeepGoing;
        recording?.Write($"# not executed from here on: audit: {finding}\n");
        return false;
    }

    private bool GiveUp(ScenarioLine line, string reason)
    {
        _unsupported = new(line.Number, line.Text, reason);
        if (recording is null) return false;
        recording.Write($"# not executed from here on: {reason}\n");
        line.Write(recording, default);
        return false;
    }

    private void Count(ScenarioLine line, in ScriptResult result)
    {
        _callCount++;
        _lastCall = line;
        bool isCompared = recording is null && line.Recorded.Kind != CallResultKind.None;
        if (isCompared) _comparedCount++;
        options.Tally?.Add(line.Call, in result, isCompared);
        options.Progress?.Invoke(_callCount);
    }

    /// <summary>One difference a call, even when both its result and the audit complain.</summary>
    private void AddDifference(ScenarioLine line, bool agrees, in ScriptResult result, string? finding)
    {
        string expected = agrees ? "audit: clean" : ScenarioPrinter.Print(line.Recorded);
        string actual = agrees ? "" : ScenarioPrinter.Print(in result);
        if (finding is not null) actual += actual.Length == 0 ? $"audit: {finding}" : $" (audit: {finding})";
        _differences.Add(new(line.Number, line.Text, expected, actual));
    }

    private static string? RunAudit(Func<string?>? audit)
    {
        try
        {
            return audit?.Invoke() is { } finding ? Defect.OneLine(finding) : null;
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return Defect.Describe(exception);
        }
    }
}
