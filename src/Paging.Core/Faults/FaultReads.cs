using Paging.Core.Threads;

namespace Paging.Core.Faults;

/// <summary>An access whose fault may leave the slow path to read from a slow file or swap device. It ends when it is disposed.</summary>
/// <remarks>
/// Empty, and without any effect, in an engine without such a file or device, in a space of another system, for a thread without a
/// virtual processor, and while the order of holds is recorded or followed: the reads would not be part of that order.
/// </remarks>
internal readonly ref struct FaultReads
{
    private readonly CallerCheck _callers;
    private readonly PageTranslation _translation;
    private readonly SlowPath? _shared;
    private readonly bool _hadPending;

    private FaultReads(CallerCheck callers, PageTranslation translation, SlowPath shared) =>
        (_callers, _translation, _shared, _hadPending) = (callers, translation, shared, translation.Space.HasPendingAccess);

    /// <summary>On the slow path: begins an access that is not a part of a system call.</summary>
    public static FaultReads Begin(CallerCheck callers, PageTranslation translation)
    {
        if (callers.Shared is not { Reads.IsOn: true, Order: null } shared || translation.Space.Foreign is not null) return default;
        if (shared.Processors.Here is not { } here) return default;
        shared.Reads.Begin(here);
        return new(callers, translation, shared);
    }

    /// <summary>Called when the access is pending. If the fault has requested a read, makes it outside the slow path.</summary>
    /// <returns>True if the access should be tried again.</returns>
    public bool TryRead()
    {
        if (_shared is null || _callers.HasFailure) return false;    // reported to this thread's host, at the end of this hold
        bool hasPending = _translation.Space.HasPendingAccess;
        _translation.Space.HasPendingAccess = _hadPending;    // before leaving: then accesses of other threads may set it
        if (_shared.TryLeaveToRead(out Exception? failure))
        {
            if (failure is not null) _callers.Keep(failure);
            _shared.Reads.BeginLook();    // the request was served; the retry may make another one
            return true;
        }

        _translation.Space.HasPendingAccess = hasPending;
        return false;
    }

    /// <summary>Ends the access.</summary>
    public void Dispose() => _shared?.Reads.End();
}
