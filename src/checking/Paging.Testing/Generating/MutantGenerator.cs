using System.Collections.Immutable;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>
/// Goes through a recording and spoils it: drops, doubles and changes calls, puts fresh ones in, leaps into another recording.
/// </summary>
/// <remarks>
/// Recordings reach states that chance seldom builds; a mutant is a neighbour of such a state. At the recording's end the scenario goes on
/// freely.
/// </remarks>
/// <param name="world">The live state.</param>
/// <param name="random">Chance.</param>
/// <param name="original">The scenario to begin with.</param>
/// <param name="make">Makes a fresh call of a name for a process.</param>
internal sealed class MutantGenerator(ScenarioWorld world, FuzzRandom random, RecordedScenario original,
    Func<WorldProcess, CallName, ScenarioCall> make)
{
    private readonly int _spoilPercent = random.OneOf([2, 5, 15, 40]);
    private IReadOnlyList<ScenarioCall> _script = original.Calls;
    private int _next;

    /// <summary>The next call of the recording, spoiled or not. False: it is time for a fresh one.</summary>
    public bool TryNext(out ScenarioCall call)
    {
        call = default;
        if (_next >= _script.Count) return false;
        call = _script[_next++];
        if (random.Percent(_spoilPercent))
        {
            switch (random.Below(10))
            {
                case 0: return false;
                case 1: call = _script[Math.Min(_next, _script.Count - 1)]; break;    // the one after it first
                case 2: _next = Math.Max(0, _next - random.Skewed(4)); break;
                case 3: _next += random.Skewed(8); break;
                case 4 when random.Percent(20): Leap(); break;
                default: call = Change(call); break;
            }
        }

        if (world.Find(call.Process) is null) call = call with { Process = FirstLiving() };
        bool endsAll = call.Name == CallName.Exit && world.LiveCount == 1;
        return !endsAll;
    }

    private void Leap()
    {
        RecordedScenario other = ScenarioCorpus.OneOf(random);
        _script = other.Calls;
        _next = random.Below(_script.Count);
    }

    private int FirstLiving()
    {
        int number = 0;
        while (world.Find(number) is null) number++;
        return number;
    }

    /// <summary>Another number in one place: from a fresh call, or a little beside the old one.</summary>
    private ScenarioCall Change(ScenarioCall call)
    {
        ImmutableArray<ArgumentKind> kinds = ScriptCalls.Of(call.Name).Kinds;
        int first = kinds.Length > 0 && kinds[0] == ArgumentKind.FileName ? 1 : 0;
        if (call.ArgumentCount == 0 || world.Find(call.Process) is not { } process) return call;
        int place = random.Below(call.ArgumentCount);
        ScenarioCall fresh = make(process, call.Name);
        if (fresh.Name == call.Name && place < fresh.ArgumentCount && random.Percent(60)) return call.With(place, fresh[place]);
        return call.With(place, Beside(kinds[place + first], call[place]));
    }

    private long Beside(ArgumentKind kind, long value) => kind switch
    {
        ArgumentKind.Address => Math.Clamp(value + random.OneOf<long>([-0x1000, 0x1000, -0x2000, 0x4000, 1, -1, 0x100000]), 0, 0xFFFF_FFFF),
        ArgumentKind.Length => Math.Clamp(value + random.OneOf<long>([-0x1000, 0x1000, 0x2000, -1, 1, -value]), 0, 0xFFFF_FFFF),
        ArgumentKind.Protection => value ^ (1L << random.Below(3)),
        ArgumentKind.MapFlags => value ^ random.OneOf<long>([1, 2, 0x10, 0x20, 0x100, 0x2000, 0x4000, 0x8000, 0x20000, 0x10_0000]),
        ArgumentKind.RemapFlags or ArgumentKind.SyncFlags or ArgumentKind.LockFlags or ArgumentKind.LockAllFlags =>
            value ^ (1L << random.Below(3)),
        ArgumentKind.FileOffset => Math.Max(0, value + (random.Between(-3, 3) << 12)),
        ArgumentKind.FilePosition => Math.Max(0, value + random.OneOf<long>([-4096, 4096, -1, 1, 100])),
        ArgumentKind.Descriptor => value is >= 3 and < 16 ? 3 + random.Below(5) : value,
        ArgumentKind.LimitValue => value > 0 ? Math.Max(1, value + random.OneOf<long>([-0x1000, 0x1000, 0x10000])) : value,
        _ => value,
    };
}
