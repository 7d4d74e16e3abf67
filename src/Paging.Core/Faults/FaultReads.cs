using Paging.Core.Threads;

namespace Paging.Core.Faults;

/// <summary>An access whose fault may leave the slow path to read from a slow file or swap device. It ends when it is disposed.</summary>
/// <remarks>
/// Empty, and without any effect, in an engine without such a file or device, in a space of another system, for a thread without a
/// virtual processor, and while the order of turns is recorded or followed: the reads would not be part of that order.
/// </remarks>
internal readonly ref struct FaultReads
{
    private readonly ThreadGuard _guard;
    private readonly PageTranslation _process;
    private readonly SlowPath? _shared;
    private readonly bool _hadPending;

    private FaultReads(ThreadGuard guard, PageTranslation process, SlowPath shared) =>
        (_guard, _process, _shared, _hadPending) = (guard, process, shared, process.Space.HasPendingAccess);

    /// <summary>On the slow path: begins an access that is not a part of a system call.</summary>
    public static FaultReads Begin(ThreadGuard guard, PageTranslation process)
    {
        if (guard.Shared is not { Reads.IsOn: true, Order: null } shared || process.Space.Foreign is not null) return default;
        if (shared.Processors.Here is not { } here) return default;
        shared.Reads.Begin(here);
        return new(guard, process, shared);
    }

    /// <summary>Called when the access is pending. If the fault has requested a read, makes it outside the slow path.</summary>
    /// <returns>True if the access should be tried again.</returns>
    public bool TryRead()
    {
        if (_shared is null || _guard.HasFailure) return false;    // reported to this thread's host, at the end of this turn
        bool hasPending = _process.Space.HasPendingAccess;
        _process.Space.HasPendingAccess = _hadPending;    // before leaving: then accesses of other threads may set it
        if (_shared.TryLeaveToRead(out Exception? failure))
        {
            if (failure is not null) _guard.Keep(failure);
            _shared.Reads.BeginLook();    // the request was served; the retry may make another one
            return true;
        }

        _process.Space.HasPendingAccess = hasPending;
        return false;
    }

    /// <summary>Ends the access.</summary>
    public void Dispose() => _shared?.Reads.End();
}
