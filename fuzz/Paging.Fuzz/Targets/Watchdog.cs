namespace Paging.Fuzz;

/// <summary>Ends the program when a scenario does not end: a ring in a list is a finding, too.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);
    // a busy host gives little of it, and that is no finding
    private static readonly TimeSpan PatienceOfProcessor = TimeSpan.FromSeconds(90);

    private readonly Dictionary<int, (string What, DateTime Since, TimeSpan ProcessorThen)> _running = [];
    private readonly Lock _gate = new();
    private readonly TextWriter _output;
    private readonly Timer _timer;

    public Watchdog(TextWriter output)
    {
        _output = output;
        _timer = new(_ => Look(), state: null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
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
            foreach ((string what, DateTime since, TimeSpan then) in _running.Values)
            {
                if (DateTime.UtcNow - since < Patience || Environment.CpuUsage.TotalTime - then < PatienceOfProcessor) continue;
                _output.WriteLine($"{what}: has not ended after {Patience.TotalSeconds:F0} s");
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
