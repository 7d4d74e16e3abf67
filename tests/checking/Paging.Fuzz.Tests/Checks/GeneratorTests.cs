using System.Numerics;
using CsCheck;
using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Testing.Checks;
using Paging.Testing.Generating;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The public generators: seeds, bounds, smaller values, and the ways to use them.</summary>
public sealed class GeneratorTests : IDisposable
{
    private readonly ManualResetEventSlim _isOver = new();    // ends the threads that were left behind

    public void Dispose() => _isOver.Set();

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

    /// <summary>A value that nothing made smaller is not called the smallest.</summary>
    [Fact]
    public void OnlyAValueThatWasMadeSmallerIsTheSmallest()
    {
        const string made = "\nThe smallest value found:\n1", plain = "\nThe value, not made smaller:\n3";
        Assert.EndsWith(made, Failed(new(static _ => 3, static value => value > 1 ? [value - 1] : [])), StringComparison.Ordinal);
        Assert.EndsWith(plain, Failed(new(static _ => 3)), StringComparison.Ordinal);
        Assert.EndsWith(plain, Failed(new(static _ => 3, static _ => [0])), StringComparison.Ordinal);

        static string Failed(Generator<int> values) => Assert.Throws<CheckFailedException>(() => values.Check(1, static value =>
        {
            if (value != 0) throw new InvalidOperationException("wrong");
        })).Message;
    }

    /// <summary>A list keeps the two operations that the failure needs, in their order, and the simplest of each.</summary>
    [Fact]
    public void AListOfOperationsIsShrunkToThoseThatMatter()
    {
        Generator<Operation> operations = new(
            static random => new(random.OneOf(["open", "read", "close"]), random.Below(1000)),
            static operation => operation.Value == 0 ? [] : [operation with { Value = 0 }, operation with { Value = operation.Value / 2 }]);
        string message = Assert.Throws<CheckFailedException>(() => Generators.Lists(operations, 200).Check(50, static list =>
        {
            int closed = Array.FindIndex(list, static one => one.Name is "close");
            if (closed < 0) return;
            bool isWrong = list.Skip(closed).Any(static one => one.Name is "read" && one.Value >= 100);
            if (isWrong) throw new InvalidOperationException("read after close");
        })).Message;
        Assert.Contains("read after close\nThe smallest value found:\n", message, StringComparison.Ordinal);
        string found = message.Split("found:\n")[1];
        Assert.Equal(2, found.Split("Operation").Length - 1);
        Assert.Matches("Name = close, Value = 0 .*Name = read, Value = 1[0-9][0-9] ", found);
    }

    [Fact]
    public void SmallerListsAreShorterOrSimplerAndNoneIsTheSame()
    {
        Generator<int> items = new(static random => random.Below(10), static value => value > 0 ? [value - 1] : []);
        Generator<int[]> lists = Generators.Lists(items, 9);
        lists.Check(200, list =>
        {
            Assert.InRange(list.Length, 1, 9);
            foreach (int[] smaller in lists.Smaller(list))
                Assert.True(smaller.Length < list.Length || (smaller.Length == list.Length && smaller.Sum() < list.Sum()));
        });
        Assert.Equal([[2], [1]], lists.Smaller([2, 1]).Take(2));
        Assert.Empty(lists.Smaller([0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Generators.Lists(items, 0));
    }

    private sealed record Operation(string Name, int Value);

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);    // where nothing else has to be done in the time
    private static readonly TimeSpan Longer = TimeSpan.FromSeconds(3);

    /// <summary>A case that does not end is a failure with its seed. Its thread is left behind, and the engine handed over.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void ACaseThatDoesNotEndIsAFailureWithItsSeed()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        Generator<ulong> numbers = new(static random => random.Next());
        CheckFailedException ended = Assert.Throws<CheckFailedException>(() => numbers.Check(9, value =>
        {
            if (value == numbers.Draw(7)) Assert.Equal(1, Forever().First());
            engine.BindToCurrentThread();
            using UserProcess process = engine.CreateProcess("p");
        }, firstSeed: 5, timeLimit: Longer));
        Assert.StartsWith("Seed 7 has not ended within 3 s.\nThe value, not made smaller:\n", ended.Message, StringComparison.Ordinal);
        engine.BindToCurrentThread();
        EngineAssert.NothingIsLeft(engine);    // the engine goes on

        Generator<int> stalls = new(static _ => 3, _ => Forever());
        string text = Assert.Throws<CheckFailedException>(
            () => stalls.Check(1, static _ => throw new InvalidOperationException("wrong"), timeLimit: Longer)).Message;
        Assert.Equal("Seed 1 fails: wrong\nThe value, not made smaller:\n3", text);
        Generator<int> never = new(_ => Forever().First());
        Assert.Contains("Seed 1 has not ended", Assert.Throws<CheckFailedException>(
            () => never.Check(1, static _ => { }, timeLimit: Short)).Message, StringComparison.Ordinal);
        numbers.Check(3, value => numbers.Check(2, static _ => { }, value, Timeout.InfiniteTimeSpan));    // one within another
        foreach (int seconds in (int[])[0, -1, 90_000])
            Assert.Throws<ArgumentOutOfRangeException>(() => numbers.Check(1, static _ => { }, 1, TimeSpan.FromSeconds(seconds)));
    }

    /// <summary>So are an embedder's storage, policy, machine and operation.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void WhatAnEmbedderHandsInHasALimitToo()
    {
        Assert.Contains("Seed 4, call -1 has not ended", Assert.Throws<CheckFailedException>(
            () => FileBackingCheck.Run(new Endless(this), 4, timeLimit: Short)).Message, StringComparison.Ordinal);
        CheckFailedException machine = Assert.Throws<CheckFailedException>(() => LockstepCheck.AgainstModel(
            () => (IScenarioMachine)(object)Forever().First(), 3, firstSeed: 2, timeLimit: Short));
        Assert.Contains("Seed 2 has not ended", machine.Message, StringComparison.Ordinal);
        Assert.Contains("allocation 1 refused", Assert.Throws<CheckFailedException>(() => FailureInjection.EachAllocationFailsOnce(
            static () => new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false }),
            _ => Assert.Equal(0, Forever().First()), timeLimit: Short)).Message, StringComparison.Ordinal);
    }

    // No item comes while the test runs.
    private IEnumerable<int> Forever()
    {
        _isOver.Wait();
        yield return 1;
    }

    private sealed class Endless(GeneratorTests test) : IFileBacking
    {
        public long ByteLength => 4096;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            byteCount = test.Forever().First();
            return Errno.None;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
        {
            byteCount = source.Length;
            return Errno.None;
        }

        public void Dispose() { }

        public Errno SetLength(long byteLength) => Errno.None;

        public Errno Flush() => Errno.None;
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
