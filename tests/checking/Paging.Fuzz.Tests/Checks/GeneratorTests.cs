using System.Numerics;
using CsCheck;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.Checks;
using Paging.Testing.Generating;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The public generators: seeds, bounds, smaller values, and the ways to use them.</summary>
public sealed class GeneratorTests
{
    private static readonly PageRange Arena = new(new(0x20000), new(64));

    [Fact]
    public void ASeedGivesTheSameScenarioAgain()
    {
        Generator<GeneratedScenario> scenarios = Generators.Scenarios(100);
        Assert.Equal(scenarios.Draw(7).ToString(), scenarios.Draw(7).ToString());
        Assert.NotEqual(scenarios.Draw(7).ToString(), scenarios.Draw(8).ToString(), StringComparer.Ordinal);
        Assert.InRange(scenarios.Draw(7).Calls.Length, 1, 100);
    }

    [Fact]
    public void AddressesAndRangesLieWhereTheyMust()
    {
        Generators.Addresses(Arena).Check(500, static address => Assert.True(Arena.Contains(address.Page)));
        Generators.Ranges(Arena).Check(500, static range =>
            Assert.True(range.Count.Value > 0 && Arena.Contains(range.First) && Arena.Contains(range.First + range.Count - PageCount.One)));
    }

    [Fact]
    public void AFailureIsShrunkAndReportedWithItsSeed()
    {
        CheckFailedException failure = Assert.Throws<CheckFailedException>(() => Generators.Ranges(Arena).Check(100, static range =>
        {
            if (range.Count.Value >= 4) throw new InvalidOperationException("too long");
        }));
        Assert.Contains("too long", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("Seed ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFailingScenarioShrinksToTheCallThatFails()
    {
        CheckFailedException failure = Assert.Throws<CheckFailedException>(() => Generators.Scenarios(60).Check(50, static scenario =>
        {
            if (scenario.Calls.Any(static call => call.Name == CallName.Mprotect)) throw new InvalidOperationException("no mprotect");
        }));
        string[] lines = failure.Message.Split('\n');
        Assert.Equal(4, lines.Length);    // what failed, a heading, the header of the script, one call
        Assert.Contains("mprotect(", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void RangesAreOfAllLengths()
    {
        PageRange all = new(default, PageCount.AddressSpace);
        uint[] lengths = [.. Enumerable.Range(1, 400).Select(seed => Generators.Ranges(all).Draw((ulong)seed).Count.Value)];
        Assert.All(lengths, static length => Assert.InRange(length, 1u, PageCount.AddressSpace.Value));
        Assert.Equal(21, lengths.Select(static length => BitOperations.Log2(length)).Distinct().Count());    // each power of two
        Assert.Equal([1u], Enumerable.Range(1, 20).Select(static seed => Generators.Ranges(new(new(7), PageCount.One))
            .Draw((ulong)seed).Count.Value).Distinct());
    }

    [Fact]
    public void ACounterexampleShowsItsItems()
    {
        Generator<(int[] Words, string Name, List<uint[]> Lists)> values = new(static _ => ([1, 2], "n", [[3], []]));
        CheckFailedException found = Assert.Throws<CheckFailedException>(() => values.Check(1, static _ => throw new IOException("no")));
        Assert.EndsWith("\n([1, 2], n, [[3], []])", found.Message, StringComparison.Ordinal);
        Generator<int[]> many = new(static _ => new int[300]);
        found = Assert.Throws<CheckFailedException>(() => many.Check(1, static _ => throw new IOException("no")));
        Assert.EndsWith(", 0, and 44 more]", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CsCheckDrawsFromThem() =>
        Gen.ULong.Select(Generators.Addresses(Arena).Draw).Sample(static address => Arena.Contains(address.Page), iter: 50);

    [Fact]
    public void AWorldIsSoundAndGoesOn()
    {
        using GeneratedWorld world = Generators.Worlds(100).Draw(3);
        EngineAssert.IsSound(world.Engine);
        for (int call = 0; call < 20; call++) world.Execute(world.NextCall());
        EngineAssert.IsSound(world.Engine);
        foreach (UserProcess process in world.Engine.Processes.ToArray()) process.Dispose();
        EngineAssert.NothingIsLeft(world.Engine, countsFiles: false);
    }
}
