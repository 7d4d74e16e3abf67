using System.Numerics;
using Paging.Core;
using Paging.HostKernel;
using Paging.Native;
using Paging.ReferenceModel;
using Paging.Scripting.Calls;
using Paging.Testing.World;

namespace Paging.Testing.Lockstep;

/// <summary>The machines that run a scenario in step. The engine is always among them; the first of the others decides.</summary>
[Flags]
public enum MachineSet
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
    /// <param name="set">The machines.</param>
    /// <param name="engine">The options of the engine, as far as programs can see them. The host is as its administrator has set it up:
    /// with it among the machines these are the usual ones.</param>
    public static IEnumerable<(string Name, IScenarioMachine Machine)> Oracles(this MachineSet set, EngineOptions engine)
    {
        if (set.HasFlag(MachineSet.Host)) yield return ("kernel", new HostKernelMachine());
        if (set.HasFlag(MachineSet.Model)) yield return ("model", new ReferenceMachine(OptionsOf(engine)));
    }

    private static ReferenceOptions OptionsOf(EngineOptions engine) => new()
    {
        AreaCountMax = engine.MaxMapCount,
        HugePageShift = BitOperations.Log2(HugeSetting.PageBytesOf(engine.Tables)),
        FaultAroundPages = engine.FaultAroundPages,
        Overcommit = engine.Overcommit,
        RamPages = (long)(engine.RamBytes / VirtualAddress.PageSize),
        CommitLimitPages = (long)(engine.RamBytes / VirtualAddress.PageSize) * engine.OvercommitRatio / 100,
    };
}
