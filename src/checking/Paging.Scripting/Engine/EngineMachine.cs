using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Reports;
using Paging.Scripting.Calls;
using Paging.Scripting.Running;

namespace Paging.Scripting.Engine;

/// <summary>Executes scenarios on the paging engine: a fresh one for each machine.</summary>
/// <remarks>
/// Process 0 of the script is the engine's first process. What the dialect leaves to the recording host is set as it was there:
/// memory is committed without a limit (the host had more than 4 GiB), files live in memory, and no process is privileged.
/// </remarks>
public sealed class EngineMachine : IScenarioMachine, IAuditedMachine, IMachineReport
{
    private readonly EngineMachineOptions? _options;
    private readonly bool _isBorrowed;    // engine and processes belong to another, and are numbered by their ids
    private readonly List<ScriptProcess> _processes = [];
    private PagingEngine _engine;
    private ScriptFiles _files;

    /// <summary>Builds the engine.</summary>
    [OverloadResolutionPriority(1)]    // new EngineMachine(new()) means the options
    public EngineMachine(EngineMachineOptions options) : this(EngineOf(options, header: null))
    {
        _options = options;
        _files = new(_engine, options.CreateFile);
    }

    /// <summary>
    /// Executes on an engine without processes, and owns it: for callers that want other options than the recording host's.
    /// </summary>
    public EngineMachine(PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        _files = new(_engine, createFile: null);
    }

    private EngineMachine(PagingEngine engine, bool isBorrowed) : this(engine) => _isBorrowed = isBorrowed;

    /// <summary>
    /// Executes on the processes that an engine has, and leaves both to their owner. A call names a process by its
    /// <see cref="UserProcess.Id"/>; a call of process 0 is one of the first that lives. <see cref="Start"/> is not called.
    /// </summary>
    public static EngineMachine Over(PagingEngine engine) => new(engine, isBorrowed: true);

    /// <summary>The engine, for reports and audits.</summary>
    public PagingEngine Engine => _engine;

    /// <summary>The process with a number of the script; null if there is none, or it has exited.</summary>
    public UserProcess? ProcessOf(int number) => Find(number)?.Process;

    /// <summary>The processes that the script has made, in their order.</summary>
    internal IEnumerable<UserProcess> Processes => _processes.Select(static one => one.Process);

    /// <summary>The group of the first process and its children; null: the one without a limit. Before <see cref="Start"/>.</summary>
    internal Func<PagingEngine, MemoryGroup?>? GroupOf { get; set; }

    /// <summary>What the script itself remembers: its numbers of processes, and the faults that it has counted.</summary>
    internal (ScriptProcess Process, ScriptFaults Faults)[] Remember() => [.. _processes.Select(static one => (one, one.Faults))];

    /// <summary>Goes back to what the script remembered, after a snapshot has brought back the processes.</summary>
    internal void GoBack((ScriptProcess Process, ScriptFaults Faults)[] remembered)
    {
        _processes.Clear();
        foreach ((ScriptProcess process, ScriptFaults faults) in remembered)
        {
            process.Faults = faults;
            _processes.Add(process);
        }
    }

    /// <inheritdoc/>
    public void Start(ScenarioHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (header.UsesHugePages && _options is not null) Replace(EngineOf(_options, header));
        ProcessOptions options = new()
        {
            IsTopDown = header.Layout == LayoutKind.Flexible,
            MmapBase = header.MmapBase,
            StartBreak = header.Break,
            StackLimit = header.StackLimit,
            LowestAddress = header.Lowest,
            HighestAddress = header.Lowest is null ? null : new(header.TaskSize.Value - 1),
            Group = GroupOf?.Invoke(_engine),
        };
        UserProcess process = _engine.CreateProcess("script", options);
        Errno error = process.Memory.Reserve(PageRange.Between(header.Reserved.Page, header.TaskSize.Page));
        if (error != Errno.None) throw new InvalidOperationException($"The reserved area at {header.Reserved} cannot be set up: {error}.");
        if (!header.HasTransparentPages) process.Memory.HugePages.SetPolicy(TransparentPolicy.Off);
        _processes.Add(new(process));
    }

    /// <inheritdoc/>
    public ScriptResult Execute(in ScenarioCall call)
    {
        if (Find(call.Process) is not { } process) return ScriptResult.Unsupported($"there is no process {call.Process}");
        return call.Name switch
        {
            CallName.Fork => Fork(process),
            CallName.Exit => Exit(process, call),
            CallName.SetPool => ScriptHuge.Pool(_engine.HugePages.Resize(call.A0)),
            CallName.Pool => ScriptHuge.Pool(_engine.HugePages.Counters),
            CallName.Prctl or >= CallName.Usage and <= CallName.Smaps => ScriptHuge.Execute(_engine, process.Process.Memory, call),
            >= CallName.Open and <= CallName.Fsize => _files.Execute(process.Process, call),
            >= CallName.Load and <= CallName.CopyOut => process.Access(call),
            >= CallName.Maps and <= CallName.Faults => process.Inspect(call),
            _ => ScriptMemoryCalls.Execute(process.Process.Memory, call),
        };
    }

    /// <inheritdoc/>
    public string? AuditNow()
    {
        AuditReport report = _engine.Audit();
        return report.IsClean ? null : string.Join("; ", report.Findings.Take(3));
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedCount> FaultsByKind() => _engine.Faults.ToNamedCounts();

    /// <inheritdoc/>
    public IEnumerable<(string State, long Count)> FramesByState() =>
        Enum.GetValues<FrameState>().Select(state => (state.ToString(), (long)_engine.Frames.CountOf(state).Value));

    /// <inheritdoc/>
    public IEnumerable<(string Process, string Maps)> Maps() =>
        _processes.Select(static (process, number) => (process, number)).Where(static entry => !entry.process.Process.HasExited)
            .Select(static entry => ($"process {entry.number}", entry.process.Process.Memory.FormatMaps()));

    /// <summary>Ends the processes, releases the files, and hands the engine back. Nothing can be executed afterwards.</summary>
    /// <exception cref="InvalidOperationException">The processes belong to another (<see cref="Over"/>).</exception>
    public PagingEngine Detach()
    {
        if (_isBorrowed) throw new InvalidOperationException("The processes belong to the owner of the engine, who ends them.");
        foreach (ScriptProcess process in _processes) process.Process.Dispose();
        _processes.Clear();
        _files.Dispose();
        return _engine;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isBorrowed) _files.Dispose();
        else Detach().Dispose();
    }

    private ScriptProcess? Find(int number)
    {
        if (_isBorrowed) return FindOfOwner(number);
        return number < _processes.Count && !_processes[number].Process.HasExited ? _processes[number] : null;
    }

    private ScriptProcess? FindOfOwner(int id)
    {
        UserProcess? process = _engine.Processes.FirstOrDefault(one => !one.HasExited && (id == 0 || one.Id == id));
        if (process is null) return null;
        ScriptProcess? known = _processes.Find(one => one.Process == process);
        if (known is null) _processes.Add(known = new(process));
        return known;
    }

    private static PagingEngine EngineOf(EngineMachineOptions options, ScenarioHeader? header)
    {
        ArgumentNullException.ThrowIfNull(options);
        EngineOptions usual = new()
        {
            RamBytes = options.RamBytes,
            Tables = options.Tables,
            Seed = options.Seed,
            Overcommit = OvercommitMode.Always,
            ShareRam = options.SharesRam,
        };
        if (header is null) return WithSwap(new(options.Adjusted(usual)), options);
        PagingEngine huge = new(options.Adjusted(usual with
        {
            Tables = TableFormat.Pae,    // the recordings have huge pages of 2 MiB
            RamBytes = Math.Max(options.RamBytes, options.HugeRamBytesMin),
            HugePages = (int)Math.Min(header.HugePages ?? 0, int.MaxValue),
            SurplusHugePages = (int)Math.Min(header.SurplusHugePages, int.MaxValue),
            TransparentHugePages = TransparentHugePages.Advised,
        }));
        return WithSwap(huge, options);
    }

    private static PagingEngine WithSwap(PagingEngine engine, EngineMachineOptions options)
    {
        options.EngineMade?.Invoke(engine);
        if (options.OpenSwap is not { } open) return engine;
        bool isOn = false;
        try
        {
            isOn = engine.Swap.SwitchOn(open(), out _) == Errno.None;
            return isOn ? engine : throw new InvalidOperationException("The swap device is too large for the page tables.");
        }
        finally
        {
            if (!isOn) engine.Dispose();
        }
    }

    private void Replace(PagingEngine engine)
    {
        _files.Dispose();
        _engine.Dispose();
        _engine = engine;
        _files = new(engine, _options?.CreateFile);
    }

    private ScriptResult Fork(ScriptProcess parent)
    {
        Errno error = parent.Process.Fork(out UserProcess? child);
        if (error != Errno.None) return ScriptResult.Error(error);
        _processes.Add(new(child!));
        return ScriptResult.Number(_isBorrowed ? child!.Id : _processes.Count - 1);
    }

    private static ScriptResult Exit(ScriptProcess process, in ScenarioCall call)
    {
        process.Process.Exit((int)call.A0);
        return ScriptResult.Number(call.A0);
    }
}
