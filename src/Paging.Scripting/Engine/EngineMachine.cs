using Paging.Core;
using Paging.Native;

namespace Paging.Scripting;

/// <summary>Executes scenarios on the paging engine: a fresh one for each machine.</summary>
/// <remarks>
/// Process 0 of the script is the engine's first process. What the dialect leaves to the recording host is set as it was there:
/// memory is promised without limit (the host had more than 4 GiB), files live in memory, nobody is privileged.
/// </remarks>
public sealed class EngineMachine : IScenarioMachine
{
    private readonly PagingEngine _engine;
    private readonly AuditLevel _audit;
    private readonly List<ScriptProcess> _processes = [];
    private readonly ScriptFiles _files;

    /// <summary>Builds the engine.</summary>
    public EngineMachine(EngineMachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _audit = options.Audit;
        _engine = new(new EngineOptions { RamBytes = options.RamBytes, Seed = options.Seed, Overcommit = OvercommitMode.Always });
        _files = new(_engine);
    }

    /// <summary>The engine, for reports and audits.</summary>
    public PagingEngine Engine => _engine;

    /// <inheritdoc/>
    public void Start(ScenarioHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        ProcessOptions options = new()
        {
            IsTopDown = header.Layout == LayoutKind.Flexible,
            MmapBase = header.MmapBase,
            StartBreak = header.Break,
            StackLimit = header.StackLimit,
        };
        Process process = _engine.CreateProcess("script", options);
        Errno error = process.Memory.Reserve(PageRange.Between(header.Reserved.Page, header.TaskSize.Page));
        if (error != Errno.None) throw new InvalidOperationException($"The reserved area at {header.Reserved} cannot be set up: {error}.");
        _processes.Add(new(process));
    }

    /// <inheritdoc/>
    public CallResult Execute(in ScenarioCall call)
    {
        if (call.Process >= _processes.Count) return CallResult.Unsupported($"there is no process {call.Process}");
        ScriptProcess process = _processes[call.Process];
        return call.Name switch
        {
            CallName.Fork => Fork(process),
            CallName.Exit => Exit(process, call),
            >= CallName.Open and <= CallName.Punch => _files.Execute(process.Process, call),
            >= CallName.Load and <= CallName.CopyOut => process.Access(call),
            >= CallName.Maps and <= CallName.Faults => process.Inspect(call),
            _ => MemoryCalls.Execute(process.Process.Memory, call),
        };
    }

    /// <summary>Recounts the engine; null where every invariant holds, otherwise what was found.</summary>
    public string? AuditNow()
    {
        AuditReport report = _engine.Audit();
        return report.IsClean ? null : report.ToString();
    }

    /// <summary>The audit asked for when the machine was made.</summary>
    public AuditLevel Audit => _audit;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ScriptProcess process in _processes) process.Process.Dispose();
        _files.Dispose();
        _engine.Dispose();
    }

    private CallResult Fork(ScriptProcess parent)
    {
        Errno error = parent.Process.TryFork(out Process? child);
        if (error != Errno.None) return CallResult.Error(error);
        _processes.Add(new(child!));
        return CallResult.Number(_processes.Count - 1);
    }

    private static CallResult Exit(ScriptProcess process, in ScenarioCall call)
    {
        process.Process.Exit((int)call.A0);
        return CallResult.Number(call.A0);
    }
}
