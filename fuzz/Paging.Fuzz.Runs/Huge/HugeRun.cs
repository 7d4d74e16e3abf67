using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Testing.Counting;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Huge pages, of the pool and transparent ones, in a few processes: the engine beside the model, call by call.</summary>
/// <remarks>
/// After each call both report what every line holds and the state of the pool. Half of the runs have classic tables and pages of 4 MB.
/// </remarks>
internal sealed class HugeRun : IStructureRun
{
    public static readonly string[] Operations = [.. HugeCalls.Kinds, "detour", "detour", "detour"];

    // Calls on private memory, which a snapshot of the process takes back without a trace.
    private static readonly string[] OfDetours =
    [
        "map small", "advise huge", "advise huge", "store", "store", "store", "load", "munmap", "mprotect", "discard", "collapse", "line",
        "line", "empty a line", "touch many", "move",
    ];

    public static readonly string[] Outcomes = [.. CallOutcomes.Names, "left out"];

    private static readonly int LeftOut = CallOutcomes.Names.Length;

    private const int ProcessCountMax = 4, VerificationsOfAudit = 16;

    private readonly EngineMachine _engine;
    private readonly ReferenceMachine _model;
    private readonly HugeCalls _calls;
    private readonly List<int> _processes = [0];
    private int _processCount = 1, _verifications;
    private bool _hasDetoured;

    public HugeRun(FuzzRandom random)
    {
        bool isClassic = random.Percent(50);
        ScenarioHeader header = ScenarioHeader.Default with
        {
            HugePages = random.Below(9),
            SurplusHugePages = random.Percent(30) ? random.Between(1, 3) : 0,
            HasTransparentPages = true,
        };
        PagingEngine engine = new(new EngineOptions
        {
            RamBytes = (isClassic ? 512ul : 256ul) << 20,
            Tables = isClassic ? TableFormat.Classic : TableFormat.Pae,
            Overcommit = OvercommitMode.Always,
            HugePages = (int)header.HugePages.Value,
            SurplusHugePages = (int)header.SurplusHugePages,
            TransparentHugePages = TransparentHugePages.Advised,
        });
        _engine = new(engine);
        _model = new(new ReferenceOptions { HugePageShift = isClassic ? 22 : 21 });
        _calls = new((uint)engine.HugePages.PageBytes);
        _engine.Start(header);
        _model.Start(header);
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        int process = _processes[(int)(operation.C % (uint)_processes.Count)], outcome = LeftOut;
        if (operation.Kind >= HugeCalls.Kinds.Length) return Detour(operation, process, ref failure);
        foreach (ScenarioCall call in _calls.Make(operation, process))
        {
            int by = call.Process == HugeCalls.Newest ? _processes[^1] : call.Process;
            if (failure is null && _processes.Contains(by)) outcome = Execute(call with { Process = by }, ref failure);
        }

        return outcome;
    }

    private int Execute(in ScenarioCall call, ref string? failure)
    {
        bool isLeftOut = (call.Name == CallName.Fork && _processes.Count >= ProcessCountMax)
            || (call.Name == CallName.Exit && _processes.Count == 1);
        if (isLeftOut) return LeftOut;
        ScriptResult result = Compare(call, ref failure);
        if (call.Name == CallName.Fork && result.Kind == CallResultKind.Number) _processes.Add(_processCount++);
        if (call.Name == CallName.Exit) _processes.Remove(call.Process);
        Compare(_calls.HugeMap(_processes[0]), ref failure);
        Compare(new(CallName.Pool, _processes[0], 0), ref failure);
        return CallOutcomes.Of(result);
    }

    /// <summary>The engine alone takes a snapshot, makes some calls, and goes back: the model stays where it is, and both agree.</summary>
    private int Detour(in RawOperation operation, int process, ref string? failure)
    {
        UserProcess subject = _engine.ProcessOf(process)!;
        if (subject.Memory.Areas.Snapshot().Any(static area => area.OpenFileId != 0)) return LeftOut;    // files do not go back
        if (!subject.TryTakeSnapshot(out Snapshot? snapshot, out _)) return LeftOut;    // it maps private pages of the pool
        FuzzRandom random = new(operation.A ^ ((ulong)operation.B << 32));
        for (int left = random.Between(1, 10); left > 0; left--)
        {
            uint kind = (uint)Array.IndexOf(HugeCalls.Kinds, random.OneOf(OfDetours));
            RawOperation next = new(kind, (uint)random.Next(), (uint)random.Next(), (uint)random.Next());
            foreach (ScenarioCall call in _calls.Make(next, process))
                if (call.Process == process) _engine.Execute(call);
            failure ??= Verify();
        }

        _hasDetoured = true;
        Errno error = snapshot.Restore();
        snapshot.Dispose();
        if (error != Errno.None) failure ??= $"going back to where the process came from gives {error}";
        Compare(_calls.HugeMap(process), ref failure);
        Compare(new(CallName.Pool, process, 0), ref failure);
        return 0;    // the first outcome: done
    }

    /// <summary>An audit counts every frame of a quarter or half a gigabyte, so it runs every few calls, and at the end.</summary>
    public string? Verify() => ++_verifications % VerificationsOfAudit == 0 ? _engine.AuditNow() : null;

    public string? Finish()
    {
        string? failure = null;
        foreach (int process in _processes)
        {
            Compare(_calls.HugeMap(process), ref failure);
            Compare(new(CallName.Smaps, process, 2, 0x1000_0000, 0xBFFF_0000), ref failure);
        }

        return failure ?? _engine.AuditNow();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
    }

    private ScriptResult Compare(in ScenarioCall call, ref string? failure)
    {
        ScriptResult expected = _model.Execute(call), actual = _engine.Execute(call);
        bool isCompared = call.Name != CallName.Faults || !_hasDetoured;    // a page that went back faults at its next write
        bool agrees = expected.Agrees(actual)
            || (_hasDetoured && call.Name == CallName.HugeMap && AreAlikeAfterCopies(expected, actual));
        if (failure is null && isCompared && !agrees) failure = $"{call}: the model gives {expected}, the engine {actual}";
        return actual;
    }

    /// <summary>True if lines differ only as a store to a page that went back makes them (docs/HUGE.md, Beside snapshots).</summary>
    private static bool AreAlikeAfterCopies(in ScriptResult expected, in ScriptResult actual)
    {
        string model = expected.ToString(), engine = actual.ToString();
        return model.Length == engine.Length && model.Zip(engine).All(static line => line.First == line.Second || line is ('c', 's'));
    }
}
