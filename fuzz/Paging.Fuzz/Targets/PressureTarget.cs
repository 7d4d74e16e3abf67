using Paging.Testing.Generating;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>Scenarios in 1 MiB of RAM with a swap device: pages go out and come back all the time, and no process may notice.</summary>
internal sealed class PressureTarget()
    : ScenarioTarget("pressure", "engine with 1 MiB of RAM and swap against model, call by call, with audits", SwarmTheme.Everything,
    MachineSet.Model)
{
    protected override LockstepOptions Machines(FuzzOptions options, MachineSet usual) =>
        new(options.Oracles ?? usual) { RamByteLength = 1 << 20, SwapByteLength = 16 << 20, IsShort = true };
}
