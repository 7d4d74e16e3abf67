using FsCheck;
using FsCheck.Fluent;
using Paging.Native;

namespace Paging.Tests;

/// <summary>All that the tests know of a property library: change it here and nowhere else.</summary>
/// <remarks>
/// Every run tries the same cases unless the environment variable PAGING_SEED gives another seed, so that a red build is red
/// again when somebody looks. A failure prints the seed, or the shrunk script.
/// </remarks>
internal static class Property
{
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
    /// <param name="count">How many scripts; the first ones are short.</param>
    /// <param name="lengthMax">Words in the longest script.</param>
    /// <param name="body">Reads each word as an operation and its arguments: every word must mean something.</param>
    public static void ForScripts(int count, int lengthMax, Action<uint[]> body)
    {
        Arbitrary<uint> word = Arb.From(Gen.Choose(int.MinValue, int.MaxValue).Select(number => unchecked((uint)number)), Smaller);
        Config config = Config.QuickThrowOnFailure
            .WithMaxTest(count)
            .WithStartSize(1)
            .WithEndSize(lengthMax)
            .WithQuietOnSuccess(true)
            .WithReplay(new Replay(new Rnd(BaseSeed, 1), null));    // with a size it would run that one case only
        FsCheck.Check.One(config, Prop.ForAll(Arb.Array(word), body));
    }

    private static IEnumerable<uint> Smaller(uint word)
    {
        for (uint cut = word; cut != 0; cut >>= 1) yield return word - cut;    // 0 first, then ever closer to the word
    }
}
