using CsCheck;

namespace Paging.Tests;

/// <summary>Properties over seeds and over scripts of words.</summary>
/// <remarks>
/// Every run tries the same cases unless the environment variable PAGING_SEED gives another seed, so that a red build is red
/// again on the next machine. A failure prints the seed, or the shrunk script. Properties that need no fixed
/// cases, such as CsCheck's model-based and parallel checks, call CsCheck directly; it prints the seed for <c>CsCheck_Seed</c>.
/// </remarks>
internal static class Property
{
    private const int ShrinkTrials = 2_000;

    private static readonly ulong BaseSeed =
        ulong.TryParse(Environment.GetEnvironmentVariable("PAGING_SEED"), out ulong seed) ? seed : 1;

    /// <summary>Runs a body for so many seeds. For bodies that make up long stories; nothing is shrunk.</summary>
    public static void ForSeeds(int count, Action<ulong> body)
    {
        for (ulong seed = BaseSeed; seed < BaseSeed + (ulong)count; seed++)
        {
            try
            {
                body(seed);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed} fails: {failure.Message}", failure);
            }
        }
    }

    /// <summary>Runs a body for so many scripts of up to so many words. A failing script is shrunk before it is printed.</summary>
    /// <remarks>
    /// CsCheck makes the scripts. They are shrunk here, word by word: CsCheck shrinks by drawing again, and a script of fifty words is
    /// seldom drawn a second time.
    /// </remarks>
    /// <param name="count">The number of scripts; the first ones are short.</param>
    /// <param name="lengthMax">Words in the longest script.</param>
    /// <param name="body">Reads each word as an operation and its arguments: every word must mean something.</param>
    public static void ForScripts(int count, int lengthMax, Action<uint[]> body)
    {
        for (int i = 0; i < count; i++)
        {
            int longest = 1 + (int)((long)(lengthMax - 1) * i / Math.Max(count - 1, 1));
            uint[] script = Gen.UInt[0, uint.MaxValue].Array[0, longest].Generate(new PCG((uint)i, BaseSeed), null, out _);
            if (FailureOf(body, script) is { } failure) throw Shrunk(body, script, failure, i);
        }
    }

    private static InvalidOperationException Shrunk(Action<uint[]> body, uint[] script, Exception failure, int number)
    {
        for (int trials = 0; trials < ShrinkTrials;)
        {
            bool isSmaller = false;
            foreach (uint[] candidate in SmallerThan(script))
            {
                if (trials++ == ShrinkTrials) break;
                if (FailureOf(body, candidate) is not { } other) continue;
                (script, failure, isSmaller) = (candidate, other, true);
                break;
            }

            if (!isSmaller) break;
        }

        return new($"Script {number} of seed {BaseSeed} fails, shrunk to [{string.Join(' ', script)}]: {failure.Message}", failure);
    }

    /// <summary>Without a run of words, the longest first; then with one word smaller, 0 first.</summary>
    private static IEnumerable<uint[]> SmallerThan(uint[] script)
    {
        for (int run = script.Length; run > 0; run /= 2)
            for (int at = 0; at + run <= script.Length; at += run) yield return [.. script[..at], .. script[(at + run)..]];
        for (int at = 0; at < script.Length; at++)
            for (uint cut = script[at]; cut != 0; cut >>= 1) yield return [.. script[..at], script[at] - cut, .. script[(at + 1)..]];
    }

    private static Exception? FailureOf(Action<uint[]> body, uint[] script)
    {
        try
        {
            body(script);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }
}
