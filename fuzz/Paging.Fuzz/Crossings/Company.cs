using System.Diagnostics.CodeAnalysis;
using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Engine;

namespace Paging.Fuzz;

/// <summary>A machine that executes a scenario while features are used beside it.</summary>
/// <remarks>A feature that refuses is noted (<see cref="Refusals"/>), and the scenario goes on without it.</remarks>
internal sealed class Company : ICompanyMachine, IWindowsMachine
{
    private const int RedoneEvery = 3;

    private readonly Member[] _members;
    private readonly EngineMachine? _linux;
    private readonly WindowsEngineMachine? _windows;
    private readonly List<IDisposable> _opened = [];
    private readonly Dictionary<UserProcess, Rewind> _rewinds = [];
    private Rewind? _engineRewind;
    private readonly GrowingCounts _history = new();
    private Member? _acting;    // what is opened is its
    private VirtualProcessor? _processor;    // in an engine of many threads, the thread's own

    private Company(IEnumerable<CompanionStay> stays) => _members = [.. stays.Select(static stay => new Member(stay))];

    /// <summary>A machine for scenarios of Linux.</summary>
    public Company(IReadOnlyList<Companion> companions, EngineMachineOptions options)
        : this(companions.Select(static companion => new CompanionStay(companion))) =>
        _linux = new(options with { Adjust = Adjusted }) { GroupOf = GroupOf };

    /// <summary>A machine for scenarios of Windows. It owns the engine.</summary>
    public Company(IReadOnlyList<Companion> companions, Func<EngineOptions, PagingEngine> make)
        : this(companions.Select(static companion => new CompanionStay(companion))) => _windows = new(make(Adjusted(new EngineOptions())));

    /// <summary>A machine around one for scenarios of Linux, whose engine has the options of the companions.</summary>
    public Company(IEnumerable<CompanionStay> stays, EngineMachine machine) : this(stays)
    {
        _linux = machine;
        machine.GroupOf = GroupOf;
    }

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
        _acting?.Opened.Add(opened);
        return opened;
    }

    /// <summary>Closes what the companion that is called has opened last; false if nothing is open.</summary>
    public bool CloseLast() => _acting is { Opened: [.., var last] } && Close(_acting, last);

    /// <summary>What the companion that is called has open.</summary>
    public IReadOnlyList<IDisposable> Own => _acting!.Opened;

    /// <summary>The chance of companions: the same in every run.</summary>
    public FuzzRandom Random { get; } = new(1);

    /// <summary>True once the scenario has given pages away with MADV_FREE.</summary>
    public bool HasFreed { get; private set; }

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
        HasFreed |= call.Name == CallName.Madvise && call.A2 == (long)MemoryAdvice.Free;
        foreach (Member member in _members) Update(member);
        RedoneState redone = _linux is null || CallCount % RedoneEvery != 0 ? RedoneState.None
            : _members.Where(static member => member.IsHere).Select(static member => member.Companion.Redone).DefaultIfEmpty().Max();
        ScriptResult result = redone == RedoneState.None ? ExecuteOnce(in call) : ExecuteTwice(in call, redone);
        CallCount++;
        JoinAll();
        CheckHistory();
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
    public AllowedDifference Allows(in ScenarioCall call, in ScriptResult expected, in ScriptResult actual)
    {
        string cause = NamedDifference.CauseOf(in call, in expected, in actual);
        bool isNamed = Array.Exists(_members, member => member.HasCome && NamedDifference.Find(member.Companion, cause) is not null);
        if (!isNamed) return AllowedDifference.None;
        return NamedDifference.OnlyLooks(in call) ? AllowedDifference.OfLooks : AllowedDifference.OfState;
    }

    /// <inheritdoc/>
    public bool LeavesNothing => !Array.Exists(_members, static member => member.HasCome && member.Companion.IsKeptByEngine);

    /// <inheritdoc/>
    public void Leave()
    {
        IDisposable[] opened = [.. _opened];
        _opened.Clear();
        using (EngineHold hold = Engine.EnterSlowPath())    // a process of Windows asks for it
        {
            for (int i = opened.Length - 1; i >= 0; i--)
                if (opened[i] != _processor) opened[i].Dispose();
        }

        _processor?.Dispose();
        _processor = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Leave();
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

    /// <summary>State goes back, history does not: the engine's counts only grow.</summary>
    private void CheckHistory()
    {
        if (_history.Check(Engine) is { } failure) throw new InvalidOperationException(failure);
    }

    private EngineOptions Adjusted(EngineOptions options) => Adjusted(_members.Select(static member => member.Companion), options);

    /// <summary>The options of an engine that companions ask for.</summary>
    public static EngineOptions Adjusted(IEnumerable<Companion> companions, EngineOptions options) =>
        companions.Aggregate(options, static (changed, companion) => companion.Options?.Invoke(changed) ?? changed);

    private MemoryGroup? GroupOf(PagingEngine engine) =>
        _members.Select(static member => member.Companion.Group).FirstOrDefault(static group => group is not null)?.Invoke(engine);

    private void Begin()
    {
        if (Engine.Options.AllowThreads) _processor = Open(Engine.Threads.CreateProcessor("script"));
        using EngineHold hold = Engine.EnterSlowPath();
        foreach (Member member in _members) Come(member);
    }

    private void JoinAll()
    {
        using EngineHold hold = Engine.EnterSlowPath();
        foreach (Member member in _members)
            if (member.IsHere) Join(member);
    }

    /// <summary>Switches a companion on or off, if it is time, and calls it.</summary>
    private void Update(Member member)
    {
        using EngineHold hold = Engine.EnterSlowPath();
        if (!member.HasCome) Come(member);
        if (member.IsHere && CallCount >= member.Stay.Until)
        {
            member.HasGone = true;
            while (member.Opened is [.., var last]) Close(member, last);
        }

        if (!member.IsHere || member.Companion.BeforeCall is not { } act) return;
        _acting = member;
        act(this);
        _acting = null;
    }

    private void Come(Member member)
    {
        if (CallCount < member.Stay.From) return;
        member.HasCome = true;
        _acting = member;
        member.Companion.Begin?.Invoke(this);
        Join(member);
    }

    private void Join(Member member)
    {
        _acting = member;
        foreach (UserProcess process in Processes.ToArray())
            if (member.Joined.Add(process)) member.Companion.Join?.Invoke(this, process);
        _acting = null;
    }

    private bool Close(Member member, IDisposable opened)
    {
        member.Opened.Remove(opened);
        _opened.Remove(opened);
        opened.Dispose();
        return true;
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

    /// <summary>Makes a call, takes it back, and makes it again.</summary>
    /// <remarks>
    /// If only its process goes back, without the calls whose effects lie outside of it. Where going back is refused, it stays made.
    /// </remarks>
    private ScriptResult ExecuteTwice(in ScenarioCall call, RedoneState redone)
    {
        bool ofEngine = redone >= RedoneState.Engine;
        UserProcess? process = _linux!.ProcessOf(call.Process);
        if (process is null || (!ofEngine && !IsOfProcess(process, in call))) return ExecuteOnce(in call);
        if (WayBack(process, redone, out IDisposable? kept) is not { } restore) return ExecuteOnce(in call);
        var remembered = _linux.Remember();
        ScriptResult made = ExecuteOnce(in call);
        CheckHistory();
        bool isBack = Done("restore", restore());
        if (isBack) _linux.GoBack(remembered);
        CheckHistory();
        kept?.Dispose();
        return isBack ? ExecuteOnce(in call) : made;
    }

    /// <summary>Takes or records the present state; null if that is refused.</summary>
    /// <param name="process">The process that goes back, if not all do.</param>
    /// <param name="redone">By what.</param>
    /// <param name="kept">What is disposed when it has gone back.</param>
    private Func<Errno>? WayBack(UserProcess process, RedoneState redone, out IDisposable? kept)
    {
        kept = null;
        Snapshot? ofProcess = null;
        EngineSnapshot? ofEngine = null;
        switch (redone)
        {
            case RedoneState.Process:
                kept = Took(process, out ofProcess) ? ofProcess : null;
                return ofProcess is null ? null : ofProcess.Restore;
            case RedoneState.Engine:
                kept = Took(out ofEngine) ? ofEngine : null;
                return ofEngine is null ? null : ofEngine.Restore;
            case RedoneState.RewoundProcess:
                if (!_rewinds.TryGetValue(process, out Rewind? rewind)) _rewinds[process] = rewind = Open(process.OpenRewind(Thinned));
                return Recorded(rewind);
            default:
                return Recorded(_engineRewind ??= Open(Engine.OpenRewind(Thinned)));
        }
    }

    private Func<Errno>? Recorded(Rewind rewind) =>
        Done("record", rewind.Record(out RewindState? state)) ? () => rewind.Restore(state!) : null;

    /// <summary>Options with which states of a rewind go early.</summary>
    public static RewindOptions Thinned { get; } = new() { Spacings = [new(1, 3), new(3, 4)] };

    /// <summary>True if all that the call changes goes back with the process: not a child, and not the bytes of shared memory.</summary>
    private static bool IsOfProcess(UserProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Fork or CallName.Exit => false,
        CallName.Add => process.Memory.Areas.Find(new VirtualAddress((uint)call.A0).Page) is not { IsShared: true },
        _ => true,
    };

    /// <summary>A companion of this run.</summary>
    private sealed class Member(CompanionStay stay)
    {
        public CompanionStay Stay => stay;

        public Companion Companion => stay.Companion;

        /// <summary>What it has open, in the order in which it was opened.</summary>
        public List<IDisposable> Opened { get; } = [];

        /// <summary>The processes for which it was called.</summary>
        public HashSet<UserProcess> Joined { get; } = [];

        public bool HasCome { get; set; }

        public bool HasGone { get; set; }

        public bool IsHere => HasCome && !HasGone;
    }
}
