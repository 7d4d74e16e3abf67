namespace Paging.Testing.Conformance;

/// <summary>Counts the calls of one rule or family that agreed.</summary>
public sealed class ConformanceCount
{
    /// <summary>Calls with the expected result.</summary>
    public long Agreed { get; internal set; }

    /// <summary>Calls with another result.</summary>
    public long Differed { get; internal set; }

    /// <summary>Calls that the adapter does not support.</summary>
    public long Unsupported { get; internal set; }

    /// <summary>Calls after a difference. Their results prove nothing, so they are not compared.</summary>
    public long NotReached { get; internal set; }
}

/// <summary>The first difference that broke a rule.</summary>
/// <param name="Rule">The rule that was broken.</param>
/// <param name="Script">The scenario.</param>
/// <param name="CallIndex">At which of its calls, from 0.</param>
/// <param name="Expected">The result of the call.</param>
/// <param name="Actual">The adapter's answer, or the way in which it failed.</param>
public sealed record ConformanceBreak(ConformanceRule Rule, ConformanceScript Script, int CallIndex, string Expected, string Actual);

/// <summary>The result of one scenario.</summary>
/// <param name="Name">The scenario.</param>
/// <param name="Family">Its family.</param>
/// <param name="ComparedCount">Calls that were compared.</param>
/// <param name="Break">Its first difference; null if there is none.</param>
/// <param name="Time">The time that the adapter took, with its start if it was started for this scenario.</param>
public sealed record ConformanceOutcome(string Name, string Family, int ComparedCount, ConformanceBreak? Break, TimeSpan Time)
{
    /// <summary>What an implementation must know to pass it.</summary>
    public CourseLevel Level { get; init; }

    /// <summary>The calls that it has, compared or not.</summary>
    public int CallCount { get; init; }

    /// <summary>Every call that was compared agreed, and none that its level is about was left out.</summary>
    public bool Passes { get; init; }

    /// <summary>Calls with the expected result.</summary>
    public int AgreedCount => Break is null ? ComparedCount : ComparedCount - 1;
}

/// <summary>The counts of <c>paging conform</c>.</summary>
public sealed class ConformanceTally
{
    private readonly SortedDictionary<string, ConformanceCount> _byRule = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ConformanceCount> _byFamily = new(StringComparer.Ordinal);
    private readonly Dictionary<ConformanceRule, ConformanceBreak> _firstBreaks = [];
    private readonly List<ConformanceOutcome> _outcomes = [];

    /// <summary>Calls by rule.</summary>
    public IReadOnlyDictionary<string, ConformanceCount> ByRule => _byRule;

    /// <summary>Calls by family of scenarios.</summary>
    public IReadOnlyDictionary<string, ConformanceCount> ByFamily => _byFamily;

    /// <summary>The first break of each rule, in order of rules: the one with the fewest calls before it.</summary>
    public IEnumerable<ConformanceBreak> Breaks => _firstBreaks.Values.OrderBy(static found => found.Rule.Name, StringComparer.Ordinal);

    /// <summary>The first break at each level that has one, from the first level: the one with the fewest calls before it.</summary>
    public IEnumerable<ConformanceBreak> FirstBreaksByLevel => _outcomes.Where(static outcome => outcome.Break is not null)
        .GroupBy(static outcome => outcome.Level).OrderBy(static level => level.Key)
        .Select(static level => level.MinBy(static outcome => outcome.Break!.CallIndex)!.Break!);

    /// <summary>The scenarios that were run, in that order.</summary>
    public IReadOnlyList<ConformanceOutcome> Outcomes => _outcomes;

    /// <summary>Scenarios that were run.</summary>
    public int ScenarioCount => _outcomes.Count;

    /// <summary>Scenarios in which every call agreed or is not supported.</summary>
    public int AgreementCount { get; private set; }

    /// <summary>Scenarios in which the adapter gave no answer in time.</summary>
    public int HungCount { get; private set; }

    /// <summary>Both counts that a call belongs to.</summary>
    internal void Count(ConformanceRule rule, string family, Action<ConformanceCount> add)
    {
        add(In(_byRule, rule.Name));
        add(In(_byFamily, family));
    }

    /// <summary>Adds a scenario; of the breaks of one rule the one that comes first in its scenario is kept.</summary>
    internal void Add(ConformanceOutcome outcome)
    {
        _outcomes.Add(outcome);
        if (outcome.Break is not { } found)
        {
            AgreementCount++;
            return;
        }

        if (found.Rule == ConformanceRule.Of(AdapterFailure.Hung)) HungCount++;
        if (!_firstBreaks.TryGetValue(found.Rule, out ConformanceBreak? known) || found.CallIndex < known.CallIndex)
            _firstBreaks[found.Rule] = found;
    }

    private static ConformanceCount In(SortedDictionary<string, ConformanceCount> counts, string key)
    {
        if (!counts.TryGetValue(key, out ConformanceCount? count)) counts[key] = count = new();
        return count;
    }
}
