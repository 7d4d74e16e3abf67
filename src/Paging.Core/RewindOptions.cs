namespace Paging.Core;

/// <summary>The options of a <see cref="Rewind"/>.</summary>
public sealed record RewindOptions
{
    /// <summary>The most bytes that the states may keep beside the memory itself, 1 or more; the oldest states go first.</summary>
    /// <remarks>
    /// Checked after each <see cref="Rewind.Record()"/>, against <see cref="Rewind.HeldBytes"/>. The newest state stays, however much it
    /// keeps.
    /// </remarks>
    public long BudgetBytes { get; init; } = 256L << 20;

    /// <summary>The spacings of states that stay as they grow old. The first is for the newest states.</summary>
    /// <remarks>
    /// The default suits sixty records a second: each of the last two seconds, one a second for the two minutes before, one a minute
    /// for the hour before. A state that is older than the last spacing goes.
    /// </remarks>
    public IReadOnlyList<RewindSpacing> Spacings { get; init; } = [new(1, 120), new(60, 120), new(3_600, 60)];

    /// <summary>Checks the options, and returns the age at which each spacing ends, in records.</summary>
    internal static long[] Validate(RewindOptions options)
    {
        if (options.BudgetBytes < 1) throw new ArgumentOutOfRangeException(nameof(options), "BudgetBytes must be at least 1.");
        if (options.Spacings is not { Count: >= 1 and <= 16 } spacings)
            throw new ArgumentException("Spacings must be one to sixteen.", nameof(options));
        long[] ends = new long[spacings.Count];
        long end = 0, before = 1;
        for (int i = 0; i < ends.Length; i++)
        {
            (int every, int count) = spacings[i];
            if (every < 1 || count < 1)
                throw new ArgumentException("A spacing keeps one state or more, in one record or more.", nameof(options));
            if (every % before != 0)
                throw new ArgumentException($"A spacing is a multiple of the one before: {every} is none of {before}.", nameof(options));
            before = every;
            end += (long)every * count;
            ends[i] = end;
        }

        return ends;
    }
}

/// <summary>The density at which a <see cref="Rewind"/> keeps states of some age.</summary>
/// <param name="Every">One in so many records stays: 1 for each, 60 for one a second if there are sixty a second.</param>
/// <param name="Count">The number of states that stay so; older ones have the next spacing.</param>
public readonly record struct RewindSpacing(int Every, int Count);
