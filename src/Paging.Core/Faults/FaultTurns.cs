using System.Diagnostics.CodeAnalysis;
using Paging.Native;

namespace Paging.Core;

/// <summary>What the turns of one fault have in common: how many there were, whether one has read, how often memory had to be freed.</summary>
/// <remarks>Linux: the retry of do_user_addr_fault with FAULT_FLAG_TRIED, and should_reclaim_retry (mm/page_alloc.c).</remarks>
internal struct FaultTurns(AddressSpace space, PageNumber page)
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
        space.Engine.Pressure.IsShort && (TryReclaim() || space.Engine.OutOfMemory.TryKill(space));

    private bool TryReclaim()
    {
        if (++_reclaims == 1 && space.Engine.Groups.Current.Reclaim.Policy is { } policy) policy.Announce(MissingPage());
        return _reclaims < ReclaimCountMax && space.Engine.Pressure.TryFree();
    }

    /// <summary>What a policy calls the page that is missing. Areas get their history before they ask for a frame.</summary>
    private readonly PageIdentity MissingPage()
    {
        ref readonly Area area = ref space.Areas[space.Areas.Tree.Covering(page)];
        uint index = area.OffsetOf(page);
        return area.IsAnonymous
            ? PageIdentity.OfPrivate(area.Root.Value, index)
            : PageIdentity.OfObject(space.Engine.Files.ObjectOf(area.File).Number, index);
    }

    [DoesNotReturn]
    private static void ThrowLivelock() =>
        throw new InvariantException($"G1: a fault made no progress in {TurnCountMax} turns. A deed that asks to look again has changed something.");
}
