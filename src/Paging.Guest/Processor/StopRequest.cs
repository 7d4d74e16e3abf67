namespace Paging.Guest.Processor;

/// <summary>A wish to stop, from any thread. It is repeated until the run has seen it.</summary>
/// <remarks>
/// An interruption that the block counter overwrites is lost; so a timer asks again every few milliseconds while the wish is open.
/// </remarks>
internal sealed class StopRequest : IDisposable
{
    private const int RepeatMilliseconds = 2;

    private readonly BlockBudget _budget;
    private readonly Lock _gate = new();
    private readonly Timer _repeat;
    private volatile bool _isOpen;
    private bool _isDisposed;

    public StopRequest(BlockBudget budget)
    {
        _budget = budget;
        _repeat = new(static state => ((StopRequest)state!).Ask(), this, Timeout.Infinite, Timeout.Infinite);
    }

    public void Request()
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            _isOpen = true;
            _repeat.Change(RepeatMilliseconds, RepeatMilliseconds);
        }

        Ask();
    }

    /// <summary>True once for each wish, however often it was made.</summary>
    public bool TryTake()
    {
        if (!_isOpen) return false;
        lock (_gate)
        {
            _isOpen = false;
            _repeat.Change(Timeout.Infinite, Timeout.Infinite);
        }

        return true;
    }

    public void Dispose()
    {
        lock (_gate) _isDisposed = true;
        _repeat.Dispose();
    }

    private void Ask()
    {
        lock (_gate)
        {
            if (_isOpen && !_isDisposed) _budget.Interrupt();
        }
    }
}
