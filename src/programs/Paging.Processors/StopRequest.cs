using System.Diagnostics;

namespace Paging.Processors;

/// <summary>What ends a run that would go on: a wish, from any thread, or the end of its turn on the host's clock.</summary>
/// <remarks>
/// An interruption can be lost: the block counter overwrites it, or the library is just being entered. So a thread of its own interrupts
/// again every two milliseconds while there is reason to; it sleeps while nothing runs that could be stopped.
/// </remarks>
internal sealed class StopRequest : IDisposable
{
    private const int RepeatMilliseconds = 2, IdleRoundsMax = 32;
    private const double LongestTurnSeconds = 1e9;    // 30 years: the clock does not wrap

    private readonly Action _askToStop;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private Thread? _thread;
    private volatile bool _isOpen, _isDisposed, _isParked;
    private long _turnEnd;    // in ticks of Stopwatch; 0: the run, if there is one, has no turn
    private long _overdue;    // the end of a turn that has passed

    /// <param name="askToStop">Interrupts the run that is under way, if there is one; from any thread.</param>
    public StopRequest(Action askToStop) => _askToStop = askToStop;

    public void Request()
    {
        _isOpen = true;
        Interrupt();
        Wake();
    }

    /// <summary>A run begins that ends with its turn.</summary>
    public void BeginTurn(TimeSpan turn)
    {
        long end = Stopwatch.GetTimestamp() + (long)(Math.Min(turn.TotalSeconds, LongestTurnSeconds) * Stopwatch.Frequency);
        Interlocked.Exchange(ref _turnEnd, Math.Max(end, 1));    // before the thread is looked at: it looks the other way round
        if (_thread is null || _isParked) Wake();
    }

    /// <summary>The run has come back.</summary>
    public void EndTurn() => Volatile.Write(ref _turnEnd, 0);

    /// <summary>True once for each wish, however often it was made, and when the turn is over.</summary>
    public bool TryTake()
    {
        long end = _turnEnd;
        bool isOver = end != 0 && Volatile.Read(ref _overdue) == end;
        if (!_isOpen) return isOver;
        _isOpen = false;
        return true;
    }

    public void Dispose()
    {
        lock (_gate) _isDisposed = true;
        _work.Release();
        _thread?.Join();
        _work.Dispose();
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            if (_thread is null)
            {
                _thread = new(Repeat) { IsBackground = true, Name = "paging stop" };
                _thread.Start();
            }
        }

        if (_isParked && _work.CurrentCount == 0) _work.Release();
    }

    private void Repeat()
    {
        for (int idle = 0; !_isDisposed;)
        {
            Thread.Sleep(RepeatMilliseconds);
            long end = Volatile.Read(ref _turnEnd);
            bool isOver = end != 0 && Stopwatch.GetTimestamp() >= end;
            if (isOver) Volatile.Write(ref _overdue, end);
            if (isOver || _isOpen) Interrupt();
            idle = end == 0 && !_isOpen ? idle + 1 : 0;
            if (idle < IdleRoundsMax) continue;
            _isParked = true;
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _turnEnd) == 0 && !_isOpen && !_isDisposed) _work.Wait();
            _isParked = false;
            idle = 0;
        }
    }

    private void Interrupt()
    {
        lock (_gate)
        {
            if (!_isDisposed) _askToStop();
        }
    }
}
