namespace Paging.Core.Threads;

/// <summary>The order in which threads take the slow path: recorded in one run, replayed in another.</summary>
/// <remarks>
/// A hold is a system call, or a fault that changes something. A miss that only finds an entry does not count, because it changes nothing
/// and may occur in one run and not in another. All members are used on the slow path.
/// </remarks>
internal sealed class HoldOrder
{
    /// <summary>A thread that is not next checks again after another hold, or after this time.</summary>
    public static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(10);

    private readonly List<int> _holders;
    private readonly bool _follows;
    private readonly TimeSpan _patience = UsualPatience;
    private readonly TimeProvider _clock = TimeProvider.System;
    private int _next;
    private long _lastPass;

    /// <summary>Starts recording.</summary>
    public HoldOrder() => _holders = [];

    /// <summary>Replays recorded holds, then lets all pass.</summary>
    /// <param name="holds">The holds.</param>
    /// <param name="patience">The time to wait for the next thread; null for ten seconds.</param>
    /// <param name="clock">Measures that time; null for the host's clock.</param>
    public HoldOrder(IEnumerable<int> holds, TimeSpan? patience = null, TimeProvider? clock = null)
    {
        (_holders, _follows, _patience, _clock) = ([.. holds], true, patience ?? UsualPatience, clock ?? TimeProvider.System);
        _lastPass = _clock.GetTimestamp();
    }

    /// <summary>The numbers of the processors whose holds were made, in order; 0 for threads without one.</summary>
    public IReadOnlyList<int> Holders => _holders;

    /// <summary>Returns true if the processor may make its hold now.</summary>
    public bool TryPass(int processor)
    {
        if (!_follows) _holders.Add(processor);
        else if (_next < _holders.Count)
        {
            if (_holders[_next] != processor) return false;
            _next++;
        }

        _lastPass = _clock.GetTimestamp();
        return true;
    }

    /// <exception cref="InvalidOperationException">No thread has passed in time: this run differs from the recorded one.</exception>
    public void ThrowIfStuck(int processor)
    {
        if (_next == _holders.Count || _clock.GetElapsedTime(_lastPass) < _patience) return;
        throw new InvalidOperationException(
            $"The replay waits at hold {_next} of {_holders.Count} for processor {_holders[_next]}, while " +
            $"processor {processor} is here. The threads of this run do not do what those of the recorded one did.");
    }
}
