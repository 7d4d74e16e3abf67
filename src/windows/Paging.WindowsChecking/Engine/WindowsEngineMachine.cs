using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Running;
using Paging.Windows;
using Paging.Windows.Reports;
using Paging.WindowsChecking.Dialect;

namespace Paging.WindowsChecking.Engine;

/// <summary>Executes Windows scenarios on the paging engine: a fresh one for each machine.</summary>
/// <remarks>A page file of 256 MB stands beyond RAM, so that commitment is refused by none of the recordings.</remarks>
public sealed class WindowsEngineMachine : IWindowsMachine, IAuditedMachine, IMachineReport
{
    private const ulong PageFileBytes = 256 << 20;

    private readonly WindowsMachine _machine;
    private readonly WindowsFilesOfScript _files;
    private readonly List<WindowsScriptProcess> _processes = [];
    private PageRange _arena;

    /// <summary>Builds the engine.</summary>
    public WindowsEngineMachine(EngineMachineOptions options) : this(EngineOf(options)) { }

    /// <summary>Executes on an engine without processes, and owns it.</summary>
    internal WindowsEngineMachine(PagingEngine engine) : this(engine, new(WindowsMachine.Of(engine))) { }

    private WindowsEngineMachine(PagingEngine engine, WindowsFilesOfScript files) =>
        (Engine, _machine, _files) = (engine, WindowsMachine.Of(engine), files);

    /// <summary>The engine, for reports and audits.</summary>
    public PagingEngine Engine { get; }

    /// <summary>The Windows side of the engine, for reports.</summary>
    public WindowsMachine Windows => _machine;

    /// <summary>The processes in the order in which the script has made them, for reports.</summary>
    public IEnumerable<WindowsProcess> WindowsProcesses => _processes.Select(static one => one.Process);

    /// <summary>The processes of the script.</summary>
    internal IReadOnlyList<WindowsScriptProcess> Processes => _processes;

    /// <summary>
    /// Saves the processes, and loads them into an engine without processes. This machine stays the caller's to dispose of.
    /// </summary>
    /// <param name="engine">The engine, which the new machine owns.</param>
    internal WindowsEngineMachine MoveTo(PagingEngine engine)
    {
        using MemoryStream saved = new();
        _machine.Save(saved, nameOf: _files.NameOf);
        saved.Position = 0;
        WindowsMachine other = WindowsMachine.Of(engine);
        other.HasLargeUserRange = _machine.HasLargeUserRange;
        WindowsFilesOfScript files = _files.CopyTo(other);
        WindowsEngineMachine moved = new(engine, files) { _arena = _arena };
        foreach (WindowsProcess process in other.Load(saved, files.FindByName))
        {
            WindowsScriptProcess? first = moved._processes.Count == 0 ? null : moved._processes[0];
            moved._processes.Add(_processes[moved._processes.Count].Moved(process, first, files));
        }

        return moved;
    }

    /// <inheritdoc/>
    public void Start(PageRange arena)
    {
        _arena = arena;
        _machine.HasLargeUserRange = arena.End > SharedUserData.Address.Page;    // an arena above 2 GB needs /3GB
        AddProcess();
    }

    /// <inheritdoc/>
    public ScriptResult Execute(in ScenarioCall call)
    {
        if ((uint)call.Process >= (uint)_processes.Count) return ScriptResult.Unsupported($"there is no process {call.Process}");
        WindowsScriptProcess process = _processes[call.Process];
        return WindowsCall.NameOf(call) switch
        {
            WindowsCallName.Spawn => ScriptResult.Number(AddProcess()),
            WindowsCallName.ReadProcessMemory or WindowsCallName.WriteProcessMemory => CopyBetween(call),
            >= WindowsCallName.Open and <= WindowsCallName.GetFileSize => _files.Execute(call),
            WindowsCallName.CloseHandle when (call.A0 & WindowsCall.FileMark) != 0 => _files.Execute(call),
            >= WindowsCallName.CreateFileMapping and <= WindowsCallName.CloseHandle => WindowsSectionCalls.Execute(process, call),
            >= WindowsCallName.NtCreateSection and <= WindowsCallName.NtUnmapViewOfSection => WindowsSectionCalls.Execute(process, call),
            >= WindowsCallName.Load => process.Access(call),
            _ => WindowsMemoryCalls.Execute(process, call),
        };
    }

    /// <inheritdoc/>
    public string? AuditNow()
    {
        AuditReport report = Engine.Audit();
        if (report.IsClean) report = _machine.Audit();
        return report.IsClean ? null : string.Join("; ", report.Findings.Take(3));
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedCount> FaultsByKind() => Engine.Faults.ToNamedCounts();

    /// <inheritdoc/>
    public IEnumerable<(string State, long Count)> FramesByState() =>
        Enum.GetValues<FrameState>().Select(state => (state.ToString(), (long)Engine.Frames.CountOf(state).Value));

    /// <inheritdoc/>
    public IEnumerable<(string Process, string Maps)> Maps() =>
        _processes.Select(static (one, index) => ($"process {index}", one.Process.TakeSnapshot().ToVadText()));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (WindowsScriptProcess process in _processes) process.Process.Dispose();
        _files.Dispose();
        _machine.Dispose();
        Engine.Dispose();
    }

    private static PagingEngine EngineOf(EngineMachineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        PagingEngine engine = new(new EngineOptions { RamBytes = options.RamBytes, Tables = options.Tables });
        engine.Swap.SwitchOn(new MemorySwapStore(PageFileBytes, "pagefile.sys"), out _);
        return engine;
    }

    private int AddProcess()
    {
        WindowsScriptProcess? first = _processes.Count == 0 ? null : _processes[0];
        WindowsProcess process = _machine.CreateProcess($"script{_processes.Count}", _arena, isLargeAddressAware: true);
        _processes.Add(new(process, first, _files));
        return _processes.Count - 1;
    }

    private ScriptResult CopyBetween(in ScenarioCall call)
    {
        if ((ulong)call[0] >= (ulong)_processes.Count) return ScriptResult.Unsupported($"there is no process {call[0]}");
        MemoryAccess target = _processes[(int)call[0]].Process.Access;
        byte[] bytes = new byte[(int)call.Word(2)];
        if (WindowsCall.NameOf(call) == WindowsCallName.WriteProcessMemory)
        {
            ScriptBytes.Fill(bytes, 0, call[3]);
            Win32Error written = target.WriteProcessMemory(new(call.Word(1)), bytes, out int count);
            return WindowsResult.Boolean(written, WindowsResult.NumberField(count));
        }

        Win32Error read = target.ReadProcessMemory(new(call.Word(1)), bytes, out int length);
        return WindowsResult.Boolean(read, WindowsResult.NumberField(length), WindowsResult.CrcField(ScriptBytes.Crc32(bytes)));
    }
}
