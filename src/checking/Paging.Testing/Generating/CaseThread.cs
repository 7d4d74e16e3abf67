using System.Runtime.ExceptionServices;

namespace Paging.Testing.Generating;

/// <summary>A thread that runs one case after another while the caller waits, and can be abandoned.</summary>
/// <remarks>Cost: two switches between threads for each case, some ten microseconds. An abandoned one is not disposed of.</remarks>
internal sealed class CaseThread : IDisposable
{
    private readonly SemaphoreSlim _begin = new(0), _end = new(0);
    private readonly CancellationTokenSource _isLeft = new();
    private Action<CancellationToken>? _action;    // null: the thread ends
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _thrown;

    public CaseThread()
    {
        _thread = new(Serve) { IsBackground = true, Name = "cases of a check" };
        _thread.Start();
    }

    /// <summary>True on such a thread.</summary>
    [field: ThreadStatic]
    public static bool IsCurrent { get; private set; }

    /// <summary>Runs an action, and throws what it throws.</summary>
    /// <returns>
    /// False if it has not returned within the time. Its token is cancelled then. The thread runs on until the action returns, and is not
    /// used again.
    /// </returns>
    public bool TryRun(Action<CancellationToken> action, TimeSpan most)
    {
        (_action, _thrown) = (action, null);
        _begin.Release();
        if (!_end.Wait(most))
        {
            _isLeft.Cancel();
            return false;
        }

        _thrown?.Throw();
        return true;
    }

    /// <summary>Ends the thread. Not for an abandoned one.</summary>
    public void Dispose()
    {
        _action = null;
        _begin.Release();
        _thread.Join();
        _begin.Dispose();
        _end.Dispose();
        _isLeft.Dispose();
    }

    private void Serve()
    {
        IsCurrent = true;
        while (!_isLeft.IsCancellationRequested)
        {
            _begin.Wait();
            if (_action is not { } action) return;
            try
            {
                action(_isLeft.Token);
            }
#pragma warning disable CA1031 // the caller throws it again, or is no longer there
            catch (Exception exception)
            {
                _thrown = ExceptionDispatchInfo.Capture(exception);
            }
#pragma warning restore CA1031

            _end.Release();
        }
    }
}
