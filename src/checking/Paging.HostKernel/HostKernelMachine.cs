using Paging.Scripting.Calls;

namespace Paging.HostKernel;

/// <summary>Executes scenarios live on the Linux kernel of this host, as the dialect's recordings were made.</summary>
/// <remarks><code>
///   host (.NET)                                      puppet (i386 process, one per process of the scenario)
///   ┌───────────────────┐   command: registers       ┌───────────────────────────┐ 0xC0000000
///   │ HostKernelMachine │ ─────────────────────────► │ the block: program, words │
///   │   calls, accesses │ ◄───────────────────────── │ and scratch, shared       │ reserved
///   │                   │   result or siginfo        ├───────────────────────────┤
///   │   files           │ ═ the same open files ════ │ scenario memory, empty    │
///   │   inspection      │ ── /proc/PID/maps, …  ───► │ at the start              │
///   └───────────────────┘                            └───────────────────────────┘ 0
/// </code>
/// System calls are real <c>int 0x80</c>, accesses real instructions, faults real signals. Every process has no capability, no address
/// space randomisation, huge pages only where the header has transparent ones, and ends with the machine, however that ends. Not
/// thread-safe; several machines at once are fine.
/// Whether this host can is asked with <see cref="HostKernelProbe"/>.
/// </remarks>
public sealed class HostKernelMachine : IScenarioMachine
{
    private HostKernelSession? _session;

    /// <inheritdoc/>
    /// <exception cref="PlatformNotSupportedException">This host cannot make such a process; the message gives the reason.</exception>
    public void Start(ScenarioHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (_session is not null) throw new InvalidOperationException("A machine serves one scenario: it has been started already.");
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("The host's kernel is not Linux.");
        if (header.Lowest is not null) throw new PlatformNotSupportedException("The host's kernel has no other bounds than its own.");
        _session = new HostKernelSession(header);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The machine has not been started, or its puppet was killed from outside.</exception>
    public ScriptResult Execute(in ScenarioCall call) => Session.Execute(call);

    /// <summary>Ends all processes of the scenario and drops its files.</summary>
    public void Dispose()
    {
        _session?.Dispose();
        _session = null;
    }

    /// <summary>The scenario in execution.</summary>
    internal HostKernelSession Session => _session ?? throw new InvalidOperationException("The machine has not been started.");
}
