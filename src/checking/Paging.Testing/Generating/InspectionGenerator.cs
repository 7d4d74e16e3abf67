using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes the calls that look: over everything, over the arena, or around a place.</summary>
internal sealed class InspectionGenerator(ScenarioWorld world, Swarm swarm, FuzzRandom random, PlacePicker places)
{
    public ScenarioCall Inspect(WorldProcess process, CallName name)
    {
        if (name is CallName.Vm or CallName.Faults) return new(name, process.Number, 0);
        // text of hundreds of areas takes as long as a hundred other calls
        bool isAll = name is CallName.Maps or CallName.Areas && random.Percent(35);
        (long low, long high) = isAll ? (0, world.Header.Reserved.Value) : Range(process, name);
        return new(name, process.Number, 2, low, high);
    }

    private (long Low, long High) Range(WorldProcess process, CallName name)
    {
        uint most = name == CallName.Resident && random.Percent(20) ? (uint)DialectLimits.CountedPagesMax : DialectLimits.FilledPagesMax;
        uint count = random.Percent(50) ? Math.Min(swarm.ArenaCount.Value, most) : (uint)random.Skewed(32);
        PageNumber first = random.Percent(50) ? swarm.Arena : places.Page(process);
        long low = (long)first.Value << 12;
        return (low, low + ((long)count << 12));
    }
}
