using System.Diagnostics;

namespace Paging.Processors;

/// <summary>Ends a run: by a request from any thread, or at the end of its turn on the host's clock.</summary>
/// <remarks>
/// An interruption can be lost: the block counter overwrites it, or the library is just being entered. So a dedicated thread repeats it
/// every two milliseconds while a stop is due; it sleeps while nothing runs.
/// </remarks>
internal sealed class StopRequest : IDisposable
{
    private const int RepeatMilliseconds = 2, IdleRoundsMax = 32;
    private const double LongestSliceSeconds = 1e9;    // 30 years: the clock does not wrap

    private readonly Action _askToStop;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private Thread? _thread;
    private volatile bool _isOpen, _isDisposed, _isParked;
    private long _sliceEnd;    // in ticks of Stopwatch; 0: the run, if there is one, has no slice
    private long _overdue;    // the end of a slice that has passed

    /// <param name="askToStop">Interrupts the run that is under way, if there is one; from any thread.</param>
    public StopRequest(Action askToStop) => _askToStop = askToStop;

    public void Request()
    {
        _isOpen = true;
        Interrupt();
        Wake();
    }

    /// <summary>A run begins that ends with its slice.</summary>
    public void BeginSlice(TimeSpan slice)
    {
        long end = Stopwatch.GetTimestamp() + (long)(Math.Min(slice.TotalSeconds, LongestSliceSeconds) * Stopwatch.Frequency);
        Interlocked.Exchange(ref _sliceEnd, Math.Max(end, 1));    // stored before the thread's state is read
        if (_thread is null || _isParked) Wake();
    }

    /// <summary>Notes the end of the run.</summary>
    public void EndSlice() => Volatile.Write(ref _sliceEnd, 0);

    /// <summary>Returns true once per request, however often repeated, and at the end of the slice.</summary>
    public bool TryTake()
    {
        long end = _sliceEnd;
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
            long end = Volatile.Read(ref _sliceEnd);
            bool isOver = end != 0 && Stopwatch.GetTimestamp() >= end;
            if (isOver) Volatile.Write(ref _overdue, end);
            if (isOver || _isOpen) Interrupt();
            idle = end == 0 && !_isOpen ? idle + 1 : 0;
            if (idle < IdleRoundsMax) continue;
            _isParked = true;
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _sliceEnd) == 0 && !_isOpen && !_isDisposed) _work.Wait();
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
