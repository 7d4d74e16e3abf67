namespace Paging.Guest;

/// <summary>Ends a stretch of pure computing when another task or a timer waits. Without it a loop on shared memory would never see its end.</summary>
/// <remarks>The host's timer looks every few milliseconds whether the same stretch is still running; counting instructions instead would slow all of them down.</remarks>
internal sealed class Watchdog : IDisposable
{
    /// <summary>What a stretch that it ends counts for in the guest's time.</summary>
    public const long StretchNanoseconds = 10_000_000;

    private const int LookMilliseconds = 5;

    private readonly GuestProcessor _processor;
    private readonly Timer _timer;
    private long _stretch, _seen;
    private volatile bool _isWanted;

    public Watchdog(GuestProcessor processor)
    {
        _processor = processor;
        _timer = new(static state => ((Watchdog)state!).Look(), this, LookMilliseconds, LookMilliseconds);
    }

    /// <summary>Somebody waits for a turn.</summary>
    public bool IsWanted
    {
        get => _isWanted;
        set => _isWanted = value;
    }

    /// <summary>The processor has come back and goes on with something new.</summary>
    public void NextStretch() => Volatile.Write(ref _stretch, _stretch + 1);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long now = Volatile.Read(ref _stretch);
        if (_isWanted && now == _seen) _processor.RequestStop();
        _seen = now;
    }
}
