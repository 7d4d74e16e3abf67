namespace Paging.Core.Tests;

/// <summary>Holds a read of a slow file or swap device until the test lets it go on.</summary>
internal sealed class Gate : IDisposable
{
    private readonly ManualResetEventSlim _arrived = new(), _open = new();
    private int _reads;

    /// <summary>How many reads have come.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>A read waits here until the gate opens. An open gate stays open.</summary>
    public void Pass()
    {
        Interlocked.Increment(ref _reads);
        _arrived.Set();
        if (!_open.Wait(TimeSpan.FromSeconds(60))) throw new TimeoutException("The gate was not opened.");
    }

    /// <summary>Waits for the first read.</summary>
    public void AwaitArrival()
    {
        if (!_arrived.Wait(TimeSpan.FromSeconds(60))) throw new TimeoutException("No read has arrived at the gate.");
    }

    public void Open() => _open.Set();

    public void Dispose()
    {
        _arrived.Dispose();
        _open.Dispose();
    }
}
