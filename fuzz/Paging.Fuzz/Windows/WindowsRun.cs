using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.ReferenceModel.Windows;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>
/// One engine and one model that execute the same Windows calls; under pressure with a process of Linux that takes memory.
/// </summary>
internal sealed class WindowsRun : IDisposable
{
    private const int RamFrames = 320, HogPages = 200;
    private const ulong PageFileBytes = 16 << 20;

    private readonly WindowsEngineMachine _engine;
    private readonly WindowsReferenceMachine _model = new();
    private readonly bool _isUnderPressure;
    private UserProcess? _hog;
    private uint _hogTurn;

    public WindowsRun(bool isUnderPressure)
    {
        _isUnderPressure = isUnderPressure;
        EngineOptions options = new() { RamBytes = (ulong)(isUnderPressure ? RamFrames << 12 : 4 << 20) };
        PagingEngine engine = new(options);
        engine.SwapOn(new MemorySwapStore(PageFileBytes), out _);
        _engine = new(engine);
        _engine.Start(WindowsScenario.DefaultArena);
        _model.Start(WindowsScenario.DefaultArena);
    }

    /// <summary>Executes a call on both. Returns what differs, or null.</summary>
    public string? Execute(WindowsCall call, out string expected)
    {
        if (_isUnderPressure) TakeMemory();
        expected = _model.Execute(call);
        string actual = _engine.Execute(call);
        return WindowsResults.Agree(expected, actual) ? null : $"{call}\n  expected: {expected}\n  actual:   {actual}";
    }

    /// <summary>Audits the engine, and compares all of the memory. Returns what is wrong, or null.</summary>
    public string? Verify() => _engine.AuditNow() is { } finding ? $"audit: {finding}" : VerifyHog();

    public void Dispose()
    {
        _engine.Dispose();
        _model.Dispose();
    }

    /// <summary>A process of Linux uses a page more, again and again, so that pages of both systems have to go.</summary>
    private void TakeMemory()
    {
        if (_hog is null)
        {
            _hog = _engine.Engine.CreateProcess("hog");
            MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
            _hog.Memory.Map(new(0x1000_0000), HogPages << 12, MemoryProtection.Read | MemoryProtection.Write, flags, out _);
        }

        for (int i = 0; i < 4; i++, _hogTurn++)
        {
            VirtualAddress page = new(0x1000_0000 + (_hogTurn % HogPages << 12));
            _hog.Memory.Mmu.TryWrite(page, _hogTurn);
        }
    }

    private string? VerifyHog()
    {
        for (uint turn = _hogTurn > HogPages ? _hogTurn - HogPages : 0; _hog is not null && turn < _hogTurn; turn++)
        {
            VirtualAddress page = new(0x1000_0000 + (turn % HogPages << 12));
            if (!_hog.Memory.Mmu.TryRead(page, out uint found)
                || found != turn) return $"page {page} of the Linux process holds {found}, not {turn}";
        }

        return null;
    }
}
