using System.Collections.Immutable;
using Paging.Scripting.Calls;

namespace Paging.Testing.Shrinking;

/// <summary>Replaces arguments by simpler ones: whole pages, one page, no flags, zero, the usual place.</summary>
internal static class ArgumentSimplifier
{
    private const long UsualPlace = 0x2000_0000;
    private const long NearbyMax = 64 << 20;

    private static readonly long[] UsualRights = [3, 1, 0];

    /// <summary>Calls that differ from this one in one number and are simpler there, the simplest first.</summary>
    public static IEnumerable<ScenarioCall> Simpler(ScenarioCall call)
    {
        ImmutableArray<ArgumentKind> kinds = ScriptCalls.Of(call.Name).Kinds;
        if (call.Name == CallName.Mremap && call.ArgumentCount > ScriptCalls.Of(call.Name).RequiredCount)
            yield return call with { ArgumentCount = call.ArgumentCount - 1, A4 = 0 };
        int number = 0;
        foreach (ArgumentKind kind in kinds)
        {
            if (kind == ArgumentKind.FileName) continue;
            if (number >= call.ArgumentCount) yield break;
            long value = call[number];
            foreach (long simpler in SimplerNumbers(kind, value))
                if (simpler != value) yield return call.With(number, simpler);
            number++;
        }
    }

    /// <summary>The script with its lowest addresses moved to where recordings have them, if all it names lies close together.</summary>
    public static List<ScenarioCall> MoveToUsualPlace(List<ScenarioCall> script)
    {
        List<long> addresses = [.. script.SelectMany(AddressesOf).Where(static address => address is > 0x10_0000 and < 0xBFFF_0000)];
        if (addresses.Count == 0 || addresses.Max() - addresses.Min() > NearbyMax) return script;
        long distance = UsualPlace - (addresses.Min() & ~0xFFFL);
        return [.. script.Select(call => Shift(call, distance))];
    }

    /// <summary>Each list goes down, so that simplifying comes to an end: a number only becomes one that stands before it.</summary>
    private static IEnumerable<long> SimplerNumbers(ArgumentKind kind, long value)
    {
        switch (kind)
        {
            case ArgumentKind.Address:
                return [value & ~0xFFFL];
            case ArgumentKind.Length:
                return Smaller(value, [0x1000, 0x2000, Pages(value / 2), Pages(value - 0x1000)]).Where(static length => length != 0);
            case ArgumentKind.Count or ArgumentKind.FilePosition or ArgumentKind.FileSize:
                return Smaller(value, [0, 1, 0x1000, Pages(value / 2), Pages(value - 0x1000)]);
            case ArgumentKind.FileOffset:
                return Smaller(value, [0, Pages(value / 2)]);
            case ArgumentKind.Byte or ArgumentKind.Word:
                return [0x41];
            case ArgumentKind.Protection:
                return [.. UsualRights.TakeWhile(usual => usual != value), .. UsualRights.Contains(value) ? [] : WithoutEachBit(value)];
            case ArgumentKind.MapFlags or ArgumentKind.RemapFlags or ArgumentKind.SyncFlags or ArgumentKind.LockFlags
                or ArgumentKind.LockAllFlags:
                return WithoutEachBit(value);
            case ArgumentKind.LimitValue when value > 0:
                return [value & ~0xFFFL];
            default:
                return [];
        }
    }

    /// <summary>Smaller values, and whole pages for unaligned ones.</summary>
    private static IEnumerable<long> Smaller(long value, long[] candidates)
    {
        bool isWhole = (value & 0xFFF) == 0;
        return candidates.Append(Pages(value))
            .Where(candidate => candidate >= 0 && (candidate < value || (!isWhole && (candidate & 0xFFF) == 0))).Distinct();
    }

    private static long Pages(long bytes) => (bytes + 0xFFF) & ~0xFFFL;

    private static IEnumerable<long> WithoutEachBit(long value)
    {
        for (long bits = value; bits != 0; bits &= bits - 1) yield return value & ~(bits & -bits);
    }

    private static IEnumerable<long> AddressesOf(ScenarioCall call)
    {
        ImmutableArray<ArgumentKind> kinds = ScriptCalls.Of(call.Name).Kinds;
        for (int i = 0; i < call.ArgumentCount && !kinds.Contains(ArgumentKind.FileName); i++)
            if (kinds[i] == ArgumentKind.Address) yield return call[i];
    }

    private static ScenarioCall Shift(ScenarioCall call, long distance)
    {
        ImmutableArray<ArgumentKind> kinds = ScriptCalls.Of(call.Name).Kinds;
        for (int i = 0; i < call.ArgumentCount; i++)
        {
            bool isPlace = !kinds.Contains(ArgumentKind.FileName) && kinds[i] == ArgumentKind.Address
                && call[i] is > 0x10_0000 and < 0xBFFF_0000;
            if (isPlace) call = call.With(i, call[i] + distance);
        }

        return call;
    }
}
