using Paging.Testing.Randomness;

namespace Paging.Testing.Generating;

/// <summary>Makes values from chance, and smaller values from one that failed. All that this library asks of a property library.</summary>
/// <remarks>
/// The same seed gives the same value on every machine. Use <see cref="Check"/> as it is, or <see cref="Draw(ulong)"/> in a loop of your
/// own or through a property library: <c>Gen.ULong.Select(generator.Draw)</c> of CsCheck. Not thread-safe.
/// </remarks>
/// <typeparam name="T">The type of the generated values.</typeparam>
/// <param name="draw">Makes a value.</param>
/// <param name="smaller">Values that are simpler than a given one, the simplest first; null: there are none.</param>
public sealed class Generator<T>(Func<FuzzRandom, T> draw, Func<T, IEnumerable<T>>? smaller = null)
{
    private const int ShrinkTrialsMax = 2_000;

    private readonly Func<FuzzRandom, T> _draw = draw ?? throw new ArgumentNullException(nameof(draw));

    /// <summary>Makes a value.</summary>
    public T Draw(FuzzRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return _draw(random);
    }

    /// <summary>Makes the value of a seed.</summary>
    public T Draw(ulong seed) => _draw(new FuzzRandom(seed));

    /// <summary>Returns values that are simpler than one that failed, the simplest first.</summary>
    public IEnumerable<T> Smaller(T value) => smaller?.Invoke(value) ?? [];

    /// <summary>Makes values of another type from these. They cannot become smaller.</summary>
    public Generator<TResult> Select<TResult>(Func<T, TResult> selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        return new(random => selector(_draw(random)));
    }

    /// <summary>Runs a body for the values of a number of seeds. If it throws, makes the value smaller while it still throws.</summary>
    /// <param name="count">The number of values.</param>
    /// <param name="body">Throws if the value has not the property.</param>
    /// <param name="firstSeed">The first seed; the next one is one higher.</param>
    /// <param name="timeLimit">
    /// The time for one value, and for making it smaller; null: 30 s. <see cref="Timeout.InfiniteTimeSpan"/>: no limit.
    /// </param>
    /// <exception cref="CheckFailedException">
    /// The body threw, or did not end; the message has the seed and the smallest value.
    /// </exception>
    public void Check(int count, Action<T> body, ulong firstSeed = 1, TimeSpan? timeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using TimeLimit limit = new(timeLimit);
        for (ulong seed = firstSeed; seed < firstSeed + (ulong)count; seed++)
        {
            string name = $"Seed {seed}";
            T value = default!;
            limit.Run(_ => value = Draw(seed), () => name);
            Exception? failure = null;
            if (!limit.TryRun(_ => failure = Failure(body, value), () => name))
                throw new CheckFailedException($"{limit.Exceeded(name).Message}\nThe value, not made smaller:\n{ValueText.Of(value)}");
            if (failure is null) continue;
            Counterexample first = new(value, failure), best = first;    // one reference: an abandoned thread may still write it
            _ = limit.TryRun(isOver =>
            {
                for (int trial = 0; trial < ShrinkTrialsMax && FindSmaller(body, best, isOver) is { } smaller; trial++) best = smaller;
            }, () => $"Making the value of seed {seed} smaller");
            Counterexample last = best;
            string found = last == first ? "The value, not made smaller" : "The smallest value found";
            throw new CheckFailedException($"{name} fails: {last.Failure.Message}\n{found}:\n{ValueText.Of(last.Value)}", last.Failure);
        }
    }

    private Counterexample? FindSmaller(Action<T> body, Counterexample than, CancellationToken isOver)
    {
        foreach (T candidate in Smaller(than.Value))
        {
            if (isOver.IsCancellationRequested) return null;
            if (Failure(body, candidate) is { } failure) return new(candidate, failure);
        }

        return null;
    }

    private static Exception? Failure(Action<T> body, T value)
    {
        try
        {
            body(value);
            return null;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return failure;
        }
    }

    private sealed class Counterexample(T value, Exception failure)
    {
        public T Value => value;

        public Exception Failure => failure;
    }
}
