using System.Diagnostics.CodeAnalysis;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>What the turns of one fault have in common: how many there were, whether one has read, how often memory had to be freed.</summary>
/// <remarks>Linux: the retry of do_user_addr_fault with FAULT_FLAG_TRIED, and should_reclaim_retry (mm/page_alloc.c).</remarks>
internal struct FaultTurns(FaultRetry retry, Space space, PageNumber page)
{
    /// <summary>Each further turn follows progress elsewhere; that many are a livelock.</summary>
    private const int TurnCountMax = 64;

    /// <summary>What was freed so often and was never enough will not be.</summary>
    private const int ReclaimCountMax = 16;    // MAX_RECLAIM_RETRIES

    private int _turns, _reclaims;
    private bool _hasRead;

    /// <summary>True: area and entry are to be looked at again. False: the outcome is final; a fault that has read on the way is a major one.</summary>
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
                if (++_turns == TurnCountMax) ThrowLivelock();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Only where frames are what was short: a record that the host has no memory for does not come from the cache.</summary>
    private bool HasFreed() =>
        retry.IsShort && (TryReclaim() || retry.TryKill(space));

    private bool TryReclaim()
    {
        if (++_reclaims == 1) retry.Announce(space, page);
        return _reclaims < ReclaimCountMax && retry.TryFree();
    }

    [DoesNotReturn]
    private static void ThrowLivelock() =>
        throw new InvariantException($"G1: a fault made no progress in {TurnCountMax} turns. A deed that asks to look again has changed something.");
}
