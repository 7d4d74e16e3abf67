namespace Paging.Bench.Harness;

/// <summary>How large the worlds are: the real ones, or tiny ones that only show that everything works.</summary>
internal enum Scale
{
    /// <summary>The scale of measurements.</summary>
    Full,
    /// <summary>The scale of the smoke test: seconds for all of it.</summary>
    Tiny,
}

/// <summary>Chooses by scale.</summary>
internal static class ScaleChoice
{
    /// <summary>The one or the other.</summary>
    public static int Pick(this Scale scale, int full, int tiny) => scale == Scale.Full ? full : tiny;
}

/// <summary>The contenders of one operation at one size, ready to run.</summary>
/// <param name="count">Operations in each timed call.</param>
/// <param name="warmCount">Operations in each call while warming up: short calls, so that no loop stays in its first code.</param>
/// <param name="contenders">The contenders, our own first.</param>
/// <param name="worlds">The worlds that they share; disposed of after them.</param>
internal sealed class Race(int count, int warmCount, IReadOnlyList<Contender> contenders,
    params IReadOnlyList<IDisposable> worlds) : IDisposable
{
    public int Count { get; } = count;

    public int WarmCount { get; } = Math.Min(warmCount, count);

    public IReadOnlyList<Contender> Contenders { get; } = contenders;

    /// <summary>The contender with a role, if the race has one.</summary>
    public Contender? Of(Role role) => Contenders.FirstOrDefault(contender => contender.Role == role);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Contender contender in Contenders) contender.Dispose();
        foreach (IDisposable world in worlds) world.Dispose();
    }
}

/// <summary>An operation at a size, with its names for tables and the setup of its race.</summary>
/// <param name="Operation">The operation, as in <c>read-random</c>.</param>
/// <param name="Size">The size, as in <c>64KiB</c> or <c>1000-areas</c>.</param>
/// <param name="Unit">The unit of one operation.</param>
/// <param name="Start">Sets the race up.</param>
internal sealed record RaceDefinition(string Operation, string Size, string Unit, Func<Scale, Race> Start)
{
    /// <summary>Host memory the race takes at full scale; it is left out where the host has less than twice that.</summary>
    public long HostBytes { get; init; } = 256L << 20;

    /// <summary>False where contenders need no <see cref="Contender.Prepare"/> between runs, so that one run can follow another.</summary>
    public bool IsPrepared { get; init; } = true;

    /// <summary>The world it shares with other races at full scale; none where it has its own.</summary>
    public ISharedWorld? World { get; init; }

    /// <summary>A requirement that the host does not meet; null: none.</summary>
    public string? Missing { get; init; }

    /// <summary>True when the host has memory enough.</summary>
    public bool Fits => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >= 2 * HostBytes;

    /// <summary>What <c>--filter</c> looks into.</summary>
    public override string ToString() => $"{Operation}/{Size}";
}
