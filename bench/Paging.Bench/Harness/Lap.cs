namespace Paging.Bench.Harness;

/// <summary>The result of one contender in a race, per operation.</summary>
/// <param name="Role">Who.</param>
/// <param name="Description">The contender's description.</param>
/// <param name="MinNanoseconds">The fastest run of all rounds. Noise only adds, so this is the figure that ratios are made of.</param>
/// <param name="MedianNanoseconds">The median over the rounds of each round's median run.</param>
/// <param name="AllocatedBytes">Managed bytes; the most that any run allocated.</param>
internal sealed record Lap(Role Role, string Description, double MinNanoseconds, double MedianNanoseconds, double AllocatedBytes)
{
    /// <summary>The median run of each round, in the order of the rounds: contenders of one race had the same rounds.</summary>
    public IReadOnlyList<double> RoundNanoseconds { get; init; } = [];

    /// <summary>The longest single operation of all rounds; 0 where operations are not timed one by one.</summary>
    public double LongestNanoseconds { get; init; }
}

/// <summary>The result of a race.</summary>
internal sealed record RaceResult(string Operation, string Size, string Unit, IReadOnlyList<Lap> Laps)
{
    public Lap Engine => Laps.First(static lap => lap.Role == Role.Engine);

    /// <summary>The lap of the contender with a role, if there is one.</summary>
    public Lap? Of(Role role) => Laps.FirstOrDefault(lap => lap.Role == role);

    /// <summary>True for races of several threads: a least time hides how threads wait for each other.</summary>
    public static bool UsesMedian(string operation) => operation.StartsWith("threads-", StringComparison.Ordinal);

    /// <summary>The time of a lap that ratios and goals are made of: the least one, or the median.</summary>
    public double TimeOf(Lap lap) => UsesMedian(Operation) ? lap.MedianNanoseconds : lap.MinNanoseconds;

    /// <summary>The same for a role; none without that role.</summary>
    public double? TimeOf(Role role) => Of(role) is { } lap ? TimeOf(lap) : null;

    /// <summary>How many times as long a lap took as a role; none without that role.</summary>
    public double? Ratio(Lap lap, Role role) => TimeOf(lap) / TimeOf(role);
}
