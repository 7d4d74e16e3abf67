using System.Diagnostics.CodeAnalysis;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Engine;

namespace Paging.Fuzz;

/// <summary>A machine that executes a scenario while features are used beside it.</summary>
/// <remarks>A feature that refuses is noted (<see cref="Refusals"/>), and the scenario goes on without it.</remarks>
internal sealed class Company : IScenarioMachine, IWindowsMachine
{
    private const int RedoneEvery = 3;

    private readonly IReadOnlyList<Companion> _companions;
    private readonly EngineMachine? _linux;
    private readonly WindowsEngineMachine? _windows;
    private readonly HashSet<UserProcess> _joined = [];
    private readonly List<IDisposable> _opened = [];
    private readonly RedoneState _redone;
    private VirtualProcessor? _processor;    // in an engine of many threads, the thread's own

    private Company(IReadOnlyList<Companion> companions)
    {
        _companions = companions;
        _redone = companions.Select(static companion => companion.Redone).DefaultIfEmpty().Max();
    }

    /// <summary>A machine for scenarios of Linux.</summary>
    public Company(IReadOnlyList<Companion> companions, EngineMachineOptions options) : this(companions) =>
        _linux = new(options with { Adjust = Adjusted });

    /// <summary>A machine for scenarios of Windows. It owns the engine.</summary>
    public Company(IReadOnlyList<Companion> companions, Func<EngineOptions, PagingEngine> make) : this(companions) =>
        _windows = new(make(Adjusted(new EngineOptions())));

    /// <summary>The engine.</summary>
    public PagingEngine Engine => _linux?.Engine ?? _windows!.Engine;

    /// <summary>The processes of the scenario that run.</summary>
    public IEnumerable<UserProcess> Processes => (_linux?.Processes ?? _windows!.WindowsProcesses.Select(static one => one.User))
        .Where(static process => !process.HasExited);

    /// <summary>The call that comes next.</summary>
    public ScenarioCall Next { get; private set; }

    /// <summary>Calls so far.</summary>
    public int CallCount { get; private set; }

    /// <summary>Addresses of the scenario's first mappings, when it runs alone: for what watches bytes.</summary>
    public IReadOnlyList<VirtualAddress> Places { get; init; } = [];

    /// <summary>What companions refused, with the error.</summary>
    public SortedDictionary<string, int> Refusals { get; } = new(StringComparer.Ordinal);

    /// <summary>What is open, in the order in which it was opened.</summary>
    public IReadOnlyList<IDisposable> Opened => _opened;

    /// <summary>Keeps something open until the end.</summary>
    public T Open<T>(T opened) where T : IDisposable
    {
        _opened.Add(opened);
        return opened;
    }

    /// <summary>Notes that a companion was refused; nothing for success.</summary>
    public bool Done(string what, Errno error)
    {
        if (error == Errno.None) return true;
        Refuse($"{what}: {error}");
        return false;
    }

    /// <summary>Takes a snapshot of a process, or notes that it was refused.</summary>
    public bool Took(UserProcess process, [NotNullWhen(true)] out Snapshot? snapshot) =>
        process.TryTakeSnapshot(out snapshot, out Errno error) || Done("snapshot", error);

    /// <summary>Takes a snapshot of the engine, or notes that it was refused.</summary>
    public bool Took([NotNullWhen(true)] out EngineSnapshot? snapshot) =>
        Engine.TryTakeSnapshot(out snapshot, out Errno error) || Done("engine snapshot", error);

    /// <summary>Notes that saving was refused by name; nothing for success.</summary>
    public void Try(string what, Action save)
    {
        try
        {
            save();
        }
        catch (NotSupportedException)
        {
            Refuse($"{what}: refused by name");
        }
    }

    private void Refuse(string refusal) => Refusals[refusal] = Refusals.GetValueOrDefault(refusal) + 1;

    /// <inheritdoc/>
    public void Start(ScenarioHeader header)
    {
        _linux!.Start(header);
        Begin();
    }

    /// <inheritdoc/>
    public void Start(PageRange arena)
    {
        if (Engine.Options.AllowThreads)
        {
            using EngineHold hold = Engine.EnterSlowPath();    // the calls of Windows ask for it
            _windows!.Start(arena);
        }
        else
        {
            _windows!.Start(arena);
        }

        Begin();
    }

    /// <inheritdoc/>
    public ScriptResult Execute(in ScenarioCall call)
    {
        Next = call;
        foreach (Companion companion in _companions) companion.BeforeCall?.Invoke(this);
        bool isRedone = _linux is not null && CallCount % RedoneEvery == 0;
        ScriptResult result = !isRedone || _redone == RedoneState.None ? ExecuteOnce(in call)
            : _redone == RedoneState.Engine ? ExecuteTwice(in call) : ExecuteTwiceInProcess(in call);
        CallCount++;
        JoinAll();
        return result;
    }

    /// <summary>The first findings of the audit, or null.</summary>
    public string? AuditNow()
    {
        if (_linux is not null) return _linux.AuditNow();
        if (!Engine.Options.AllowThreads) return _windows!.AuditNow();
        using EngineHold hold = Engine.EnterSlowPath();
        return _windows!.AuditNow();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _opened.Count - 1; i >= 0; i--) _opened[i].Dispose();
        _linux?.Dispose();
        if (_windows is null) return;
        if (!Engine.Options.AllowThreads)
        {
            _windows.Dispose();
            return;
        }

        using EngineHold hold = Engine.EnterSlowPath();
        _windows.Dispose();
    }

    private EngineOptions Adjusted(EngineOptions options)
    {
        foreach (Companion companion in _companions) options = companion.Options?.Invoke(options) ?? options;
        return options;
    }

    private void Begin()
    {
        if (Engine.Options.AllowThreads) _processor = Open(Engine.Threads.CreateProcessor("script"));
        foreach (Companion companion in _companions) companion.Begin?.Invoke(this);
        JoinAll();
    }

    private void JoinAll()
    {
        foreach (UserProcess process in Processes.ToArray())
        {
            if (!_joined.Add(process)) continue;
            foreach (Companion companion in _companions) companion.Join?.Invoke(this, process);
        }
    }

    private ScriptResult ExecuteOnce(in ScenarioCall call)
    {
        UserProcess? running = _processor is null ? null : ProcessOf(call.Process);
        if (running is not null && _windows is not null)
        {
            using EngineHold hold = Engine.EnterSlowPath();    // its calls ask for it
            return _windows.Execute(in call);
        }

        if (running is not null) _processor!.Run(running);
        ScriptResult result = _linux is not null ? _linux.Execute(in call) : _windows!.Execute(in call);
        if (running is not null) _processor!.Rest();
        return result;
    }

    private UserProcess? ProcessOf(int number) => _linux is not null ? _linux.ProcessOf(number)
        : _windows!.WindowsProcesses.ElementAtOrDefault(number) is { HasExited: false } process ? process.User : null;

    private ScriptResult ExecuteTwice(in ScenarioCall call)
    {
        if (!Took(out EngineSnapshot? snapshot)) return ExecuteOnce(in call);
        var remembered = _linux!.Remember();
        _ = ExecuteOnce(in call);
        if (Done("engine restore", snapshot.Restore())) _linux.GoBack(remembered);
        snapshot.Dispose();
        return ExecuteOnce(in call);
    }

    /// <summary>As <see cref="ExecuteTwice"/>, without the calls whose effects lie outside of the process.</summary>
    private ScriptResult ExecuteTwiceInProcess(in ScenarioCall call)
    {
        UserProcess? process = _linux!.ProcessOf(call.Process);
        if (process is null || !IsOfProcess(process, in call) || !Took(process, out Snapshot? snapshot))
            return ExecuteOnce(in call);
        var remembered = _linux.Remember();
        _ = ExecuteOnce(in call);
        if (Done("restore", snapshot.Restore())) _linux.GoBack(remembered);
        snapshot.Dispose();
        return ExecuteOnce(in call);
    }

    /// <summary>True if all that the call changes goes back with the process: not a child, and not the bytes of shared memory.</summary>
    private static bool IsOfProcess(UserProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Fork or CallName.Exit => false,
        CallName.Add => process.Memory.Areas.Find(new VirtualAddress((uint)call.A0).Page) is not { IsShared: true },
        _ => true,
    };
}
