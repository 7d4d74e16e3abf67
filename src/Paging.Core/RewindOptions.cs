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

    /// <summary>Which states stay as they grow old: the first spacing is for the newest ones.</summary>
    /// <remarks>
    /// The default suits sixty records a second: each of the last two seconds, one a second for the two minutes before, one a minute
    /// for the hour before. A state that is older than the last spacing goes.
    /// </remarks>
    public IReadOnlyList<RewindSpacing> Spacings { get; init; } = [new(1, 120), new(60, 120), new(3_600, 60)];

    /// <summary>Checks the options, and returns the age at which each spacing ends, in records.</summary>
    internal long[] Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BudgetBytes, 1, nameof(BudgetBytes));
        ArgumentNullException.ThrowIfNull(Spacings);
        if (Spacings.Count is 0 or > 16) throw new ArgumentException("A rewind needs one to sixteen spacings.", nameof(Spacings));
        long[] ends = new long[Spacings.Count];
        long end = 0, before = 1;
        for (int i = 0; i < ends.Length; i++)
        {
            RewindSpacing spacing = Spacings[i];
            if (spacing.Every < 1 || spacing.Count < 1)
                throw new ArgumentException($"A spacing keeps one state or more, in one record or more: {spacing}.", nameof(Spacings));
            if (spacing.Every % before != 0)
            {
                string text = $"A spacing is a multiple of the one before: {spacing.Every} is none of {before}.";
                throw new ArgumentException(text, nameof(Spacings));
            }

            before = spacing.Every;
            end += (long)spacing.Every * spacing.Count;
            ends[i] = end;
        }

        return ends;
    }
}

/// <summary>How densely a <see cref="Rewind"/> keeps states of some age.</summary>
/// <param name="Every">One in so many records stays: 1 for each, 60 for one a second if there are sixty a second.</param>
/// <param name="Count">The number of states that stay so; older ones have the next spacing.</param>
public readonly record struct RewindSpacing(int Every, int Count);
