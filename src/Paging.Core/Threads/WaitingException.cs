using System.Runtime.ExceptionServices;

namespace Paging.Core.Threads;

/// <summary>The first exception of a callback that has not reached the host. It is thrown unchanged, later ones are dropped.</summary>
internal struct WaitingException
{
    private ExceptionDispatchInfo? _first;

    public readonly bool IsWaiting => _first is not null;

    public void Keep(Exception failure) => _first ??= ExceptionDispatchInfo.Capture(failure);

    /// <summary>Returns the exception, to be thrown now; null without one.</summary>
    public ExceptionDispatchInfo? Take()
    {
        ExceptionDispatchInfo? first = _first;
        _first = null;
        return first;
    }
}
