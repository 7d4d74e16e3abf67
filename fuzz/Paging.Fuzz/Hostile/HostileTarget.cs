using Paging.Native;
using Paging.Scripting.Running;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz;

/// <summary>A reader of hostile bytes, for the documents of one seed.</summary>
internal interface IHostileSubject : IDisposable
{
    /// <summary>A sound document, to be damaged.</summary>
    byte[] Sound { get; }

    /// <summary>Reads a document.</summary>
    /// <param name="bytes">The document.</param>
    /// <param name="isSound">True if the document is undamaged, and must be read.</param>
    /// <param name="outcome">The outcome: an index into the target's outcomes.</param>
    /// <returns>The defect; null if there is none. A defect may throw, too.</returns>
    string? Try(byte[] bytes, bool isSound, out int outcome);

    /// <summary>Checks that the documents have left nothing behind.</summary>
    string? Finish() => null;
}

/// <summary>
/// Hostile bytes into something that reads them: a sound document is spoiled in many ways, and each must be read or refused, clearly.
/// </summary>
/// <param name="name">The target's name on the command line.</param>
/// <param name="description">The rule that must hold.</param>
/// <param name="outcomes">The possible outcomes of a document.</param>
/// <param name="tokens">See <see cref="ByteMutations"/>.</param>
/// <param name="begin">Makes the reader for a seed.</param>
internal sealed class HostileTarget(string name, string description, string[] outcomes, string[] tokens, Func<FuzzRandom, ulong,
    IHostileSubject> begin) : SeedTarget
{
    private const int DocumentCount = 200;

    private readonly ByteMutations _mutations = new(tokens);

    public override string Name => name;

    public override string Description => description;

    protected override Coverage NewCoverage() => new(ByteMutations.Names, outcomes);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        FuzzRandom random = new(seed);
        using IHostileSubject subject = begin(random, seed);
        counters.ScenarioCount++;
        int count = 0;
        for (; count < DocumentCount && count < operationCountMax;)
        {
            int mutation = random.Below(ByteMutations.Names.Length);
            byte[] bytes = subject.Sound;
            int times = mutation == 0 ? 0 : random.Percent(60) ? 1 : random.Skewed(8);
            for (int i = 0; i < times; i++) bytes = _mutations.Apply(ByteMutations.Names[mutation], bytes, random);
            string? failure = Try(subject, bytes, isSound: mutation == 0, out int outcome);
            counters.Coverage.Add(mutation, outcome);
            counters.OperationCount++;
            count++;
            if (failure is not null) return Report(options, seed, count, Shrink(options, seed, bytes, failure, mutation == 0), failure);
        }

        return subject.Finish() is { } left ? Report(options, seed, count, subject.Sound, left) : null;
    }

    private static string? Try(IHostileSubject subject, byte[] bytes, bool isSound, out int outcome)
    {
        outcome = 0;
        try
        {
            return subject.Try(bytes, isSound, out outcome);
        }
        catch (Exception exception) when (exception is InvariantException || Defect.Is(exception))
        {
            return Defect.Describe(exception);
        }
    }

    /// <summary>Drops bytes while the same goes wrong, each time with a reader that has read nothing else.</summary>
    private byte[] Shrink(FuzzOptions options, ulong seed, byte[] bytes, string failure, bool isSound)
    {
        List<byte> small = [.. bytes];
        if (isSound || options.ShrinkBudget <= TimeSpan.Zero) return bytes;
        ChunkDropper dropper = new(options.ShrinkBudget);
        dropper.Drop(small, static (list, first, count) => [.. list.Take(first), .. list.Skip(first + count)], candidate =>
        {
            using IHostileSubject fresh = begin(new(seed), seed);
            if (Try(fresh, [.. candidate], isSound: false, out _) is not { } found
                || !string.Equals(KindOf(found), KindOf(failure), StringComparison.Ordinal)) return false;
            small = candidate;
            return true;
        }, () => small);
        return [.. small];
    }

    /// <summary>The part of a failure's text that is the same for all documents.</summary>
    private static string KindOf(string failure) => failure.Split(':', '\n')[0];

    private FailureReport Report(FuzzOptions options, ulong seed, int count, byte[] bytes, string failure)
    {
        Directory.CreateDirectory(options.OutDirectory);
        string path = Path.Combine(options.OutDirectory, $"{Name}-{seed}.bytes");
        File.WriteAllBytes(path, bytes);
        return new(seed, count, failure, path);
    }
}
