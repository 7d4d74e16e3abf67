using System.Diagnostics;

namespace Paging.Cli.Fuzz;

/// <summary>A process of the host that a fuzzer may kill when a program takes too long: the program itself is none.</summary>
/// <remarks>It reads from a pipe of this command's, so it ends with it.</remarks>
internal sealed class StandIn : IDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private Action? _onGone;
    private bool _wasCalled;

    public StandIn()
    {
        _process = new()
        {
            StartInfo = new("cat") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false },
            EnableRaisingEvents = true,
        };
        _process.Exited += (_, _) => Report();
        _process.Start();
    }

    public int Id => _process.Id;

    public bool IsGone => _process.HasExited;

    /// <summary>From now on the end of the process is reported, from another thread, at most once.</summary>
    public void Watch(Action onGone)
    {
        lock (_gate) (_onGone, _wasCalled) = (onGone, false);
        if (IsGone) Report();
    }

    /// <summary>No longer. True: it has been reported.</summary>
    public bool EndWatch()
    {
        lock (_gate)
        {
            _onGone = null;
            return _wasCalled;
        }
    }

    public void WaitUntilGone() => _process.WaitForExit();

    public void Dispose()
    {
        if (!IsGone) _process.Kill();
        _process.Dispose();
    }

    private void Report()
    {
        lock (_gate)
        {
            _onGone?.Invoke();
            if (_onGone is not null) _wasCalled = true;
            _onGone = null;
        }
    }
}
