using System.Numerics;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.Shrinking;

namespace Paging.Testing.Generating;

/// <summary>The generators: addresses, ranges, scenarios and whole worlds.</summary>
public static class Generators
{
    /// <summary>Addresses within a range of pages: every third at a page's first or last byte, where mistakes are.</summary>
    public static Generator<VirtualAddress> Addresses(PageRange within)
    {
        ArgumentOutOfRangeException.ThrowIfZero(within.Count.Value, nameof(within));
        return new(random =>
        {
            uint offset = random.Below(3) switch
            {
                0 => random.OneOf([0u, VirtualAddress.OffsetMask]),
                _ => random.Below(VirtualAddress.PageSize),
            };
            return (within.First + new PageCount(random.Below(within.Count.Value))).Address + offset;
        },
        address => address.Page == within.First ? [] : [within.First.Address + (uint)address.OffsetInPage]);
    }

    /// <summary>Ranges of pages within another one, of one page up to the whole: each doubling of the length is as likely.</summary>
    public static Generator<PageRange> Ranges(PageRange within)
    {
        ArgumentOutOfRangeException.ThrowIfZero(within.Count.Value, nameof(within));
        return new(random =>
        {
            uint count = Length(random, within.Count.Value);
            uint first = random.Below(within.Count.Value - count + 1);
            return new(within.First + new PageCount(first), new(count));
        },
        static range => range.Count == PageCount.One
            ? []
            : [new(range.First, PageCount.One), new(range.First, new(range.Count.Value / 2))]);
    }

    /// <summary>Each doubling is as likely as the others, so that long ranges come as well; one in sixteen is the whole.</summary>
    private static uint Length(FuzzRandom random, uint max)
    {
        if (random.Percent(6)) return max;
        uint limit = 1u << (int)random.Below((uint)BitOperations.Log2(max) + 1);
        return Math.Min(max, limit + random.Below(limit));
    }

    /// <summary>
    /// Lists of operations of a caller's own, of one item up to a bound. A list becomes smaller by halves, quarters, and so on down to
    /// single items less, then by simpler items.
    /// </summary>
    /// <typeparam name="T">The type of an operation: a record that a body executes.</typeparam>
    /// <param name="items">Makes an operation, and simpler ones from it.</param>
    /// <param name="countMax">The most operations in a list.</param>
    public static Generator<T[]> Lists<T>(Generator<T> items, int countMax = 100)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        return new(
            random =>
            {
                T[] list = new T[Length(random, (uint)countMax)];
                for (int i = 0; i < list.Length; i++) list[i] = items.Draw(random);
                return list;
            },
            list => SmallerLists(items, list));
    }

    private static IEnumerable<T[]> SmallerLists<T>(Generator<T> items, T[] list)
    {
        for (int length = list.Length / 2; length >= 1; length /= 2)
        {
            for (int first = list.Length - length; first > -length; first -= length)
            {
                int from = Math.Max(0, first);
                yield return [.. list[..from], .. list[(first + length)..]];
            }
        }

        for (int index = 0; index < list.Length; index++)
        {
            foreach (T simpler in items.Smaller(list[index])) yield return [.. list[..index], simpler, .. list[(index + 1)..]];
        }
    }

    /// <summary>Scenarios of one to a few processes in the dialect's calls. Without calls whose results the dialect leaves open.</summary>
    /// <param name="callCountMax">The most calls in one.</param>
    public static Generator<GeneratedScenario> Scenarios(int callCountMax = 300)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(callCountMax, 1);
        return new(random => Scenario(random.Next(), callCountMax), Smaller);
    }

    /// <summary>Engines in the state after a generated scenario. The caller disposes of each.</summary>
    /// <param name="callCountMax">The most calls that led there.</param>
    public static Generator<GeneratedWorld> Worlds(int callCountMax = 300)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(callCountMax, 1);
        return new(random => new(random.Next(), random.Below(callCountMax + 1)));
    }

    private static GeneratedScenario Scenario(ulong seed, int callCountMax)
    {
        ScenarioRun run = new(SwarmTheme.Everything, new(MachineSet.EngineOnly) { IsUsual = true }, 0);
        if (run.Run(seed, callCountMax, new RunCounters(CallOutcomes.NewCoverage())) is { } failure)
            throw new CheckFailedException($"the engine failed while the scenario was made: {failure}");
        return new(run.Header, [.. run.Calls]);
    }

    /// <summary>Halves, quarters, and so on down to single calls less, then simpler arguments.</summary>
    private static IEnumerable<GeneratedScenario> Smaller(GeneratedScenario scenario)
    {
        for (int length = scenario.Calls.Length / 2; length >= 1; length /= 2)
        {
            for (int first = scenario.Calls.Length - length; first >= 0; first -= length)
            {
                if (Allowed(scenario, ScriptEdit.WithoutChunk(scenario.Calls, first, length)) is { } shorter) yield return shorter;
            }
        }

        for (int index = 0; index < scenario.Calls.Length; index++)
        {
            foreach (ScenarioCall simpler in ArgumentSimplifier.Simpler(scenario.Calls[index]))
            {
                List<ScenarioCall> calls = ScriptEdit.With(scenario.Calls, index, simpler);
                if (Allowed(scenario, calls) is { } simple && simple.Calls.Length == scenario.Calls.Length) yield return simple;
            }
        }
    }

    /// <summary>The calls that the dialect defines after those before them; null if none is left.</summary>
    private static GeneratedScenario? Allowed(GeneratedScenario scenario, List<ScenarioCall> calls)
    {
        if (calls.Count == 0) return null;
        ReplayOutcome outcome = ScriptReplay.Run(new(MachineSet.EngineOnly), scenario.Header, calls, audits: false);
        return outcome.Calls.Count == 0 ? null : scenario with { Calls = [.. outcome.Calls] };
    }
}
