namespace Paging.Core;

/// <summary>A thread of the engine that reclaims, writes back and zeroes ahead. It stops when it is disposed.</summary>
/// <remarks>Linux: kswapd, the flusher threads, and the zeroing of free pages that some kernels do when idle.</remarks>
public sealed class BackgroundWork : IDisposable
{
    private readonly Func<int, int> _tick;
    private readonly Func<bool>? _isGone;
    private readonly TimeSpan _interval;
    private readonly int _pageBudget;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private long _pageCount;    // written by the thread, as is the next
    private volatile Exception? _failure;

    internal BackgroundWork(Func<int, int> tick, TimeSpan interval, int pageBudget, Func<bool>? isGone = null)
    {
        (_tick, _isGone, _interval, _pageBudget) = (tick, isGone, interval, pageBudget);
        _thread = new(Work) { IsBackground = true, Name = "paging background" };    // does not keep the host's program alive
        _thread.Start();
    }

    /// <summary>The number of pages written and frames freed or zeroed.</summary>
    public long PageCount => Volatile.Read(ref _pageCount);

    /// <summary>The exception of a backing or a swap store that ended the work before it was disposed. Null while it works.</summary>
    public Exception? Failure => _failure;

    /// <summary>The thread has been neither disposed nor ended by an exception.</summary>
    internal bool IsRunning => _thread.IsAlive;

    /// <summary>Waits for the current turn to end, and stops the thread. Must not be called from a callback of the engine.</summary>
    public void Dispose()
    {
        _stop.Set();
        _thread.Join();    // the thread waits on _stop, which ends below
        _stop.Dispose();
    }

    private void Work()
    {
        try
        {
            while (!_stop.IsSet)
            {
                int done = _tick(_pageBudget);
                Volatile.Write(ref _pageCount, _pageCount + done);    // this thread alone writes it
                if (done == 0) _stop.Wait(_interval);    // otherwise more may be due: the next tick follows at once
            }
        }
        catch (ObjectDisposedException) when (_isGone?.Invoke() ?? false)
        {
            // The engine was disposed, so there is no more work. The same exception from a backing is a failure.
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
    }
}
