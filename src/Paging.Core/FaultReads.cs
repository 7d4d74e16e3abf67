using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>An access whose fault may leave the slow path to read from a slow file or swap device. It ends when it is disposed.</summary>
/// <remarks>
/// Empty, and without any effect, in an engine without such a file or device, in a space of another system, for a thread without a
/// virtual processor, and while the order of turns is recorded or followed: the reads would not be part of that order.
/// </remarks>
internal readonly ref struct FaultReads
{
    private readonly Mmu? _mmu;
    private readonly SlowPath? _shared;
    private readonly bool _hadPending;

    private FaultReads(Mmu mmu, SlowPath shared) => (_mmu, _shared, _hadPending) = (mmu, shared, mmu.Space.HasPendingAccess);

    /// <summary>On the slow path: begins an access that is not a part of a system call.</summary>
    public static FaultReads Begin(Mmu mmu)
    {
        if (mmu.Guard.Shared is not { Reads.IsOn: true, Order: null } shared || mmu.Space.Foreign is not null) return default;
        if (shared.Processors.Here is not { } here) return default;
        shared.Reads.Begin(here);
        return new(mmu, shared);
    }

    /// <summary>Called when the access is pending. If the fault has requested a read, makes it outside the slow path.</summary>
    /// <returns>True if the access should be tried again.</returns>
    public bool TryRead()
    {
        if (_shared is null || _mmu!.Guard.HasFailure) return false;    // reported to this thread's host, at the end of this turn
        bool hasPending = _mmu.Space.HasPendingAccess;
        _mmu.Space.HasPendingAccess = _hadPending;    // before leaving: then accesses of other threads may set it
        if (_shared.TryLeaveToRead(out Exception? failure))
        {
            if (failure is not null) _mmu.Guard.Fail(failure);
            _shared.Reads.BeginLook();    // the request was served; the retry may make another one
            return true;
        }

        _mmu.Space.HasPendingAccess = hasPending;
        return false;
    }

    /// <summary>Ends the access.</summary>
    public void Dispose() => _shared?.Reads.End();
}
