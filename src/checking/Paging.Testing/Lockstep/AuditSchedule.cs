using Paging.Testing.Randomness;

namespace Paging.Testing.Lockstep;

/// <summary>When to recount everything: often while there is little to count, then at an interval, and always at the end.</summary>
internal readonly struct AuditSchedule
{
    private const int EarlyInterval = 8;
    private const int EarlyCallCount = 40;

    private readonly int _interval;

    /// <summary>An interval of 0 is never; a negative one leaves it to the seed.</summary>
    /// <param name="interval">The requested interval.</param>
    /// <param name="random">Chance, from the scenario's seed.</param>
    /// <param name="isLarge">There are several times the usual frames to count: the seed's interval is four times as long.</param>
    public AuditSchedule(int interval, FuzzRandom random, bool isLarge)
    {
        int drawn = random.OneOf([16, 64, 256]);    // drawn in any case, so that the scenario does not depend on the option
        _interval = interval >= 0 ? interval : isLarge ? drawn * 4 : drawn;
    }

    /// <summary>True at least for the end of the scenario.</summary>
    public bool Audits => _interval != 0;

    public bool IsDue(int callIndex)
    {
        if (_interval == 0) return false;
        return callIndex % _interval == _interval - 1 || (callIndex < EarlyCallCount && callIndex % EarlyInterval == EarlyInterval - 1);
    }
}
