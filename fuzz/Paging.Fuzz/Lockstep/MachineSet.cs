using Paging.HostKernel;
using Paging.ReferenceModel;
using Paging.Scripting;

namespace Paging.Fuzz;

/// <summary>Which machines run a scenario in step. The engine always does; the first of the others is the one that is right.</summary>
[Flags]
internal enum MachineSet
{
    /// <summary>The engine alone, for its audit.</summary>
    EngineOnly = 0,
    /// <summary>The reference model.</summary>
    Model = 1,
    /// <summary>The host's kernel: the recordings' own author.</summary>
    Host = 2,
}

/// <summary>Makes the machines of a set.</summary>
internal static class MachineSets
{
    /// <summary>The oracles, the most trusted one first.</summary>
    /// <param name="set">Who.</param>
    /// <param name="areaCountMax">vm.max_map_count. The host's is its administrator's: with the host among the machines it is the usual
    /// one.</param>
    public static IEnumerable<(string Name, IScenarioMachine Machine)> Oracles(this MachineSet set, int areaCountMax)
    {
        if (set.HasFlag(MachineSet.Host)) yield return ("kernel", new HostKernelMachine());
        if (set.HasFlag(MachineSet.Model)) yield return ("model", new ReferenceMachine(areaCountMax));
    }
}
