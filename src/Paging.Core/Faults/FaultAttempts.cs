using System.Diagnostics.CodeAnalysis;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>
/// The state that the attempts of one fault share: the numbers of attempts and reclaims, and whether an attempt has read.
/// </summary>
/// <remarks>Linux: the retry of do_user_addr_fault with FAULT_FLAG_TRIED, and should_reclaim_retry (mm/page_alloc.c).</remarks>
internal struct FaultAttempts(MemoryPressure pressure, Space space, PageNumber page)
{
    /// <summary>Each further attempt follows progress elsewhere, so this many attempts are a livelock.</summary>
    public const int AttemptCountMax = 64;

    /// <summary>After this many reclaims in a row a fault ends a process, or gives up.</summary>
    private const int ReclaimCountMax = 16;    // MAX_RECLAIM_RETRIES

    private int _attempts, _reclaims;
    private bool _hasRead, _isAnnounced;

    /// <summary>Returns true if the area and the entry must be read again, and false if the outcome is final.</summary>
    /// <remarks>A resolved fault becomes a major fault if one of its attempts has read.</remarks>
    public bool MustLookAgain(ref FaultOutcome outcome)
    {
        switch (outcome)
        {
            case FaultOutcome.Resolved:
                if (_hasRead) outcome = FaultOutcome.ResolvedByReading;
                return false;
            case FaultOutcome.OutOfMemory:
                return HasFreed();
            case FaultOutcome.LookAgain:
            case FaultOutcome.LookAgainHavingRead:
                _hasRead |= outcome == FaultOutcome.LookAgainHavingRead;
                if (++_attempts == AttemptCountMax) ThrowLivelock();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Frees memory if frames were short. Reclaim cannot help when the host has no memory for a record.</summary>
    private bool HasFreed()
    {
        if (!pressure.IsShort(space.Group)) return false;
        if (TryReclaim()) return true;
        _reclaims = 0;    // pages that only the ended process had locked can be reclaimed. Linux: __alloc_pages_slowpath
        return pressure.TryKill(space);
    }

    private bool TryReclaim()
    {
        if (!_isAnnounced) pressure.Announce(space, page);    // once: further attempts are the same miss
        _isAnnounced = true;
        return _reclaims++ < ReclaimCountMax && pressure.TryFree(space.Group);
    }

    [DoesNotReturn]
    private static void ThrowLivelock() =>
        throw new InvariantException(
            $"G1: a fault made no progress in {AttemptCountMax} attempts. A handler may return LookAgain only after a change.");
}
