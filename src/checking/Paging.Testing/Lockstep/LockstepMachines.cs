using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Running;
using Paging.Testing.World;

namespace Paging.Testing.Lockstep;

/// <summary>One scenario on several machines at once, call by call; stops being usable at the first failure.</summary>
internal sealed class LockstepMachines : IDisposable
{
    private const uint FewFrames = 48;
    private const string OutOfMemory = "out of memory";    // the text of a ScriptResult.Signal: the dialect has no form for it

    private readonly LockstepOptions _options;
    private readonly EngineMachine _engine;
    private readonly ICompanyMachine? _company;
    private readonly (string Name, IScenarioMachine Machine)[] _oracles;
    private readonly WindowCheck? _windows;
    private bool _isGivenBack;

    /// <param name="options">The choice of machines.</param>
    /// <param name="header">The state in which the scenario begins.</param>
    /// <param name="engines">The source of the engine; null for a new one.</param>
    /// <param name="seed">The scenario's, for the shelf.</param>
    public LockstepMachines(LockstepOptions options, ScenarioHeader header, EngineShelf? engines = null, ulong seed = 0)
    {
        _options = options;
        EngineOptions wanted = HugeSetting.Equip(options.Engine with { RamBytes = options.RamByteLength, Seed = 1 }, header);
        bool hasWindows = options.HasWindows && WindowCheck.IsPossible;
        if (hasWindows) wanted = wanted with { ShareRam = true };
        wanted = options.Adjust?.Invoke(wanted) ?? wanted;
        _engine = new(engines?.Take(wanted, seed) ?? new(wanted));
        _company = options.Beside?.Invoke(_engine);
        if (hasWindows) _windows = new(_engine.Engine);
        if (options.SwapByteLength != 0) _engine.Engine.Swap.SwitchOn(new MemorySwapStore(options.SwapByteLength), 0, out _);
        _oracles = [.. options.Set.Oracles(wanted)];
        Executor.Start(header);
        foreach ((string _, IScenarioMachine machine) in _oracles) machine.Start(header);
        bool hidesCode = options.Set.HasFlag(MachineSet.Host) && HostProcessor.HasProtectionKeys;
        World = new(_engine.Engine, header, options.IsShort ? 0 : DialectLimits.FreeFramesMinOf(wanted))
        {
            HidesCode = hidesCode,
            LockedPagesMax = options.SwapByteLength == 0 ? uint.MaxValue : (uint)(options.RamByteLength >> 14) * 3,    // of four parts
        };
    }

    /// <summary>The live state, for generators and limits.</summary>
    public ScenarioWorld World { get; }

    public PagingEngine Engine => _engine.Engine;

    /// <summary>Calls executed.</summary>
    public int CallCount { get; private set; }

    private bool LeavesNothing => _company?.LeavesNothing != false;

    private IScenarioMachine Executor => _company ?? (IScenarioMachine)_engine;

    /// <summary>Executes a call on every machine and compares. The result is that of the oracle, if there is one.</summary>
    public FuzzFailure? Execute(in ScenarioCall call, out ScriptResult result)
    {
        World.BeforeCall(call);
        FuzzFailure? failure = ExecuteOn(Executor, "engine", call, out ScriptResult own);
        result = own;
        string oracle = "";
        for (int i = 0; i < _oracles.Length && failure is null; i++)
        {
            failure = ExecuteOn(_oracles[i].Machine, _oracles[i].Name, call, out ScriptResult theirs);
            if (failure is not null) break;
            if (i == 0)
            {
                (result, oracle) = (theirs, _oracles[i].Name);
                if (!theirs.Agrees(own) && !IsAsRamHasIt(call, theirs, own) && !IsNamed(call, theirs, own))
                    failure = Differ(call, oracle, theirs, "engine", own);
            }
            else if (!result.Agrees(theirs))
            {
                failure = Differ(call, oracle, result, _oracles[i].Name, theirs);
            }
        }

        if (failure is null) World.AfterCall(call, own);
        if (failure is null && _options.SwapByteLength != 0) StopIfFilledInPart(call, own);
        CallCount++;
        return failure ?? CompareWindows(call);
    }

    /// <summary>Asks the engine to recount itself.</summary>
    public FuzzFailure? Audit(in ScenarioCall last)
    {
        try
        {
            AuditReport report = Engine.Audit();
            return report.IsClean ? null : Found(FailureKind.Audit, last, report);
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return Threw("audit", last, exception);
        }
    }

    private FuzzFailure? CompareWindows(in ScenarioCall last)
    {
        try
        {
            return _windows?.Run() is { } difference
                ? new(FailureKind.Audit, CallCount - 1, last, "windows that show what the tables say", difference, "window") : null;
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return Threw("window", last, exception);
        }
    }

    /// <summary>Ends every process, and checks that no resource is still held.</summary>
    public FuzzFailure? Finish(in ScenarioCall last)
    {
        try
        {
            _company?.Leave();
            foreach (WorldProcess process in World.Processes)
                if (process.IsLive) process.Process.Exit();
            AuditReport report = Engine.Audit();
            if (report.IsClean && LeavesNothing) report = Engine.FindLeaks();
            return report.IsClean ? null : Found(FailureKind.Leak, last, report);
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return Threw("exit", last, exception);
        }
    }

    /// <summary>Ends the machines and returns the engine to its shelf. Nothing can be executed afterwards.</summary>
    public FuzzFailure? GiveBack(EngineShelf engines, in ScenarioCall last)
    {
        _isGivenBack = true;
        _windows?.Dispose();
        try
        {
            _company?.Leave();
            if (!LeavesNothing)
            {
                _engine.Dispose();
                return null;
            }

            return engines.TakeBack(_engine.Detach(), CallCount) is { } left ? Found(FailureKind.Leak, last, left) : null;
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return Threw("exit", last, exception);
        }
    }

    public void Dispose()
    {
        foreach ((string _, IScenarioMachine machine) in _oracles) machine.Dispose();
        _windows?.Dispose();
        if (_isGivenBack) return;
        _company?.Leave();
        _engine.Dispose();
    }

    private FuzzFailure? ExecuteOn(IScenarioMachine machine, string name, in ScenarioCall call, out ScriptResult result)
    {
        try
        {
            result = machine.Execute(call);
            if (result.Kind != CallResultKind.Unsupported || IsShortage(result)) return null;
            return new(FailureKind.Difference, CallCount, call, "a result", $"{result} ({name})", "unsupported " + name);
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            result = default;
            return Threw(name, call, exception);
        }
    }

    /// <summary>With features beside the scenario: a document names the difference.</summary>
    private bool IsNamed(in ScenarioCall call, in ScriptResult expected, in ScriptResult own)
    {
        AllowedDifference allowed = _company?.Allows(call, expected, own) ?? AllowedDifference.None;
        World.IsStopped |= allowed == AllowedDifference.OfState;
        return allowed != AllowedDifference.None;
    }

    /// <summary>With little RAM: the presence of pages is not compared, and a scenario ends where the engine ran out of frames.</summary>
    private bool IsAsRamHasIt(in ScenarioCall call, in ScriptResult expected, in ScriptResult own)
    {
        if (_options.SwapByteLength == 0) return false;
        if (call.Name is CallName.Resident or CallName.Pagemap or CallName.Mincore or CallName.Faults) return true;
        bool isLess = own.Kind is CallResultKind.Number or CallResultKind.CountAndCrc or CallResultKind.Address
            && own.Value < expected.Value;
        bool isShort = isLess || IsShortage(own) || own.Kind == CallResultKind.Signal
            || own == ScriptResult.Error(Errno.ENOMEM) || own == ScriptResult.Error(Errno.EAGAIN) || own == ScriptResult.Error(Errno.EFAULT)
                || own == ScriptResult.Error(Errno.ENFILE);
        if (!isShort || Engine.Frames.CountOf(FrameState.Free).Value > FewFrames) return false;
        World.IsStopped = true;
        return true;
    }

    /// <summary>
    /// With little RAM: ends a scenario in which locked or populated memory could not all be filled with copies of a file, which no call
    /// reports. Later writes to the file would show in the pages that were not copied.
    /// </summary>
    /// <remarks>Linux: mm_populate drops the error, and the OOM killer would have come first.</remarks>
    private void StopIfFilledInPart(in ScenarioCall call, in ScriptResult own)
    {
        bool canFill = call.Name is CallName.Mmap or CallName.Mremap or CallName.Mprotect or CallName.Mlockall;
        if (!canFill || Engine.Frames.CountOf(FrameState.Free).Value > FewFrames || World.Find(call.Process) is not { } process) return;
        bool populates = call.Name == CallName.Mmap && own.Kind == CallResultKind.Address && ((MapFlags)call.A3).HasFlag(MapFlags.Populate);
        PageNumber? populated = populates ? new VirtualAddress((uint)own.Value).Page : null;
        foreach (AreaSnapshot area in process.Memory.Areas.Snapshot())
        {
            bool isCopy = !area.IsShared && area.ObjectId != 0 && area.Protection.HasFlag(MemoryProtection.Write);
            if (!isCopy || !(area.IsLocked || (populated is { } first && area.Range.Contains(first)))) continue;
            for (PageNumber page = area.Range.First; page < area.Range.End; page += PageCount.One)
                World.IsStopped |= !process.Memory.HasOwnPage(page);
        }
    }

    private bool IsShortage(in ScriptResult result) =>
        _options.IsShort && string.Equals(result.Text, OutOfMemory, StringComparison.Ordinal);

    private FuzzFailure Differ(in ScenarioCall call, string oracle, in ScriptResult expected, string name, in ScriptResult actual) =>
        new(FailureKind.Difference, CallCount, call, $"{expected} ({oracle})", $"{actual} ({name})",
            $"{name} {FormOf(expected)} {FormOf(actual)}");

    /// <summary>The common part of two results of one cause.</summary>
    private static string FormOf(in ScriptResult result) => result.Kind switch
    {
        CallResultKind.Error => result.ToString(),
        CallResultKind.Signal => ((MemoryFaultKind)result.Extra).ToString(),
        _ => result.Kind.ToString(),
    };

    private FuzzFailure Found(FailureKind kind, in ScenarioCall last, AuditReport report) =>
        new(kind, Math.Max(0, CallCount - 1), last, "a clean audit", string.Join('\n', report.Findings.Take(5)), report.Findings[0].Rule);

    private FuzzFailure Threw(string name, in ScenarioCall call, Exception exception) =>
        new(FailureKind.Exception, Math.Max(0, CallCount - (string.Equals(name, "audit", StringComparison.Ordinal) ? 1 : 0)), call,
            "no exception", $"{Defect.Describe(exception)} ({name})", exception.GetType().Name + " " + name);
}
