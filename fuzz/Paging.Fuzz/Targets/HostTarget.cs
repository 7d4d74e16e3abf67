using Paging.HostKernel;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>
/// Scenarios on the host's own kernel, the engine and the model; skipped where the kernel cannot run i386 processes for us.
/// </summary>
internal sealed class HostTarget()
    : ScenarioTarget("host", "engine and model against the host's kernel, call by call", SwarmTheme.Everything,
    MachineSet.Host | MachineSet.Model)
{
    protected override string? ReasonToSkip() => HostKernelProbe.TryProbe(out string reason) ? null : reason;
}
