namespace Paging.Fuzz;

/// <summary>
/// Ends the program when a scenario does not end: a ring in a list is a finding, and so are threads that wait for each other.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IdleAtMost = Interval / 100;    // even a busy host gives a thread that can run more of an interval

    private readonly TimeSpan _patience;
    private readonly TimeSpan _patienceOfProcessor;    // a busy host gives little of it, and that is no finding
    private readonly Dictionary<int, (string What, DateTime Since, TimeSpan ProcessorThen)> _running = [];
    private readonly Lock _gate = new();
    private readonly TextWriter _output;
    private readonly Timer _timer;
    private TimeSpan _processorAtLook;
    private TimeSpan _idle;    // for how long no thread of the program has used the processor

    /// <param name="output">Where a run that hangs is reported.</param>
    /// <param name="shrinking">Additional time for shrinking a failure.</param>
    public Watchdog(TextWriter output, TimeSpan shrinking)
    {
        _output = output;
        _patience = TimeSpan.FromSeconds(180) + shrinking;
        _patienceOfProcessor = TimeSpan.FromSeconds(90) + shrinking;
        _timer = new(_ => Look(), state: null, Interval, Interval);
    }

    /// <summary>Watches what the calling thread does until the result is disposed of.</summary>
    public IDisposable Watch(string what)
    {
        int thread = Environment.CurrentManagedThreadId;
        lock (_gate) _running[thread] = (what, DateTime.UtcNow, Environment.CpuUsage.TotalTime);
        return new Watched(this, thread);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            TimeSpan used = Environment.CpuUsage.TotalTime;
            _idle = used - _processorAtLook <= IdleAtMost ? _idle + Interval : TimeSpan.Zero;
            _processorAtLook = used;
            foreach ((string what, DateTime since, TimeSpan then) in _running.Values)
            {
                if (DateTime.UtcNow - since < _patience || (used - then < _patienceOfProcessor && _idle < _patience)) continue;
                _output.WriteLine($"{what}: has not ended after {_patience.TotalSeconds:F0} s");
                _output.Flush();
                Environment.Exit(ExitCode.Found);
            }
        }
    }

    private sealed class Watched(Watchdog owner, int thread) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate) owner._running.Remove(thread);
        }
    }
}
