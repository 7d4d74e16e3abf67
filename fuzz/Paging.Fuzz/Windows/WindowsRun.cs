using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Windows;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Engine;
using Paging.WindowsChecking.Model;

namespace Paging.Fuzz;

/// <summary>
/// One engine and one model that execute the same Windows calls; under pressure with a process of Linux that takes memory.
/// </summary>
internal sealed class WindowsRun : IDisposable
{
    private const int RamFrames = 320, HogPages = 500, HogPagesEachCall = 4;
    private const ulong PageFileBytes = 16 << 20;

    private readonly WindowsReferenceMachine _model = new();
    private readonly bool _isUnderPressure;
    private readonly TableFormat _tables;
    private WindowsEngineMachine _engine;
    private UserProcess? _hog;
    private uint _hogRound, _workRound;

    public WindowsRun(bool isUnderPressure, TableFormat tables)
    {
        (_isUnderPressure, _tables) = (isUnderPressure, tables);
        _engine = new(MakeEngine());
        WindowsHeader.Default.Begin(_engine);
        WindowsHeader.Default.Begin(_model);
    }

    /// <summary>Saves the processes and loads them into a fresh engine, with which the run goes on. The model does not notice.</summary>
    public void Move()
    {
        WindowsEngineMachine moved = _engine.MoveTo(MakeEngine());
        _engine.Dispose();
        (_engine, _hog, _hogRound) = (moved, null, 0);
    }

    private PagingEngine MakeEngine()
    {
        EngineOptions options = new()
        {
            Tables = _tables,
            RamBytes = (ulong)(_isUnderPressure ? RamFrames << 12 : 4 << 20),
            TrieFromAreas = _isUnderPressure ? 4 : 4096,    // of VADs, too
        };
        PagingEngine engine = new(options);
        engine.Swap.SwitchOn(new MemorySwapStore(PageFileBytes), out _);
        return engine;
    }

    /// <summary>Executes a call on both. Returns what differs, or null.</summary>
    public string? Execute(in ScenarioCall call, out ScriptResult expected)
    {
        if (_isUnderPressure)
        {
            TakeMemory(HogPagesEachCall);
            WorkInBackground();
        }

        expected = _model.Execute(call);
        ScriptResult actual = _engine.Execute(call);
        return expected.Agrees(actual) ? null : $"{call}\n  expected: {expected}\n  actual:   {actual}";
    }

    /// <summary>Audits the engine, and compares all of the memory. Returns what is wrong, or null.</summary>
    public string? Verify() => _engine.AuditNow() is { } finding ? $"audit: {finding}" : VerifyHog();

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
    }

    /// <summary>A process of Linux uses a page more, again and again, so that pages of both systems have to go.</summary>
    private void TakeMemory(int pageCount)
    {
        if (_hog is null)
        {
            _hog = _engine.Engine.CreateProcess("hog");
            MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
            _hog.Memory.Map(new(0x1000_0000), HogPages << 12, MemoryProtection.Read | MemoryProtection.Write, flags, out _);
        }

        for (int i = 0; i < pageCount; i++, _hogRound++)
        {
            VirtualAddress page = new(0x1000_0000 + (_hogRound % HogPages << 12));
            _hog.Memory.Mmu.TryWrite(page, _hogRound);
        }
    }

    /// <summary>The system's threads do a piece of their work, which no call may notice: pages leave working sets and come back.</summary>
    private void WorkInBackground()
    {
        WindowsMachine machine = WindowsMachine.Of(_engine.Engine);
        _workRound = (_workRound * 1_664_525) + 1_013_904_223;    // the same calls give the same work, so a failure can be shrunk
        WindowsProcess process = _engine.Processes[(int)((_workRound >> 8) % (uint)_engine.Processes.Count)].Process;
        switch ((_workRound >> 24) % 24)
        {
            case 0 or 1 or 2: process.WorkingSet.Empty(); break;
            case 3: process.WorkingSet.SetPagePriority((int)(_workRound >> 16) & 7); break;
            case 4: process.WorkingSet.SetSize(20, 20 + ((_workRound >> 16) & 31)); break;
            case 5 or 6: machine.Threads.RunBalanceSetManager(); break;
            case 7 or 8: machine.Threads.RunModifiedPageWriter((int)(_workRound >> 16) & 31); break;
            case 9: machine.Threads.RunMappedPageWriter((int)(_workRound >> 16) & 31); break;
            case 10: machine.Threads.RunLazyWriter(); break;
            case 11: machine.Threads.RunZeroPageThread((int)(_workRound >> 16) & 15); break;
            case 12: TakeMemory(HogPages); break;    // what is in working sets goes to the page file
            case 13: PageOut(machine, writes: false); break;
            case 14: PageOut(machine, writes: true); break;
            default: break;
        }
    }

    /// <summary>Every page leaves every working set, and most of them RAM: the next access brings them back.</summary>
    private void PageOut(WindowsMachine machine, bool writes)
    {
        foreach (WindowsScriptProcess one in _engine.Processes) one.Process.WorkingSet.Empty();
        if (writes) machine.Threads.RunModifiedPageWriter(RamFrames);
        TakeMemory(HogPages);
    }

    private string? VerifyHog()
    {
        for (uint round = _hogRound > HogPages ? _hogRound - HogPages : 0; _hog is not null && round < _hogRound; round++)
        {
            VirtualAddress page = new(0x1000_0000 + (round % HogPages << 12));
            if (!_hog.Memory.Mmu.TryRead(page, out uint found)
                || found != round) return $"page {page} of the Linux process holds {found}, not {round}";
        }

        return null;
    }
}
