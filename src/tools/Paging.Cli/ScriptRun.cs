using Paging.Cli.Reports;
using Paging.Pictures.Reports;
using Paging.Remote;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.Cli;

/// <summary>A run of <c>paging script</c>: executes each file on a fresh machine, and counts.</summary>
/// <param name="options">The options.</param>
/// <param name="output">The output for differences and errors.</param>
/// <param name="recording">The output of <c>--print</c>.</param>
/// <param name="createMachine">Makes the machine for a file.</param>
internal sealed class ScriptRun(ScriptOptions options, ScriptOutput output, TextWriter recording, Func<EngineMachineOptions,
    IScenarioMachine> createMachine)
{
    private readonly List<string> _files = [];
    private readonly List<ReportSection> _sections = [];
    private volatile int _fileIndex;
    private volatile int _callIndex;    // within the file
    private volatile int _callCount;    // of the file; 0 while it is read

    /// <summary>Scenarios executed, to their end or not.</summary>
    public int ScenarioCount { get; private set; }

    /// <summary>Calls executed.</summary>
    public long CallCount { get; private set; }

    /// <summary>Calls whose results were compared with recorded ones.</summary>
    public long ComparedCount { get; private set; }

    /// <summary>Calls that differed.</summary>
    public long DifferenceCount { get; private set; }

    /// <summary>Scenarios that ended at a call that the machine does not support.</summary>
    public int UnsupportedCount { get; private set; }

    /// <summary>True if a file could not be read or run.</summary>
    public bool HasUnusable { get; private set; }

    /// <summary>The executed calls by name.</summary>
    public ScenarioTally Tally { get; } = new();

    /// <summary>The figures of the machines, for a report.</summary>
    public MachineSummary Machines { get; } = new();

    /// <summary>The part that is done, 0 to 1; may be read from another thread.</summary>
    public double DoneFraction => _files.Count == 0 ? 0 : (_fileIndex + ((double)_callIndex / Math.Max(1, _callCount))) / _files.Count;

    /// <summary>The last line of the output.</summary>
    public string Summary
    {
        get
        {
            string executed = $"{Counted.Of(ScenarioCount, "scenario")}, {Counted.Of(CallCount, "call")}";
            string rest = $"{Counted.Of(DifferenceCount, "difference")}, {UnsupportedCount} unsupported";
            if (options.Print) return $"{executed} recorded, {rest}";
            return ComparedCount + DifferenceCount + UnsupportedCount > 0 ? $"{executed}, {ComparedCount} compared, {rest}"
                : $"{executed}, 0 compared: {(ScenarioCount == 1 ? "it has" : "they have")} no results; "
                    + "fill them in with --print or paging record";
        }
    }

    /// <summary>The exit code.</summary>
    public int ExitCode =>
        HasUnusable ? Cli.ExitCode.Unusable : DifferenceCount + UnsupportedCount > 0 ? Cli.ExitCode.Difference : Cli.ExitCode.Agreement;

    /// <summary>Finds the files, and reports names that cannot be used.</summary>
    public void Find()
    {
        foreach (string path in options.Paths)
        {
            _files.AddRange(ScenarioArguments.Expand(path, out string? error));
            if (error is not null) Refuse(error);
        }
    }

    /// <summary>Runs all of them.</summary>
    public void RunAll()
    {
        foreach (string file in _files)
        {
            try
            {
                Run(file);
            }
            catch (Exception failure) when (failure is RemoteException or SwapFileException)
            {
                Refuse($"{file}: --swap {failure.Message}");
            }
            catch (Exception exception) when (Defect.Is(exception))    // in making or disposing of a machine; the rest are differences
            {
                Refuse($"{file}: the engine broke: {Defect.Describe(exception)}");
            }

            _callIndex = 0;
            _fileIndex++;
        }
    }

    /// <summary>The run as a page with pictures.</summary>
    public string RenderPictures() => ReportPage.Write("paging script: " + Summary, [ScriptPictures.Of(Tally), .. _sections]);

    private void Run(string file)
    {
        if (ScenarioArguments.ReadAny(file, out string? error) is { } document) Run(document);
        else Refuse(error!);
    }

    private void Run(ScenarioDocument document)
    {
        _callCount = document.CallCount;
        bool isOfLinux = document.Dialect == ScenarioDialect.Linux;
        if (!isOfLinux && options.Costs is not null)
        {
            Refuse($"{document.FileName}: --costs prices scenarios of Linux");
            return;
        }

        ScriptCosts? costs = options.Costs is { } prices ? new(prices) : null;    // of the machine's engine
        EngineMachineOptions machineOptions = costs is null ? MachineOptions : costs.AddTo(MachineOptions);
        using IScriptMachine machine =
            isOfLinux ? createMachine(machineOptions) : Registered.MakeMachine(document.Dialect, options.Machine);
        bool isDrawn = options.ReportFile is not null && _sections.Count < ScriptPictures.SectionCountMax;
        using RunTimeline? timeline = isDrawn && machine is EngineMachine engine ? new(engine) : null;
        IScriptMachine run = costs is not null && machine is EngineMachine costed
            ? costs.Around(timeline ?? (IScenarioMachine)costed, costed) : timeline ?? machine;
        ScenarioRunOptions runOptions = OptionsFor(machine as IAuditedMachine, isOfLinux ? Tally : null);
        ScenarioOutcome outcome = options.Print
            ? ScenarioRunner.Record(document, run, recording, runOptions)
            : ScenarioRunner.Run(document, run, runOptions);
        Count(document.FileName, outcome);
        if (timeline is { CallCount: > 0 }) _sections.Add(ScriptPictures.Of(document.FileName, timeline, costs?.Ledger));
        if (costs is { HasEngine: true }) Print(LedgerTable.Render(document.FileName, costs.Ledger));
        if (options.Report && machine is IMachineReport report) Machines.Add(report);
    }

    private EngineMachineOptions MachineOptions => options.Swap is { } swap
        ? options.Machine with { OpenSwap = () => swap.Open(output.WriteError) } : options.Machine;

    private ScenarioRunOptions OptionsFor(IAuditedMachine? audited, ScenarioTally? tally)
    {
        Func<string?>? audit = audited is null ? null : audited.AuditNow;
        return new()
        {
            KeepGoing = options.KeepGoing,
            AfterEach = options.Machine.Audit == AuditLevel.Thorough ? audit : null,
            AfterLast = options.Machine.Audit == AuditLevel.Cheap ? audit : null,
            Tally = tally,
            Progress = count => _callIndex = count,
        };
    }

    private void Count(string file, ScenarioOutcome outcome)
    {
        ScenarioCount++;
        CallCount += outcome.CallCount;
        ComparedCount += outcome.ComparedCount;
        DifferenceCount += outcome.Differences.Length;
        foreach (ScenarioDifference difference in outcome.Differences)
            Print($"{file}:{difference.Line}: {difference.Call}\n" +
                $"  expected: {Indent(difference.Expected)}\n  actual:   {Indent(difference.Actual)}");
        if (outcome.Unsupported is not { } unsupported) return;
        UnsupportedCount++;
        Print($"{file}:{unsupported.Line}: {unsupported.Call}\n  unsupported: {unsupported.Reason}");
    }

    /// <summary>Writes to standard error with <c>--print</c>, where standard output has only the scenario.</summary>
    private void Print(string text)
    {
        if (options.Print) output.WriteError(text);
        else output.WriteLine(text);
    }

    private void Refuse(string error)
    {
        HasUnusable = true;
        output.WriteError(error);
    }

    private static string Indent(string text) => text.Replace("\n", "\n  ", StringComparison.Ordinal);
}
