using Paging.Testing.Generating;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>
/// Scenarios on an engine that has hardly any RAM: every operation meets a shortage sooner or later, and must give up cleanly.
/// </summary>
/// <remarks>
/// Nothing is compared: no oracle is ever short. The audit holds at every step, and at the end everything has been given back.
/// </remarks>
internal sealed class ShortageTarget()
    : ScenarioTarget("shortage", "the engine alone with 1 MiB of RAM, for its audit", SwarmTheme.Everything, MachineSet.EngineOnly)
{
    protected override LockstepOptions Machines(FuzzOptions options, MachineSet usual) =>
        new(MachineSet.EngineOnly) { RamByteLength = 1 << 20, IsShort = true };
}
